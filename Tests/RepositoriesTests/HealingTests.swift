import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Content that comes back from another repository, by its hash.
struct HealingTests {
  private let fixture: RepositoryFixture
  private let trees: [String: RepositoryFixture.Tree]

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 91)
    let repository = try fixture.open()
    trees = try repository.saveHistory(versions: 3, random: &random)
    repository.close()
  }

  private func removePacks(_ isChosen: (Int) -> Bool) throws {
    let repository = try fixture.open()
    let chosen = try repository.store.list(.packs).sorted { $0.path < $1.path }.enumerated().filter {
      isChosen($0.offset)
    }
    try repository.store.delete(chosen.map(\.element))
    repository.close()
  }

  private func verifyAll(_ repository: Repository) throws -> VerifyReport {
    try Verifier.verify(repository, options: VerifyOptions(readData: .all))
  }

  private func copy() throws -> Repository {
    try Repository.open(at: fixture.keep(as: "copy"), access: fixture.access, events: fixture.events)
  }

  @Test func `a file that contradicts itself stays lost, whatever is found`() throws {
    let chunk = ChunkHasher(.sha256).id(of: [1])
    let version = Loss.Version(name: "v1")
    let file = Loss.File(version: version, path: try #require(ArchivePath("a")))
    let other = Loss.File(version: version, path: try #require(ArchivePath("b")))
    var loss = Loss()
    loss.files = [file: [], other: [chunk]]
    loss.remove([chunk])
    #expect(loss.files == [file: []])
  }

  @Test(arguments: 0..<4) func `packs that are gone come back from a copy of the repository`(lost: Int) throws {
    let donor = try copy()
    try removePacks { lost == 3 || $0 == lost }
    let repository = try fixture.open()
    let report = try Healer.heal(repository, from: [RepositoryDonor(donor)], isDryRun: false)
    #expect(!report.before.isEmpty && report.after.isEmpty && report.chunksFound > 0)
    try expect(trees, in: fixture.open(), "healed")
    #expect(try verifyAll(fixture.open()).problems == [])
  }

  @Test func `a repository with keys of its own heals by the files in it`() throws {
    let other = try RepositoryFixture(isEncrypted: true)
    let donor = try other.open()
    for version in ["v1", "v2", "v3"] { try donor.save(version, trees[version] ?? [:], pieceLength: 700) }
    try removePacks { _ in true }
    let repository = try fixture.open()
    // The fixture cuts every 1024 bytes, which no chunker does: whole small files only come out the same.
    let report = try Healer.heal(repository, from: [RepositoryDonor(donor)], isDryRun: false)
    #expect(!report.after.isEmpty)
    for (version, tree) in trees {
      guard let snapshot = try repository.version(version), let found = try? repository.tree(of: snapshot) else {
        continue
      }
      #expect(found == tree)
    }
  }

  @Test func `a copy of an encrypted repository gives back what is lost of a pack`() throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let repository = try fixture.open()
    for version in ["v1", "v2", "v3"] { try repository.save(version, trees[version] ?? [:]) }
    try fixture.rotateKeys(of: repository)
    repository.close()
    let copy = fixture.keep(as: "copy")
    let pack = try #require(fixture.files().first { $0.path.hasPrefix("packs/") })
    StoreTestFolder.write(Array(pack.bytes.prefix(pack.bytes.count / 2)), to: "\(fixture.path)/\(pack.path)")
    let damaged = try fixture.open()
    let donor = try Repository.openDonor(at: copy, access: fixture.access, events: fixture.events)
    let report = try Healer.heal(damaged, from: [RepositoryDonor(donor)], isDryRun: false)
    #expect(!report.before.isEmpty && report.after.isEmpty)
    try expect(trees, in: fixture.open(), "healed")
    #expect(try verifyAll(fixture.open()).problems == [])
  }

  @Test func `what a forgotten version needs comes back as well`() throws {
    let donor = try copy()
    let repository = try fixture.open()
    try repository.forget(["v1", "v2", "v3"])
    try removePacks { _ in true }
    let report = try Healer.heal(fixture.open(), from: [RepositoryDonor(donor)], isDryRun: false)
    #expect(report.before.isOfForgotten && !report.before.isEmpty && report.after.isEmpty)
    _ = try OperationLog.undoLast(in: fixture.open())
    try expect(trees, in: fixture.open(), "taken back")
  }

  @Test func `a damaged pack is replaced by what is whole in it`() throws {
    let donor = try copy()
    let packs = fixture.files().filter { $0.path.hasPrefix("packs/") }
    for pack in packs {
      var bytes = pack.bytes
      bytes[bytes.count / 3] ^= 0x40
      StoreTestFolder.write(bytes, to: fixture.path + "/" + pack.path)
    }
    let damaged = try verifyAll(fixture.open())
    #expect(!damaged.problems.isEmpty)
    // A second check says the same: what the first has found is not forgotten.
    #expect(try verifyAll(fixture.open()).loss.chunks == damaged.loss.chunks)
    #expect(try !Verifier.verify(fixture.open(), options: VerifyOptions()).problems.isEmpty)
    let report = try Healer.heal(fixture.open(), from: [RepositoryDonor(donor)], isDryRun: false)
    #expect(report.after.isEmpty && report.packs.replaced > 0 && report.packs.left == 0, "\(report)")
    try expect(trees, in: fixture.open(), "healed")
    #expect(try verifyAll(fixture.open()).problems == [])
  }

  @Test func `a donor whose chunks are not what they are called brings none`() throws {
    let donor = LyingDonor(chunkCount: 20)
    try removePacks { $0 == 0 }
    let repository = try fixture.open()
    let before = try repository.packNames().count
    let report = try Healer.heal(repository, from: [donor], isDryRun: false)
    #expect(report.chunksFound == 0 && report.after.chunks == report.before.chunks)
    #expect(try repository.packNames().count == before)
  }

  @Test func `a dry run says what would come back, and writes nothing`() throws {
    let donor = try copy()
    try removePacks { $0 == 0 }
    let repository = try fixture.open()
    let before = fixture.files().map(\.path)
    let report = try Healer.heal(repository, from: [RepositoryDonor(donor)], isDryRun: true)
    #expect(report.chunksFound == report.before.chunks.count && report.after.isEmpty)
    #expect(fixture.files().map(\.path) == before)
    #expect(try !verifyAll(fixture.open()).problems.isEmpty)
  }

  @Test func `without a donor packs that cannot be spared stay`() throws {
    let packs = fixture.files().filter { $0.path.hasPrefix("packs/") }
    var bytes = packs[0].bytes
    bytes[bytes.count / 3] ^= 0x40
    StoreTestFolder.write(bytes, to: fixture.path + "/" + packs[0].path)
    let report = try Healer.heal(fixture.open(), from: [], isDryRun: false)
    if report.after.isEmpty {
      #expect(try verifyAll(fixture.open()).problems == [])
    } else {
      #expect(report.packs.left >= 1)
      #expect(fixture.files().contains { $0.path == packs[0].path && $0.bytes == bytes })
    }
  }
}

/// Offers content that is not what is wanted, under every name that is.
private struct LyingDonor: ChunkDonor {
  let chunkCount: Int

  func give(to site: HealingSite) throws {
    var random = SeededGenerator(seed: 3)
    let hasher = ChunkHasher(site.repository.naming)
    try site.withSession { session in
      var stream = try session.makeContentStream(prior: nil, byteCountExpected: 0)
      for _ in 0..<chunkCount {
        let bytes = random.text(1024)
        try stream.add(HashedChunk(id: hasher.id(of: bytes), bytes: bytes[...]))
      }
      _ = try stream.finish()
    }
  }
}

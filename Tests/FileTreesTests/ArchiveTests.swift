import Glibc
import Packing
import Repositories
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

struct ArchiveTests {
  private let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  @Test func `a tree of every kind comes back as it was`() throws {
    try buildEveryKind()
    let outcome = try fixture.save("v1")
    #expect(outcome.errors.isEmpty && outcome.wasSaved)
    let target = try fixture.restore(outcome.snapshot, to: "back")
    #expect(describe(target) == describe(fixture.source.path))
    #expect(shell("stat -c %b '\(target)/sparse'") == shell("stat -c %b '\(fixture.source.path)/sparse'"))
    // Saved again, what was restored is the same tree but for the inodes.
    let again = try fixture.save("v2", root: Array(target.utf8))
    #expect(again.snapshot.manifest == outcome.snapshot.manifest)
    #expect(again.snapshot.statistics.bytesStored == 0)
  }

  @Test(arguments: 0..<6) func `generated trees come back, version by version`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var expected: [(Snapshot, String)] = []
    for number in 1...3 {
      for _ in 0..<12 { try mutate(&random) }
      let outcome = try fixture.save("v\(number)")
      #expect(outcome.errors.isEmpty)
      expected.append((outcome.snapshot, describe(fixture.source.path)))
    }
    for (snapshot, text) in expected {
      let target = try fixture.restore(snapshot, to: snapshot.version)
      #expect(describe(target) == text, "seed \(seed), \(snapshot.version)")
    }
    #expect(try Verifier.verify(fixture.repository, options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test func `a large file that is edited in the middle is stored as a delta`() throws {
    var random = SeededGenerator(seed: 8)
    var bytes = random.bytes(5 << 20)
    try fixture.source.file(Array("big.bin".utf8), bytes)
    let first = try fixture.save("v1")
    for at in 0..<40 { bytes[2_000_000 + at * 1000] ^= 0x5A }
    bytes.insert(contentsOf: random.bytes(777), at: 2_500_000)
    try fixture.source.file(Array("big.bin".utf8), bytes)
    let second = try fixture.save("v2")
    #expect(first.snapshot.statistics.bytesStored > 5 << 20)
    #expect(second.snapshot.statistics.bytesStored < 20_000, "40 bytes changed and 777 came")
    #expect(try deltaFrameCount() > 0)
    #expect(try fixture.bytes("big.bin", in: second.snapshot) == bytes)
    #expect(second.snapshot.statistics.filesChanged == 1)
  }

  @Test func `an unchanged tree stores nothing and gives the same manifest`() throws {
    try buildEveryKind()
    let first = try fixture.save("v1")
    let packs = try fixture.packBytes()
    let second = try fixture.save("v2") { $0.readsAll = true }
    #expect(second.snapshot.manifest == first.snapshot.manifest)
    #expect(second.snapshot.id != first.snapshot.id)
    #expect(try fixture.packBytes() == packs)
    #expect(second.snapshot.statistics.bytesStored == 0 && second.snapshot.statistics.chunksNew == 0)
    #expect(second.snapshot.statistics.filesChanged == 0 && second.snapshot.statistics.filesNew == 0)
  }

  @Test func `files that have not changed since the last save are not read`() throws {
    // This folder: its files are older than the two seconds in which a change might not show.
    let folder = Array(String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)).utf8)
    let first = try fixture.save("v1", root: folder)
    #expect(first.snapshot.statistics.bytesRead == first.snapshot.statistics.bytesLogical)
    let second = try fixture.save("v2", root: folder)
    #expect(second.snapshot.statistics.bytesRead == 0)
    #expect(second.snapshot.statistics.filesUnmodified == first.snapshot.statistics.filesNew)
    #expect(second.snapshot.manifest == first.snapshot.manifest)
    let all = try fixture.save("v3", root: folder) { $0.readsAll = true }
    #expect(all.snapshot.statistics.bytesRead == first.snapshot.statistics.bytesLogical)
    #expect(try fixture.restore(second.snapshot, to: "back").isEmpty == false)
  }

  @Test func `a file written within two seconds of the save is read again`() throws {
    try fixture.source.file("young", "one")
    try fixture.save("v1")
    // The same length and, with the clock's tick, perhaps the same time.
    try fixture.source.file("young", "two")
    let second = try fixture.save("v2")
    #expect(try fixture.bytes("young", in: second.snapshot) == Array("two".utf8))
  }

  @Test func `a stream is saved as one file, and the next one as what is new in it`() throws {
    var random = SeededGenerator(seed: 3)
    var dump = random.bytes(3 << 20)
    let first = try fixture.save("s1", stream: dump, name: "db/dump.sql")
    dump.replaceSubrange(1_000_000..<1_000_100, with: random.bytes(50))
    let second = try fixture.save("s2", stream: dump, name: "db/dump.sql")
    #expect(try fixture.bytes("db/dump.sql", in: second.snapshot) == dump)
    #expect(second.snapshot.statistics.bytesStored < 200_000)
    #expect(try fixture.entries(first.snapshot).map(\.path.description) == ["", "db", "db/dump.sql"])
    let empty = try fixture.save("s3", stream: [], name: "empty")
    #expect(try fixture.bytes("empty", in: empty.snapshot).isEmpty)
  }

  @Test func `a dry run stores nothing and says what a save would`() throws {
    try buildEveryKind()
    let dry = try fixture.save("v1") { $0.isDryRun = true }
    #expect(!dry.wasSaved)
    #expect(try fixture.repository.snapshots().isEmpty && fixture.packBytes() == 0)
    #expect(StoreTestFolder.names(fixture.repository.folder + "/pending").isEmpty)
    let real = try fixture.save("v1")
    #expect(real.snapshot.statistics.bytesStored == dry.snapshot.statistics.bytesStored)
    #expect(real.snapshot.manifest == dry.snapshot.manifest)
  }

  @Test func `a version that exists is refused with 22 and nothing is stored`() throws {
    try fixture.source.file("a", "1")
    try fixture.save("v1")
    try fixture.source.file("a", "2")
    let packs = try fixture.packBytes()
    #expect {
      try fixture.save("v1")
    } throws: { error in
      (error as? SnapFault)?.code == .versionExists
    }
    #expect(try fixture.packBytes() == packs)
  }

  @Test func `skipping an unchanged tree gives the version that is there`() throws {
    try fixture.source.file("a", "1")
    let first = try fixture.save("v1")
    let second = try fixture.save("v2") { $0.skipIfUnchanged = true }
    #expect(!second.wasSaved && second.snapshot.id == first.snapshot.id)
    try fixture.source.file("a", "22")
    #expect(try fixture.save("v3") { $0.skipIfUnchanged = true }.wasSaved)
  }

  @Test func `a save that is stopped adds nothing and the next one reuses what it stored`() throws {
    var random = SeededGenerator(seed: 6)
    try fixture.source.file(Array("big".utf8), random.bytes(3 << 20))
    #expect {
      try fixture.save("v1") { $0.confirm = { throw SnapFault(.interrupted, "stopped") } }
    } throws: { error in
      (error as? SnapFault)?.code == .interrupted
    }
    #expect(try fixture.repository.snapshots().isEmpty)
    let packs = try fixture.packBytes()
    #expect(packs > 3 << 20)
    let outcome = try fixture.save("v1")
    #expect(outcome.snapshot.statistics.bytesStored < 10_000)
    fixture.events.stop(true)
    #expect(throws: SnapFault.self) { try fixture.save("v2") }
  }

  @Test func `no source at all is a failure, an empty one is not`() throws {
    #expect {
      try fixture.save("v1", sources: [ArchivePath("missing") ?? .root])
    } throws: { error in
      (error as? SnapFault)?.code == .failed
    }
    let empty = try fixture.save("v2")
    #expect(try fixture.entries(empty.snapshot).map(\.kind) == [.directory])
  }

  @Test func `what changes while the other names of a file are saved is one content`() throws {
    try fixture.source.file("a", "linked")
    #expect(unsafe link(fixture.source.path + "/a", fixture.source.path + "/z") == 0)
    let snapshot = try fixture.save("v1").snapshot
    let entries = try fixture.entries(snapshot)
    #expect(entries.last?.hardLinkTarget == ArchivePath("a"))
    #expect(entries[1].content == entries[2].content)
    let target = try fixture.restore(snapshot, to: "back")
    #expect(shell("stat -c %h '\(target)/a' '\(target)/z'") == "2\n2\n")
    // The first name goes: the other stands alone, and its content is known.
    _ = unsafe unlink(fixture.source.path + "/a")
    let second = try fixture.save("v2").snapshot
    #expect(try fixture.bytes("z", in: second) == Array("linked".utf8))
    #expect(try fixture.entries(second).last?.hardLinkTarget == nil)
  }

  @Test func `a name whose other name has become another file meanwhile keeps its own content`() throws {
    let path = fixture.source.path
    try fixture.source.file("a", "linked")
    try fixture.source.file("c", "another")
    try fixture.source.folder("dist")
    #expect(unsafe link(path + "/a", path + "/b") == 0)
    // By then `a` and `b` have been met, and not been read.
    unsafe fixture.events.whenIgnored = { shell("ln -f '\(path)/c' '\(path)/a'") }
    let snapshot = try fixture.save("v1").snapshot
    #expect(try fixture.bytes("a", in: snapshot) == Array("another".utf8))
    #expect(try fixture.bytes("b", in: snapshot) == Array("linked".utf8))
    // One that is gone does not take the other along.
    shell("ln -f '\(path)/b' '\(path)/a'")
    unsafe fixture.events.whenIgnored = { shell("rm '\(path)/a'") }
    let second = try fixture.save("v2").snapshot
    #expect(try fixture.bytes("b", in: second) == Array("linked".utf8))
  }

  /// Delta frames in all packs.
  private func deltaFrameCount() throws -> Int {
    var count = 0
    let packs = fixture.repository.folder + "/packs"
    for folder in StoreTestFolder.names(packs) {
      for name in StoreTestFolder.names(packs + "/" + folder) {
        let pack = MemoryPack(bytes: try #require(StoreTestFolder.bytes("\(packs)/\(folder)/\(name)")))
        let directory = try PackReader.readDirectory(
          pack, repository: fixture.repository.id, pack: #require(PackID(hexadecimal: name)))
        count += directory.frames.count { !$0.header.bases.isEmpty }
      }
    }
    return count
  }

  private func buildEveryKind() throws {
    let source = fixture.source
    try source.file("plain", "text")
    try source.file("empty", "")
    try source.file([0xFF, 0xFE, UInt8(ascii: "/"), 0x80, 0x0A], [1, 2, 3])
    try source.file("deep/er/file", "deep")
    try source.folder("empty-folder")
    try source.link("link", to: "deep/er/file")
    try source.link("dangling", to: "/nowhere/at/all")
    let path = source.path
    #expect(unsafe link(path + "/plain", path + "/plain-again") == 0)
    #expect(unsafe mkfifo(path + "/fifo", 0o640) == 0)
    #expect(unsafe chmod(path + "/empty-folder", 0o2751) == 0)
    shell(
      """
      cd '\(path)'; truncate -s 300000 sparse; printf data | dd of=sparse bs=1 seek=131072 conv=notrunc 2>/dev/null
      truncate -s 6000000 hole; setfattr -n user.colour -v blue plain; touch -h -d '2001-02-03 04:05:06.789' link plain
      """)
  }

  private func mutate(_ random: inout SeededGenerator) throws {
    let name = "d\(random.next() % 4)/f\(random.next() % 8)"
    let path = fixture.source.path + "/" + name
    _ = unsafe unlink(path)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: break
    case 1:
      try fixture.source.folder(String(name.prefix(2)))
      try fixture.source.link(name, to: "to-\(random.next())")
    case 2:
      try fixture.source.file(Array(name.utf8), random.bytes(Int.random(in: 100_000...400_000, using: &random)))
      shell("truncate -s \(Int.random(in: 0...2_000_000, using: &random)) '\(path)'")
    case 3:
      try fixture.source.file(Array(name.utf8), [7])
      _ = unsafe link(path, path + "-linked\(random.next() % 100)")
    case 4: try fixture.source.file(Array(name.utf8) + [0xC3], random.bytes(10))
    case 5: try fixture.source.file(Array(name.utf8), random.bytes(2_200_000))
    default:
      try fixture.source.file(Array(name.utf8), random.bytes(Int.random(in: 0...50_000, using: &random)))
      _ = unsafe chmod(path, mode_t.random(in: 0o400...0o777, using: &random))
    }
  }
}

/// A pack that was read whole.
private struct MemoryPack: PackSource {
  let bytes: [UInt8]
  var byteCount: UInt64 { UInt64(bytes.count) }
  func read(_ range: Range<UInt64>) throws -> [UInt8] { Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) }
}

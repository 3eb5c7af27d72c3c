import Glibc
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// An older state put back, or a record taken away, in an encrypted repository.
struct RollbackTests {
  private let fixture: RepositoryFixture
  private let tree: RepositoryFixture.Tree = ["a": Array("content".utf8)]

  init() throws { fixture = try RepositoryFixture(isEncrypted: true) }

  private func check(
    _ repository: Repository, seen: [SnapshotID: Timestamp] = [:], accepted: Set<SnapshotID> = [], head: String? = nil
  ) throws {
    try repository.checkChain(expectedHead: head, seen: seen, accepted: accepted)
  }

  private func isTampering(_ error: any Error, about text: String) -> Bool {
    let fault = error as? SnapFault
    return fault?.code == .tampering && fault?.message.contains(text) == true
  }

  @Test func `each record names the newest before it`() throws {
    let repository = try fixture.open()
    let first = try repository.save("v1", tree)
    let second = try repository.save("v2", tree)
    #expect(first.before.isEmpty)
    #expect(second.before.map(\.id) == [first.id])
    #expect(try repository.heads().map(\.id) == [second.id])
    let plain = try RepositoryFixture()
    try plain.open().save("v1", tree)
    #expect(try plain.open().save("v2", tree).before.isEmpty)
  }

  @Test func `an older state is seen by who has seen the newer one, or has its head`() throws {
    try fixture.open().save("v1", tree)
    let old = fixture.keep(as: "old")
    let repository = try fixture.open()
    let second = try repository.save("v2", tree)
    let (seen, head) = (try repository.versionTimes(), try #require(try repository.headText(of: second.id)))
    try check(repository, seen: seen, head: head)
    repository.close()
    fixture.goBack(to: old)
    let older = try fixture.open()
    try check(older)
    #expect { try check(older, seen: seen) } throws: { isTampering($0, about: "snapshot \(second.id.short)") }
    #expect { try check(older, head: head) } throws: { isTampering($0, about: "expected head") }
    try check(older, accepted: [second.id])
    #expect(try older.goneVersions(seen: seen) == [second.id])
  }

  @Test func `a record that was taken away is missed by the one after it, and one that was forgotten is not`() throws {
    let repository = try fixture.open()
    let gone = try repository.save("v1", tree)
    try repository.save("v2", tree)
    _ = unsafe unlink("\(fixture.path)/snapshots/\(gone.id.hexadecimal)")
    // As on a machine that knows nothing.
    repository.close()
    fixture.removeIndex()
    let fresh = try fixture.open()
    #expect { try check(fresh) } throws: {
      isTampering($0, about: "snapshot \(gone.id.short), which was here before v2")
    }
    try check(fresh, accepted: [gone.id])

    let other = try RepositoryFixture(isEncrypted: true)
    let honest = try other.open()
    try honest.save("v1", tree)
    try honest.save("v2", tree)
    let seen = try honest.versionTimes()
    try honest.forget(["v1"])
    try honest.collect()
    try check(honest, seen: seen)
    #expect(try honest.goneVersions(seen: seen) == [])
  }

  @Test func `operations that nobody with the keys wrote hide nothing`() throws {
    let repository = try fixture.open()
    let gone = try repository.save("v1", tree)
    try repository.save("v2", tree)
    let seen = try repository.versionTimes()
    _ = unsafe unlink("\(fixture.path)/snapshots/\(gone.id)")
    for name in ["0000000000000001-tag", "18ea429c61b1592a-forget"] {
      StoreTestFolder.write(Array("x".utf8), to: "\(fixture.path)/operations/\(name)")
    }
    repository.close()
    fixture.removeIndex()
    let fresh = try fixture.open()
    #expect { try check(fresh) } throws: { isTampering($0, about: "which was here before v2") }
    #expect { try check(fresh, seen: seen) } throws: { isTampering($0, about: "last seen here") }
  }

  @Test func `a version that somebody moved to the trash is not given up`() throws {
    let repository = try fixture.open()
    let saved = try repository.save("v1", tree)
    try repository.save("v2", tree)
    let (name, id) = ("\(fixture.path)/snapshots/\(saved.id)", saved.id)
    #expect(unsafe rename(name, "\(fixture.path)/trash/\(id)") == 0)
    repository.close()
    let moved = try fixture.open()
    #expect { try check(moved) } throws: { isTampering($0, about: "v1 (\(id.short)) lies in the trash") }
    #expect(try moved.goneVersions(seen: [:]) == [id])
    try check(moved, accepted: [id])
    #expect(unsafe rename("\(fixture.path)/trash/\(id)", name) == 0)
    try moved.forget(["v1"])
    try check(fixture.open())
  }

  @Test func `a configuration that the keys do not vouch for is refused`() throws {
    let path = fixture.path + "/config"
    let text = String(decoding: try #require(StoreTestFolder.bytes(path)), as: UTF8.self)
    let lines = text.replacing("chunk-average: 65536", with: "chunk-average: 65535").split(separator: "\n")
    let body = lines.dropLast().map { $0 + "\n" }.joined()
    StoreTestFolder.write(Array("\(body)checksum: \(hexadecimal(sha256(Array(body.utf8))))\n".utf8), to: path)
    #expect { try fixture.open() } throws: { isTampering($0, about: "was changed by somebody") }
  }
}

import Glibc
import Indexing
import ObjectStores
import Packing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// Records that are gone though nothing forgot them.
struct LostRecordTests {
  private let fixture: RepositoryFixture
  private var trees: [String: RepositoryFixture.Tree] = [:]
  private let lost: Snapshot

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 81)
    let repository = try fixture.open()
    for version in ["v1", "v2", "v3"] {
      trees[version] = random.tree()
      try repository.save(version, trees[version] ?? [:])
    }
    lost = try #require(try repository.version("v2"))
    repository.close()
  }

  private func loseRecord() {
    #expect(unsafe unlink(fixture.path + "/" + ObjectName.snapshot(lost.id).path) == 0)
  }

  @Test(arguments: 0..<16) func `a record that the index has under a wrong id is no lost version`(byte: Int) throws {
    let bytes = try #require(StoreTestFolder.bytes(fixture.indexPath()))
    // Once as a key, once in the record.
    let places = bytes.indices.filter { bytes[$0...].starts(with: lost.id.bytes) }
    for place in places {
      var damaged = bytes
      damaged[place + byte] ^= 0x40
      StoreTestFolder.write(damaged, to: fixture.indexPath())
      let repository = try fixture.open()
      #expect(try Verifier.verify(repository, options: VerifyOptions()).problems == [], "place \(place)")
      repository.close()
    }
    #expect(places.count >= 2)
  }

  private func expectKeptAndRepaired() throws {
    let repository = try fixture.open()
    let text = "the record of v2 (\(lost.id.short)) is missing, and nothing forgot it"
    #expect(fixture.events.all.contains("warning: \(text); its data is kept, and snap repair brings it back"))
    try expect(trees.filter { $0.key != "v2" }, in: repository, "lost")
    let problems = try Verifier.verify(repository, options: VerifyOptions()).problems
    #expect(problems.map(\.message) == [text] && problems.map(\.hint) == ["snap repair"])
    #expect(try repository.collect().bytesFreed == 0)
    #expect(try IndexRebuilder.rebuild(fixture.path, events: fixture.events).recordsRecovered == 1)
    try expect(trees, in: fixture.open(), "repaired")
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems == [])
    try fixture.open().forget(["v2"])
    #expect(try fixture.open().collect().bytesFreed > 0)
    try expect(trees.filter { $0.key != "v2" }, in: fixture.open(), "forgotten")
  }

  @Test func `a record that the index knows is missed, kept and brought back`() throws {
    loseRecord()
    try expectKeptAndRepaired()
  }

  @Test func `without an index, what people said of a version tells that it existed`() throws {
    var labels = SnapshotLabels()
    labels.note = "a note"
    try fixture.open().setLabels(labels, of: lost.id)
    loseRecord()
    fixture.removeIndex()
    try expectKeptAndRepaired()
  }

  @Test(arguments: [false, true]) func `a forgotten version is not lost`(losesIndex: Bool) throws {
    var labels = SnapshotLabels()
    labels.note = "a note"
    let repository = try fixture.open()
    try repository.setLabels(labels, of: lost.id)
    let other = try fixture.open()
    try repository.forget(["v2"])
    if losesIndex { fixture.removeIndex() }
    _ = try fixture.open()
    try other.adoptRecords()
    try fixture.open().collect()
    if losesIndex { fixture.removeIndex() }
    _ = try fixture.open()
    #expect(!fixture.events.all.contains { $0.contains("missing") }, "\(fixture.events.all)")
  }

  @Test func `a version that was taken back and then lost is missed`() throws {
    try fixture.open().forget(["v2"])
    _ = try OperationLog.undoLast(in: fixture.open())
    loseRecord()
    fixture.removeIndex()
    _ = try fixture.open()
    #expect(fixture.events.all.contains { $0.contains("the record of v2") })
  }

  @Test func `the copy that a killed save leaves is no version`() throws {
    let repository = try fixture.open()
    try repository.withSaveInProgress { pool in
      let session = try SaveSession(repository: repository, parent: nil, pool: pool)
      var never = lost
      var random = SeededGenerator(seed: 5)
      never.id = SnapshotID(using: &random)
      never.manifest = try session.store(["new": [1, 2, 3]])
      try session.storePacks(record: SnapshotCoder.encode(never))
    }
    fixture.removeIndex()
    #expect(try IndexRebuilder.rebuild(fixture.path, events: fixture.events).recordsRecovered == 0)
    try expect(trees, in: fixture.open(), "as before")
    #expect(!fixture.events.all.contains { $0.contains("missing") })
  }

  @Test func `what others save while records are listed is not missed`() throws {
    let writer = try fixture.open()
    let operations = ListingOperations()
    let reader = try fixture.open(operations: operations)
    operations.afterListing.withLock { $0 = { try writer.save("meanwhile", ["f": [1]]) } }
    try writer.save("before", ["f": [0]])
    try reader.adoptRecords()
    #expect(operations.afterListing.withLock { $0 == nil })
    #expect(try reader.index.lostRecords().isEmpty && reader.version("meanwhile") != nil)
  }

  @Test func `a record that comes back by itself is no longer missed`() throws {
    let path = fixture.path + "/" + ObjectName.snapshot(lost.id).path
    #expect(unsafe rename(path, fixture.holder.path("aside")) == 0)
    #expect(try !fixture.open().lostSnapshots().isEmpty)
    #expect(unsafe rename(fixture.holder.path("aside"), path) == 0)
    try expect(trees, in: fixture.open(), "back")
    #expect(try fixture.open().lostSnapshots().isEmpty)
  }
}

/// Does something once, when the versions were listed just now.
private final class ListingOperations: ObservedFileOperations {
  let openPaths = OpenPaths()
  let afterListing = Mutex<(@Sendable () throws -> Void)?>(nil)

  func willMake(_ call: FileCall) {}

  func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    let names = try system.names(in: folder)
    if openPaths.path(of: folder) == ObjectFolder.snapshots.name,
      let body = afterListing.withLock({ body in
        defer { body = nil }
        return body
      })
    {
      do { try body() } catch { Issue.record(error) }
    }
    return names
  }
}

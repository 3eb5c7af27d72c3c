import Glibc
import Indexing
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// What goes on when the index cannot be written.
struct UnwritableIndexTests {
  private let fixture: RepositoryFixture
  private var trees: [String: RepositoryFixture.Tree] = [:]

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 41)
    for version in ["v1", "v2", "v3"] { trees[version] = random.tree(files: version == "v1" ? 1 : 40) }
    try fixture.open().save("v1", trees["v1"] ?? [:])
  }

  @Test func `a reader whose index cannot grow sees what others save, forget and collect, and says one thing`() throws {
    let reader = try fixture.open()
    reader.index.limitPages(to: 1)
    let writer = try fixture.open()
    writer.index.limitPages(to: 1)
    try writer.save("v2", trees["v2"] ?? [:])
    try reader.adoptRecords()
    try expect(trees.filter { $0.key != "v3" }, in: reader, "saved")
    #expect(try reader.exclusiveBytes().count == 2)
    try writer.forget(["v1"])
    try writer.collect()
    try reader.adoptRecords()
    try expect(trees.filter { $0.key == "v2" }, in: reader, "collected")
    #expect(try Verifier.verify(reader, options: VerifyOptions()).problems == [])
    let note = "index.sqlite cannot be written (No space left); this command uses an index in memory"
    #expect(fixture.events.all.filter { $0.contains("index") } == [note, note], "one of each of the two")
    try expect(trees.filter { $0.key == "v2" }, in: fixture.open(), "the file is brought up to date by the next")
  }

  @Test func `a writer whose index cannot grow saves, forgets, undoes and collects`() throws {
    let repository = try fixture.open()
    repository.index.limitPages(to: 1)
    try repository.save("v2", trees["v2"] ?? [:])
    try repository.save("v3", trees["v3"] ?? [:])
    try repository.forget(["v2"])
    _ = try OperationLog.undoLast(in: repository)
    try repository.forget(["v1"])
    #expect(try repository.collect().packsDeleted > 0)
    try expect(trees.filter { $0.key != "v1" }, in: repository, "in memory")
    try expect(trees.filter { $0.key != "v1" }, in: fixture.open(), "from the file")
  }

  @Test func `why the index could not be updated is told once`() throws {
    let repository = try fixture.open()
    repository.index.limitPages(to: 1)
    let failure = try repository.withSaveInProgress { pool in
      let session = try SaveSession(repository: repository, parent: nil, pool: pool)
      let manifest = try session.store(trees["v2"] ?? [:])
      return try session.committed("v2", manifest).indexFailure
    }
    #expect(failure == "No space left")
  }

  @Test func `forgetting gives up the index's file where the disk is full and there is no reserve`() throws {
    let repository = try fixture.open()
    try repository.save("v2", trees["v2"] ?? [:])
    var attempts = 0
    let result = try repository.withReserve {
      attempts += 1
      if attempts == 1 { throw ObjectStoreError.noSpace(path: "") }
      return attempts
    }
    #expect(result == 2)
    #expect(!StoreTestFolder.names(fixture.path).contains("index.sqlite"))
    let again = #expect(throws: SnapFault.self) {
      try repository.withReserve { throw ObjectStoreError.noSpace(path: "") }
    }
    #expect(again?.message == "cannot free space: 0 bytes and no reserve")
    #expect(again?.code == .noSpace)
    try expect(trees.filter { $0.key != "v3" }, in: repository, "in memory")
    try expect(trees.filter { $0.key != "v3" }, in: fixture.open(), "rebuilt")
  }

  @Test func `a collection that has no room to move frames deletes first what nobody needs`() throws {
    let repository = try fixture.open()
    // One pack of which half is needed, and one of which nothing is.
    try repository.save("v2", ["a": Array(repeating: 1, count: 5000), "b": trees["v2"]?.values.first ?? [2]])
    try repository.save("v3", ["a": Array(repeating: 1, count: 5000)])
    try repository.forget(["v1", "v2"])
    let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    #expect(plan.packsDeleted > 0 && plan.packsRewritten > 0)
    // The disk is full until some pack is deleted.
    let path = fixture.path
    let before = Self.packCount(path)
    let operations = InterruptedOperations(
      .refuse { call in
        call.hasPrefix("rename-exclusive packs/") && Self.packCount(path) == before ? ENOSPC : nil
      })
    let outcome = try GarbageCollector.execute(plan, in: fixture.open(operations: operations))
    #expect(operations.failedCall != nil)
    #expect(outcome.bytesFreed == plan.bytesFreed)
    try expect(["v3": ["a": Array(repeating: 1, count: 5000)]], in: fixture.open(), "collected")
  }

  private static func packCount(_ path: String) -> Int {
    StoreTestFolder.names(path + "/packs").reduce(0) { $0 + StoreTestFolder.names(path + "/packs/" + $1).count }
  }
}

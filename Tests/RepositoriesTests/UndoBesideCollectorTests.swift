import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// A version is taken back while a collector gives it up.
struct UndoBesideCollectorTests {
  private let fixture: RepositoryFixture
  private let trees: [RepositoryFixture.Tree]

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 71)
    trees = [random.tree(), random.tree()]
  }

  /// `v1` is forgotten, `v2` is there.
  ///
  /// - Returns: `v1`, and a handle on the repository of who collects.
  private func collectorOnceForgotten() throws -> (snapshot: Snapshot, collector: Repository) {
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", trees[0])
    try repository.save("v2", trees[1])
    try repository.forget(["v1"])
    return (snapshot, try fixture.open())
  }

  /// Undoes while `meanwhile` runs once, just before the first call whose name begins so.
  private func undo(before call: String, meanwhile: @escaping @Sendable () -> Void) throws -> Repository {
    let hasRun = Mutex(false)
    let operations = InterruptedOperations(.never) { name in
      guard name.hasPrefix(call), hasRun.withLock({ !$0 }) else { return }
      hasRun.withLock { $0 = true }
      meanwhile()
    }
    let repository = try fixture.open(operations: operations)
    defer { #expect(hasRun.withLock { $0 }, "\(call) was never called") }
    _ = try OperationLog.undoLast(in: repository)
    return repository
  }

  @Test func `a version that was taken back since the plan keeps its labels`() throws {
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", trees[0])
    var labels = SnapshotLabels()
    labels.note = "kept"
    try repository.setLabels(labels, of: snapshot.id)
    try repository.forget(["v1"])
    let collector = try fixture.open()
    let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
    _ = try OperationLog.undoLast(in: repository)
    try GarbageCollector.execute(plan, in: collector)
    try expect(["v1": trees[0]], in: fixture.open(), "taken back")
    #expect(try fixture.open().snapshots().map(\.labels.note) == ["kept"])
  }

  @Test func `what a collector has freed since is not brought back as an empty shell`() throws {
    let collector = try collectorOnceForgotten().collector
    let fault = #expect(throws: SnapFault.self) {
      _ = try undo(before: "rename-exclusive pending/") { _ = try? collector.collect() }
    }
    #expect(fault?.code == .refused)
    #expect(fault?.message == "v1 cannot be taken back: a collection has given it up")
    try expect(["v2": trees[1]], in: fixture.open(), "v1 is gone")
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems == [])
  }

  @Test func `what of an operation is left is taken back, and logged, though a collector was quicker with the rest`()
    throws
  {
    let repository = try fixture.open()
    for (version, tree) in [("v1", trees[0]), ("v2", trees[1]), ("v3", trees[0])] { try repository.save(version, tree) }
    try repository.forget(["v1", "v2"])
    let ids = try repository.trashed().map { $0.snapshot.id }.sorted()
    let collector = try fixture.open()
    // The first that is taken back is there; a collector gives the other one up.
    let undone = try undo(before: "rename-exclusive pending/") {
      for id in ids {
        guard (try? collector.store.exists(.pending(id))) == false else { continue }
        try? collector.store.delete([.trash(id)])
        _ = try? collector.collect()
      }
    }
    let left = try undone.snapshots().map(\.snapshot.version)
    #expect(left.count == 2 && left.contains("v3"))
    let log = try OperationLog.operations(in: undone)
    #expect(log.last?.kind == .undo && log.last?.snapshots.count == 1)
    let isEmpty = try fixture.open().trashed().isEmpty
    #expect(isEmpty)
    try expect(
      ["v1": trees[0], "v2": trees[1], "v3": trees[0]].filter { left.contains($0.key) }, in: fixture.open(), "left")
  }

  @Test func `until it is known to be whole it is no version`() throws {
    let (snapshot, collector) = try collectorOnceForgotten()
    let seen = Mutex<[String]>([])
    let folder = fixture.path + "/snapshots"
    let operations = InterruptedOperations(.never) { name in
      if name.hasPrefix("rename-exclusive pending/") { _ = try? collector.collect() }
      if StoreTestFolder.names(folder).contains("\(snapshot.id)") { seen.withLock { $0.append(name) } }
    }
    #expect(throws: SnapFault.self) { _ = try OperationLog.undoLast(in: fixture.open(operations: operations)) }
    #expect(seen.withLock { $0 } == [])
    #expect(fixture.names("pending").isEmpty)
  }

  @Test func `a collector keeps what is about to be taken back`() throws {
    let collector = try collectorOnceForgotten().collector
    _ = try undo(before: "rename-exclusive snapshots/") { _ = try? collector.collect() }
    try expect(["v1": trees[0], "v2": trees[1]], in: fixture.open(), "back")
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems == [])
  }

  @Test func `what stands in a tomb is not there any more`() throws {
    let collector = try collectorOnceForgotten().collector
    let id = try #require(try collector.trashed().first?.snapshot.id)
    let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
    // A collector that was killed right after its tomb.
    #expect(throws: SnapFault.self) {
      _ = try undo(before: "rename-exclusive pending/") {
        try? collector.store.delete([.trash(id)])
        var random = SecureRandom()
        try? collector.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(plan.condemned))
      }
    }
    try fixture.open().collect()
    try expect(["v2": trees[1]], in: fixture.open(), "v1 is gone")
  }

  @Test func `a version whose content others need too comes back`() throws {
    let repository = try fixture.open()
    try repository.save("v1", trees[0])
    try repository.save("v2", trees[0])
    try repository.forget(["v1"])
    let collector = try fixture.open()
    _ = try undo(before: "rename-exclusive pending/") { _ = try? collector.collect() }
    try expect(["v1": trees[0], "v2": trees[0]], in: fixture.open(), "back")
  }

  @Test func `a collector that comes after the record keeps what it needs`() throws {
    let collector = try collectorOnceForgotten().collector
    let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
    _ = try undo(before: "unlink trash/") { _ = try? GarbageCollector.execute(plan, in: collector) }
    try expect(["v1": trees[0], "v2": trees[1]], in: fixture.open(), "back")
  }
}

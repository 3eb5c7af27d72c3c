import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// New keys for what was saved before they were made.
struct ResealingTests {
  private let fixture: RepositoryFixture
  private var tree: RepositoryFixture.Tree = [:]

  init() throws {
    fixture = try RepositoryFixture(isEncrypted: true)
    var random = SeededGenerator(seed: 9)
    tree = ["a": random.bytes(5000), "b": random.text(3000)]
  }

  private func outdated(_ repository: Repository) throws -> [ObjectName] {
    try ObjectFolder.allCases.flatMap { try repository.store.list($0) }.filter { try repository.store.isOutdated($0) }
  }

  @Test func `everything is sealed anew, and every version is what it was`() throws {
    var changed = tree
    changed["b"]?[1500] ^= 1
    let repository = try fixture.open()
    try repository.save("v1", tree)
    let second = try repository.save("v2", changed)
    try repository.save("v3", tree)
    var labels = SnapshotLabels()
    labels.note = "kept"
    try repository.setLabels(labels, of: second.id)
    try repository.forget(["v3"])
    let head = try repository.headText(of: second.id)
    repository.close()

    let keys = try #require(repository.keys).withNewEpoch()
    let rotated = try Repository.open(
      at: fixture.path, access: RepositoryAccess(cacheFolder: fixture.cacheFolder) { _ in .all(keys) },
      events: fixture.events
    )
    let before = try outdated(rotated)
    #expect(before.count == 7)
    let outcome = try rotated.reseal()
    #expect(outcome.packs == 2 && outcome.records == 5 && outcome.packsLeft == 0)
    #expect(try outdated(rotated).isEmpty)
    #expect(try rotated.tree(of: #require(try rotated.version("v1"))) == tree)
    #expect(try rotated.tree(of: #require(try rotated.version("v2"))) == changed)
    #expect(try rotated.snapshots().first { $0.snapshot.id == second.id }?.labels.note == "kept")
    #expect(try rotated.trashed().map(\.snapshot.version) == ["v3"])
    #expect(try rotated.headText(of: second.id) == head)
    #expect(try Verifier.verify(rotated, options: VerifyOptions(readData: .all)).problems.isEmpty)
    #expect(try rotated.reseal().packs == 0)
    rotated.close()
    // The older keys open none of it.
    fixture.removeIndex()
    let old = try fixture.open()
    #expect(try old.snapshots().isEmpty)
  }

  @Test func `a plain repository has nothing to seal`() throws {
    let plain = try RepositoryFixture()
    let repository = try plain.open()
    try repository.save("v1", tree)
    #expect(try repository.reseal().packs == 0)
    #expect(try repository.tree(of: #require(try repository.version("v1"))) == tree)
  }

  @Test func `a version whose taking back was cut short stays listed under new keys`() throws {
    let repository = try fixture.open()
    let first = try repository.save("v1", tree)
    try repository.forget(["v1"])
    // Taken back, but for its record in the trash.
    try repository.store.copyRecord(.trash(first.id), to: .snapshot(first.id), replacing: false)
    try fixture.rotateKeys(of: repository)
    #expect(try fixture.open().tree(of: #require(try fixture.open().version("v1"))) == tree)
  }

  @Test func `a version that was taken back under a clock that was set back stays under new keys`() throws {
    let world = SimulatedWorld(seed: 1)
    let repository = try fixture.open(machine: world.startProcess(on: "mill"))
    try repository.save("v1", tree)
    try repository.forget(["v1"])
    world.advance(seconds: -86400)
    _ = try OperationLog.undoLast(in: repository)
    #expect(try OperationLog.history(in: repository).forgotten.isEmpty)
    #expect(try OperationLog.operations(in: repository).map(\.kind).last == .undo)
    try fixture.rotateKeys(of: repository)
    #expect(try fixture.open().tree(of: #require(try fixture.open().version("v1"))) == tree)
  }

  @Test func `a version that is forgotten and taken back while records get new keys stays`() throws {
    let repository = try fixture.open()
    let first = try repository.save("v1", tree)
    let keys = try #require(repository.keys).withNewEpoch()
    let isDue = Mutex(false)
    let operations = InterruptedOperations(.never) { name in
      guard name.hasPrefix("open snapshots/"), isDue.withLock({ $0 }) else { return }
      isDue.withLock { $0 = false }
      do {
        try repository.forget(["v1"])
        // An undo of many: this one is back, and nothing is logged yet.
        try repository.takeBack(first)
      } catch {
        Issue.record("\(error)")
      }
    }
    let resealing = try Repository.open(
      at: fixture.path, access: RepositoryAccess(cacheFolder: fixture.cacheFolder) { _ in .all(keys) },
      events: fixture.events, operations: operations)
    isDue.withLock { $0 = true }
    #expect(try resealing.resealRecords(resealing.store.isOutdated) >= 1)
    #expect(!isDue.withLock { $0 })
    try resealing.adoptRecords()
    #expect(try resealing.tree(of: #require(try resealing.version("v1"))) == tree)
  }

  @Test func `operations of many at once are all logged, though the last is dated in the future`() throws {
    let world = SimulatedWorld(seed: 1)
    let ahead = try fixture.open(machine: world.startProcess(on: "mill"))
    world.advance(seconds: 100 * 365 * 86400)
    try OperationLog.append(.note, "ahead", [], in: ahead)
    let fixture = fixture
    let failures = StoreTestThreads.run(4) { number -> String in
      do {
        let repository = try fixture.open()
        for _ in 0..<5 { try OperationLog.append(.note, "from \(number)", [], in: repository) }
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(failures == ["", "", "", ""])
    #expect(try OperationLog.operations(in: fixture.open()).count == 21)
    #expect(try OperationLog.operations(in: fixture.open()).first?.summary == "ahead")
  }
}

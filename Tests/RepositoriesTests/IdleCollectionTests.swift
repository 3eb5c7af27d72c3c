import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// A collection with nothing to do knows it from the last one.
struct IdleCollectionTests {
  private let fixture: RepositoryFixture

  init() throws {
    var random = SeededGenerator(seed: 31)
    fixture = try RepositoryFixture()
    try fixture.open().saveHistory(versions: 4, random: &random)
    try settle()
  }

  private func settle() throws {
    let repository = try fixture.open()
    try collect(repository)
    try collect(repository)
  }

  private func collect(_ repository: Repository) throws {
    let (_, plan) = try GarbageCollector.repack(
      in: repository, isDeep: false, isDryRun: false, undoWindowSeconds: 0)
    try GarbageCollector.execute(plan, in: repository)
  }

  private func decodedFrames(_ repository: Repository) throws -> Int {
    let before = repository.reader().decodedFrameCount
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).isEmpty)
    return repository.reader().decodedFrameCount - before
  }

  @Test func `it decodes no frame, and keeps the packs that there are`() throws {
    let repository = try fixture.open()
    #expect(try decodedFrames(repository) == 0)
    let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    #expect(try plan.packsKept == repository.packNames().count && plan.bytesFreed == 0)
  }

  @Test func `after a save all is looked at again, once`() throws {
    let repository = try fixture.open()
    try repository.save("v9", ["file": Array("new".utf8)])
    #expect(try decodedFrames(fixture.open()) > 0)
    #expect(try decodedFrames(fixture.open()) == 0)
  }

  @Test func `what is forgotten, condemned or no version's is found all the same`() throws {
    let repository = try fixture.open()
    try repository.forget(["v1"])
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).bytesFreed > 0)
    try settle()
    let pool = try WorkerPool(naming: repository.naming, threadCount: 1)
    defer { pool.close() }
    let session = try SaveSession(repository: repository, parent: nil, pool: pool)
    _ = try session.store(whole: Array("of a save that ended early".utf8), prior: nil)
    try session.flush()
    session.keepWhatIsStored()
    #expect(try GarbageCollector.plan(in: fixture.open(), undoWindowSeconds: 0).packsDeleted == 1)
    try settle()
    #expect(try decodedFrames(fixture.open()) == 0)
    var random = SystemRandomNumberGenerator()
    let packs = try repository.packNames()
    try repository.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(packs))
    #expect(try GarbageCollector.plan(in: fixture.open(), undoWindowSeconds: 0).packsRewritten > 0)
    try settle()
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems.isEmpty)
  }

  @Test func `a pack that is gone is missed`() throws {
    for pack in try fixture.open().packNames() {
      StoreTestFolder.remove("\(fixture.path)/\(ObjectName.pack(pack).path)")
    }
    #expect(throws: SnapFault.self) {
      try GarbageCollector.plan(in: fixture.open(), undoWindowSeconds: 0)
    }
  }

  @Test func `of what is damaged every collection warns`() throws {
    let pack = try #require(fixture.open().packNames().first)
    let path = "\(fixture.path)/\(ObjectName.pack(pack).path)"
    var bytes = try #require(StoreTestFolder.bytes(path))
    bytes.replaceSubrange(bytes.count - 16..<bytes.count, with: repeatElement(0, count: 16))
    StoreTestFolder.write(bytes, to: path)
    // It was settled before, which is remembered until something comes or goes.
    try fixture.open().save("v9", ["file": Array("new".utf8)])
    for _ in 0..<3 {
      let before = fixture.events.all.count
      try collect(fixture.open())
      #expect(fixture.events.all.dropFirst(before).contains { $0.contains("directory is damaged") })
    }
  }
}

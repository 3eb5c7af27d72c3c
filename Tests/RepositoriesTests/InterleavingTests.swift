import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// Savers and collectors that meet at the worst moments.
struct InterleavingTests {
  private let fixture: RepositoryFixture
  private let trees: [RepositoryFixture.Tree]

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 99)
    var trees = [random.tree(files: 6)]
    for _ in 0..<5 { trees.append(random.edited(trees[trees.count - 1])) }
    self.trees = trees
  }

  /// Where a collector comes between the steps of a save.
  enum Moment: CaseIterable { case beforeContent, afterContent, afterPacks }

  @Test(arguments: Moment.allCases, [false, true])
  func `a save that relied on what a collector took away starts again and loses nothing`(
    moment: Moment, knowsOfTheSave: Bool
  ) throws {
    let repository = try fixture.open()
    let collector = try fixture.open()
    try repository.save("v1", trees[0])
    try repository.save("v2", trees[1])
    var attempts = 0
    func collect() throws {
      try collector.forget(["v1", "v2"])
      // As if the save were on another machine whose announcement is not visible here.
      if !knowsOfTheSave { try removeAnnouncements() }
      try collector.collect()
    }
    // Content of v1, whose packs the collector takes away: all of it is known when the save looks.
    let snapshot = try repository.withSaveInProgress { pool in
      attempts += 1
      let session = try SaveSession(repository: repository, parent: repository.version("v2"), pool: pool)
      if attempts == 1, moment == .beforeContent { try collect() }
      let manifest = try session.store(trees[0])
      if attempts == 1, moment == .afterContent { try collect() }
      if moment == .afterPacks {
        try session.storePacks(record: Array("no record".utf8))
        if attempts == 1 { try collect() }
      }
      return try session.commit("v3", manifest)
    }
    #expect(snapshot.version == "v3")
    try expect(["v3": trees[0]], in: fixture.open(), "\(moment)")
    try collector.collect()
    try expect(["v3": trees[0]], in: fixture.open(), "\(moment), collected again")
  }

  @Test func `what another collector has freed since the roots were listed is not taken for damage`() throws {
    let repository = try fixture.open()
    try repository.save("v1", trees[0])
    try repository.save("v2", ["only": Array(repeating: 7, count: 5000)])
    let roots = try GarbageRoots(repository, undoWindowSeconds: 0)
    #expect(roots.snapshots.count == 2)
    let other = try fixture.open()
    try other.forget(["v2"])
    try other.collect()
    let graph = try PackGraph(repository, packs: Set(repository.packNames()))
    let isLive = try roots.liveFrames(of: graph, reader: repository.makeReader())
    #expect(isLive.contains(true))
    // What is a root still, and cannot be read, stops whoever wants to free something.
    try other.store.delete(other.store.list(.packs))
    #expect(throws: GarbageRoots.UnreadableManifest.self) {
      try roots.liveFrames(of: graph, reader: fixture.open().makeReader())
    }
  }

  @Test func `whenever another collector frees a version, encoding anew goes on without it`() throws {
    let repository = try fixture.open()
    for (number, tree) in trees.enumerated() { try repository.save("v\(number)", tree) }
    let start = fixture.keep(as: "start")
    /// - Parameter call: before which of its calls the other one comes.
    /// - Returns: how many calls there were.
    func repack(meeting call: Int) throws -> Int {
      fixture.goBack(to: start)
      let other = try fixture.open()
      let calls = Mutex(0)
      let operations = InterruptedOperations(.never) { _ in
        let number = calls.withLock { calls in
          calls += 1
          return calls - 1
        }
        guard number == call else { return }
        do {
          try other.forget(["v1", "v3"])
          try other.collect()
        } catch {
          Issue.record("the other one: \(error)")
        }
      }
      let collector = try fixture.open(operations: operations)
      try collector.repackAndCollect(isDeep: true)
      return calls.withLock { $0 }
    }
    let count = try repack(meeting: .max)
    for call in stride(from: 0, to: count, by: 5) {
      do {
        _ = try repack(meeting: call)
        let left = ["v0": trees[0], "v2": trees[2], "v4": trees[4], "v5": trees[5]]
        try expect(left, in: fixture.open(), "before call \(call)")
      } catch {
        Issue.record("before call \(call) of \(count): \(error)")
      }
    }
  }

  @Test func `a save meets a collector between its tomb and its deletions`() throws {
    let repository = try fixture.open()
    try repository.save("v1", trees[0])
    try repository.save("v2", trees[1])
    try repository.forget(["v1", "v2"])
    let collector = try fixture.open()
    let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
    var random = SecureRandom()
    try collector.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(plan.condemned))
    // What stands in a tomb is not there: all is stored again.
    try repository.save("v3", trees[0])
    try collector.collect()
    #expect(fixture.names("tombs").isEmpty)
    try expect(["v3": trees[0]], in: fixture.open(), "after the tomb was finished")
  }

  @Test(arguments: [false, true])
  func `the tomb of a killed collector over what versions need keeps nobody from saving or reading`(
    losesIndex: Bool
  ) throws {
    do {
      let repository = try fixture.open()
      for number in 0..<4 { try repository.save("v\(number)", trees[number]) }
      var random = SecureRandom()
      let packs = try repository.packNames().sorted()
      // All packs but the last, so that some frames that stay stand on some that go.
      try repository.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(Array(packs.dropLast())))
      repository.close()
    }
    if losesIndex { fixture.removeIndex() }
    var expected = Dictionary(uniqueKeysWithValues: (0..<4).map { ("v\($0)", trees[$0]) })
    try expect(expected, in: fixture.open(), "beside the tomb")
    try fixture.open().save("v4", trees[4])
    try fixture.open().save("v5", trees[1])
    expected["v4"] = trees[4]
    expected["v5"] = trees[1]
    try expect(expected, in: fixture.open(), "saved beside the tomb")
    try fixture.open().collect()
    #expect(fixture.names("tombs").isEmpty)
    try expect(expected, in: fixture.open(), "after the tomb was finished")
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test func `two saves at once both commit`() throws {
    let (a, b) = (try fixture.open(), try fixture.open())
    try a.save("v1", trees[0])
    try a.save("v2", trees[1]) { _, _ in try b.save("v3", trees[2]) }
    try expect(["v1": trees[0], "v2": trees[1], "v3": trees[2]], in: fixture.open(), "both")
  }

  @Test func `of two saves of one name at once the second is refused with 22`() throws {
    let (a, b) = (try fixture.open(), try fixture.open())
    #expect {
      try a.save("v1", trees[0]) { _, _ in try b.save("v1", trees[1]) }
    } throws: { error in
      (error as? SnapFault)?.code == .versionExists
    }
    try expect(["v1": trees[1]], in: fixture.open(), "the first")
    #expect(fixture.names("pending").isEmpty)
  }

  @Test func `a save that was taken for dead takes another id`() throws {
    let repository = try fixture.open()
    var ids: [SnapshotID] = []
    let snapshot = try repository.withSaveInProgress { pool in
      let session = try SaveSession(repository: repository, parent: nil, pool: pool)
      let manifest = try session.store(trees[0])
      return try session.commit { id in
        // Another process voids the id as soon as there is one.
        if ids.isEmpty { try? repository.store.create(.snapshot(id), SnapshotCoder.void) }
        ids.append(id)
        return Snapshot(
          id: id, version: "v1", created: currentTime(), host: "h", user: "u", root: [], sources: [.root],
          manifest: manifest, toolVersion: toolVersion)
      }
    }
    #expect(ids.count == 2 && snapshot.snapshot.id == ids[1])
    try expect(["v1": trees[0]], in: fixture.open(), "the second id")
    #expect(fixture.names("pending").isEmpty)
  }

  @Test func `default names that are taken meanwhile get a number`() throws {
    let (a, b) = (try fixture.open(), try fixture.open())
    func save(_ repository: Repository, _ tree: RepositoryFixture.Tree, afterClaim: (() -> Void)? = nil) throws {
      try repository.withSaveInProgress { pool in
        let session = try SaveSession(repository: repository, parent: nil, pool: pool)
        let manifest = try session.store(tree)
        var calls = 0
        _ = try session.commit(numbersVersion: true) { id in
          // The second call comes after the name was claimed.
          calls += 1
          if calls == 2 { afterClaim?() }
          return Snapshot(
            id: id, version: "now", created: currentTime(), host: "h", user: "u", root: [], sources: [.root],
            manifest: manifest, toolVersion: toolVersion)
        }
      }
    }
    try b.save("now", trees[1])
    try save(a, trees[0]) { try? save(b, trees[2]) }
    let listed = try fixture.open().snapshots().map(\.snapshot.version)
    #expect(listed.sorted() == ["now", "now-2", "now-3"])
    #expect(fixture.names("pending").isEmpty)
  }

  @Test(arguments: 0..<12)
  func `savers and collectors in random order lose nothing that was committed`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(1000 + seed))
    let handles = try (0..<3).map { _ in try fixture.open() }
    var kept: [String: RepositoryFixture.Tree] = [:]
    func disturb(_ other: Repository) throws {
      if random.chance(1, in: 2), let version = kept.keys.sorted().randomElement(using: &random) {
        try other.forget([version])
        kept[version] = nil
      }
      if random.chance(1, in: 2) { try removeAnnouncements() }
      if random.chance(2, in: 3) { try other.collect() }
    }
    for number in 0..<6 {
      let tree = trees.randomElement(using: &random) ?? [:]
      try handles[number % 2].save("s\(number)", tree) { session, attempt in
        guard attempt < 4 else { return }
        try disturb(handles[2])
        if random.chance(1, in: 2) {
          try session.storePacks(record: Array("no record".utf8))
          try disturb(handles[2])
        }
      }
      kept["s\(number)"] = tree
      try expect(kept, in: handles[(number + 1) % 2], "seed \(seed), after s\(number)")
      if random.chance(1, in: 3) { try disturb(handles[2]) }
    }
    try handles[2].collect()
    try expect(kept, in: fixture.open(), "seed \(seed)")
  }

  private func removeAnnouncements() throws {
    let store = try fixture.open().store
    for name in try store.list(.pending) where try SaveAnnouncement(decoding: store.read(name)) != nil {
      try store.delete([name])
    }
  }
}

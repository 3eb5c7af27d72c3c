import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct CollectionTests {
  @Test(arguments: 0..<30)
  func `a plan frees what it says, and the versions that stay are read bit for bit`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var kept: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree(files: Int.random(in: 1...8, using: &random))
    var number = 0
    for round in 0..<2 {
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        number += 1
        kept["v\(number)"] = tree
        try repository.save("v\(number)", tree)
        tree = random.edited(tree)
      }
      let gone = kept.keys.sorted().filter { _ in random.chance(1, in: 2) }
      for version in gone { kept[version] = nil }
      let foretold = try Forgetter.plan(ids(of: gone, in: repository), in: repository)
      if let held = gone.first, random.chance(1, in: 3) {
        var labels = SnapshotLabels()
        labels.note = "labels count"
        try repository.setLabels(labels, of: ids(of: [held], in: repository)[0])
      }
      try repository.forget(gone)
      let before = fixture.objectBytes()
      let plan = try GarbageCollector.prepare(in: repository, isDryRun: false, undoWindowSeconds: 0).plan
      let outcome = try GarbageCollector.execute(plan, in: repository)
      let after = fixture.objectBytes()
      #expect(plan.bytesFreed == outcome.bytesFreed, "seed \(seed) round \(round)")
      #expect(plan.bytesFreed == before - after, "seed \(seed) round \(round)")
      #expect(try #require(foretold.bytesFreedByCollection) <= plan.bytesFreed)
      #expect(plan.packsDeleted == outcome.packsDeleted && plan.packsRewritten == outcome.packsRewritten)
      #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).isEmpty, "seed \(seed): a second run")
      try expect(kept, in: repository, "seed \(seed) round \(round)")
      try expect(kept, in: fixture.open(), "seed \(seed) round \(round), reopened")
    }
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test func `what forgetting frees is foretold to the byte`() throws {
    var random = SeededGenerator(seed: 77)
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    try repository.saveHistory(versions: 4, random: &random)
    try repository.forget(["v1"])
    // v1 is in the trash already: what the next collection frees of it is not v2's doing.
    let without = try GarbageCollector.prepare(in: repository, isDryRun: true, undoWindowSeconds: 0).plan.bytesFreed
    let foretold = try Forgetter.plan(ids(of: ["v2"], in: repository), in: repository).bytesFreedByCollection
    try repository.forget(["v2"])
    let with = try GarbageCollector.prepare(in: repository, isDryRun: true, undoWindowSeconds: 0).plan.bytesFreed
    #expect(foretold == with - without)
  }

  @Test func `a forgotten version stays whole through collections until its window is over`() throws {
    var random = SeededGenerator(seed: 1)
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let trees = [random.tree(), random.tree()]
    try repository.save("v1", trees[0])
    try repository.save("v2", trees[1])
    try repository.forget(["v1"])
    #expect(try repository.version("v1") == nil)
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 3600).isEmpty)
    try repository.collect(undoWindowSeconds: 3600)
    guard case .versionsRestored(let back, _) = try OperationLog.undoLast(in: repository) else {
      Issue.record("nothing came back")
      return
    }
    #expect(back.map(\.snapshot.version) == ["v1"])
    try expect(["v1": trees[0], "v2": trees[1]], in: repository, "after undo")
    try repository.forget(["v1"])
    try repository.collect()
    #expect(throws: SnapFault.self) { try OperationLog.undoLast(in: repository) }
    try expect(["v2": trees[1]], in: repository, "after the window")
  }

  @Test func `one held version blocks forgetting them all`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    try repository.save("v1", ["a": [1]])
    let held = try repository.save("v2", ["a": [2]])
    var labels = SnapshotLabels()
    labels.holds["audit"] = "until May"
    try repository.setLabels(labels, of: held.id)
    #expect {
      try repository.forget(["v1", "v2"])
    } throws: { error in
      (error as? SnapFault)?.code == .refused && (error as? SnapFault)?.message.contains("until May") == true
    }
    #expect(try repository.snapshots().count == 2)
    try repository.setLabels(SnapshotLabels(), of: held.id)
    try repository.forget(["v1", "v2"])
    #expect(try repository.snapshots().isEmpty)
  }

  @Test func `an interrupted forgetting leaves the labels of a version that is still listed`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", ["a": [1]])
    var labels = SnapshotLabels()
    labels.note = "precious"
    try repository.setLabels(labels, of: snapshot.id)
    // Killed between the two steps of the move: the record stands in both folders.
    try repository.store.create(.trash(snapshot.id), SnapshotCoder.encode(snapshot))
    let again = try fixture.open()
    let plan = try GarbageCollector.plan(in: again, undoWindowSeconds: 0)
    let before = fixture.objectBytes()
    let outcome = try GarbageCollector.execute(plan, in: again)
    #expect(plan.bytesFreed == before - fixture.objectBytes())
    #expect(outcome.bytesFreed == plan.bytesFreed)
    #expect(try again.snapshots().first?.labels.note == "precious")
    #expect(try again.trashed().isEmpty)
  }

  @Test func `announcements of dead saves go, torn ones too, and do not stop a collection`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    try repository.save("v1", ["a": [1]])
    var random = SeededGenerator(seed: 4)
    var dead = SaveAnnouncement(by: SystemMachine())
    dead.process.bootID = "another boot"
    try repository.store.announce(.pending(SnapshotID(using: &random)), dead.encoded())
    // Announcements are not made durable: a loss of power may leave any of these.
    let whole = SaveAnnouncement(by: SystemMachine()).encoded()
    for torn in [[], [0, 0, 0, 0], Array(whole.prefix(9)), Array(whole.dropLast(3))] as [[UInt8]] {
      try repository.store.announce(.pending(SnapshotID(using: &random)), torn)
    }
    try repository.save("v2", ["a": [2]])
    try repository.forget(["v1"])
    try repository.collect()
    #expect(try repository.tree(of: #require(try repository.version("v2"))) == ["a": [2]])
    #expect(fixture.names("pending").count <= 4, "the dead one is gone")
  }

  @Test func `a clock that was ahead keeps neither what was forgotten then nor what a dead save left`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    try repository.save("v1", ["a": [1]])
    let second = try repository.save("v2", ["a": [2]])
    try repository.forget(["v1"])
    var random = SeededGenerator(seed: 4)
    var uncommitted = second
    uncommitted.id = SnapshotID(using: &random)
    try repository.store.create(.pending(uncommitted.id), SnapshotCoder.encode(uncommitted))
    for folder in ["pending", "trash"] {
      for name in fixture.names(folder) { setModified("\(fixture.path)/\(folder)/\(name)", hoursAgo: -24 * 365) }
    }
    try repository.collect(undoWindowSeconds: 1)
    #expect(fixture.names("pending").isEmpty)
    #expect(fixture.names("trash").count == 1, "when it was forgotten, nobody can tell")
    try repository.collect(undoWindowSeconds: 0)
    #expect(fixture.names("trash").isEmpty)
  }

  @Test func `the packs of a save in progress are spared`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    try repository.save("v1", ["a": [1]])
    let collector = try fixture.open()
    try repository.save("v2", ["a": Array(repeating: 7, count: 3000)]) { session, _ in
      try session.storePacks(record: Array("no record".utf8))
      let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
      #expect(plan.condemned.isEmpty)
      try GarbageCollector.execute(plan, in: collector)
    }
    #expect(try fixture.open().version("v2") != nil)
  }

  @Test func `a record that was never committed goes after an hour, and its save cannot commit any more`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", ["a": [1]])
    var orphan = snapshot
    var random = SeededGenerator(seed: 5)
    orphan.id = SnapshotID(using: &random)
    orphan.version = "never"
    try repository.store.create(.pending(orphan.id), SnapshotCoder.encode(orphan))
    try repository.collect()
    #expect(fixture.names("pending").count == 1, "too young")
    setModified(fixture.path + "/" + ObjectName.pending(orphan.id).path, hoursAgo: 2)
    try expectExactCollection(in: fixture)
    #expect(fixture.names("pending").isEmpty)
    #expect(throws: ObjectStoreError.missing(.pending(orphan.id))) {
      try repository.store.rename(.pending(orphan.id), to: .snapshot(orphan.id))
    }
    #expect(try fixture.open().snapshots().map(\.snapshot.version) == ["v1"])
  }

  @Test func `void records go once nobody can commit under their ids`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", ["a": [1]])
    var random = SeededGenerator(seed: 6)
    let (alone, suspended) = (SnapshotID(using: &random), SnapshotID(using: &random))
    for id in [alone, suspended] { try repository.store.create(.snapshot(id), SnapshotCoder.void) }
    try repository.store.create(.pending(suspended), SnapshotCoder.encode(snapshot))
    try repository.adoptRecords()
    try expectExactCollection(in: fixture)
    #expect(Set(fixture.names("snapshots")) == [snapshot.id.hexadecimal, suspended.hexadecimal])
    #expect(fixture.names("pending").isEmpty)
    try expectExactCollection(in: fixture)
    #expect(fixture.names("snapshots") == [snapshot.id.hexadecimal])
    try expect(["v1": ["a": [1]]], in: fixture.open(), "and nothing else")
  }

  @Test(arguments: 0..<8) func `what a killed collection condemned is foretold, too`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(300 + seed))
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var trees = try repository.saveHistory(versions: 6, files: 6, random: &random)
    for versions in [["v2"], ["v4", "v5"]] {
      try repository.forget(versions)
      for version in versions { trees[version] = nil }
      let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
      guard versions == ["v2"], !plan.condemned.isEmpty else { continue }
      var secure = SecureRandom()
      try repository.store.create(.tomb(CollectionID(using: &secure)), TombCoder.encode(plan.condemned))
    }
    try expectExactCollection(in: fixture, "seed \(seed)")
    #expect(fixture.names("tombs").isEmpty)
    try expect(trees, in: fixture.open(), "seed \(seed)")
  }

  /// A plan says what the collection frees, by its own count and by that of the file system.
  private func expectExactCollection(in fixture: RepositoryFixture, _ comment: String = "") throws {
    let repository = try fixture.open()
    let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    let before = fixture.objectBytes()
    let outcome = try GarbageCollector.execute(plan, in: repository)
    #expect(plan.bytesFreed == before - fixture.objectBytes(), "\(comment)")
    #expect(plan.bytesFreed == outcome.bytesFreed, "\(comment)")
  }

  private func ids(of versions: [String], in repository: Repository) throws -> [SnapshotID] {
    try repository.snapshots().filter { versions.contains($0.snapshot.version) }.map(\.snapshot.id)
  }
}

/// Every version is listed and reads as it was saved, and no other is listed.
func expect(_ kept: [String: RepositoryFixture.Tree], in repository: Repository, _ comment: String) throws {
  let listed = try repository.snapshots().map(\.snapshot)
  #expect(listed.map(\.version).sorted() == kept.keys.sorted(), "\(comment)")
  for snapshot in listed {
    #expect(try repository.tree(of: snapshot) == kept[snapshot.version], "\(comment): \(snapshot.version)")
  }
}

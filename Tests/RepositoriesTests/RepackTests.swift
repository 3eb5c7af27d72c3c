import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct RepackTests {
  @Test(arguments: 0..<20)
  func `history that was encoded anew is the same history, and what it frees was foretold to the byte`(
    seed: Int
  ) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let fixture = try RepositoryFixture()
    let count = Int.random(in: 2...9, using: &random)
    var trees = try fixture.open().saveHistory(versions: count, files: 6, random: &random)
    let repository = try fixture.open()
    let foretold = try GarbageCollector.repack(in: repository, isDeep: true, isDryRun: true, undoWindowSeconds: 0)
    let before = fixture.objectBytes()
    let (outcome, plan) = try GarbageCollector.repack(
      in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    #expect(outcome.bytesWritten == foretold.outcome.bytesWritten)
    #expect(plan.bytesFreed == foretold.plan.bytesFreed)
    let done = try GarbageCollector.execute(plan, in: repository)
    #expect(done.bytesFreed == plan.bytesFreed && before - fixture.objectBytes() == plan.bytesFreed)
    #expect(fixture.objectBytes() <= before, "seed \(seed)")
    try expect(trees, in: repository, "seed \(seed)")
    try expect(trees, in: fixture.open(), "seed \(seed), reopened")

    // What comes and goes afterwards is as before.
    var tree = random.edited(trees["v1"] ?? [:])
    for number in 1...3 {
      trees["after\(number)"] = tree
      try repository.save("after\(number)", tree)
      tree = random.edited(tree)
    }
    let gone = trees.keys.sorted().filter { _ in random.chance(1, in: 2) }
    for version in gone { trees[version] = nil }
    try repository.forget(gone)
    let collection = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    #expect(try GarbageCollector.execute(collection, in: repository).bytesFreed == collection.bytesFreed)
    fixture.removeIndex()
    let reopened = try fixture.open()
    try expect(trees, in: reopened, "seed \(seed), index rebuilt")
    #expect(try Verifier.verify(reopened, options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test(arguments: 0..<3)
  func `where each collection forgets a version, what only deltas stand on does not pile up`(seed: UInt64) throws {
    var random = SeededGenerator(seed: 100 + seed)
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var trees: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree()
    tree["export"] = random.text(60_000)
    var repackCount = 0
    for number in 1...24 {
      for at in stride(from: 0, to: 59_000, by: 900) {
        tree["export"]?[at + Int.random(in: 0..<900, using: &random)] ^= 3
      }
      trees["v\(number)"] = tree
      try repository.save("v\(number)", tree)
      guard number > 4 else { continue }
      let gone = "v\(number - 4)"
      let id = try #require(try repository.version(gone)).id
      let foretold = try GarbageCollector.prepare(
        in: repository, isDryRun: true, undoWindowSeconds: 0, forgetting: [id])
      #expect(try Forgetter.plan([id], in: repository).bytesFreedByCollection == foretold.plan.bytesFreed)
      try repository.forget([gone])
      trees[gone] = nil
      let (outcome, plan) = try GarbageCollector.prepare(in: repository, isDryRun: false, undoWindowSeconds: 0)
      #expect(plan.bytesFreed == foretold.plan.bytesFreed, "seed \(seed), version \(number)")
      #expect(outcome?.bytesWritten == foretold.outcome?.bytesWritten, "seed \(seed), version \(number)")
      #expect(try GarbageCollector.execute(plan, in: repository).bytesFreed == plan.bytesFreed)
      if outcome != nil { repackCount += 1 }
    }
    // Each time the first of the four is gone on which the others stand, or a little sooner.
    #expect((3...9).contains(repackCount), "\(repackCount)")
    try expect(trees, in: fixture.open(), "seed \(seed)")
    let alone = try RepositoryFixture()
    for version in trees.keys.sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
      try alone.open().save(version, trees[version] ?? [:])
    }
    #expect(fixture.objectBytes() < alone.objectBytes() * 2, "what these versions take alone, and no chain of others")
  }

  @Test func `versions of text become smaller, once`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 5)
    let repository = try fixture.open()
    var tree: RepositoryFixture.Tree = [:]
    for number in 0..<60 { tree["f\(number)"] = random.text(600) }
    for version in 1...12 {
      try repository.save("v\(version)", tree, sharesFrames: false)
      for _ in 0..<40 {
        let at = Int.random(in: 0..<500, using: &random)
        tree["f\(Int.random(in: 0..<60, using: &random))"]?.replaceSubrange(at..<at + 9, with: random.text(9))
      }
    }
    let before = fixture.objectBytes()
    let (outcome, plan) = try GarbageCollector.repack(
      in: repository, isDeep: false, isDryRun: false, undoWindowSeconds: 0)
    #expect(outcome.bytesEncoded > 60 * 600)
    try GarbageCollector.execute(plan, in: repository)
    #expect(fixture.objectBytes() < before * 9 / 10)
    let again = try GarbageCollector.repack(in: repository, isDeep: false, isDryRun: false, undoWindowSeconds: 0)
    #expect(again.outcome.bytesEncoded == 0 && again.plan.isEmpty)
  }

  @Test func `what does not become smaller stays as it is`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 6)
    let repository = try fixture.open()
    for version in 1...4 {
      try repository.save("v\(version)", ["noise": random.bytes(60_000), "more": random.bytes(9000)])
    }
    let names = fixture.names("packs")
    let (outcome, plan) = try GarbageCollector.repack(
      in: repository, isDeep: false, isDryRun: false, undoWindowSeconds: 0)
    #expect(outcome.packs.allSatisfy { $0.frames.allSatisfy { $0.header.isRepacked } })
    #expect(plan.condemned.isEmpty || outcome.bytesEncoded < 20_000, "only the manifests may be worth it")
    #expect(Set(fixture.names("packs")).isSuperset(of: names))
  }

  @Test func `a large file that is left as it is counts as needed`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 7)
    var tree: RepositoryFixture.Tree = ["large": random.bytes(9 << 20)]
    // What would become smaller if it were encoded anew: the same paragraphs over and over, but farther apart than a frame.
    let paragraphs = (0..<1000).map { _ in random.text(400) }
    for number in 0..<80 {
      tree["f\(number)"] = (0..<125).flatMap { _ in paragraphs[Int.random(in: 0..<1000, using: &random)] }
    }
    let repository = try fixture.open()
    try repository.save("v1", tree, pieceLength: 256 << 10)
    // One version and no history: nothing is due, whatever share of the store the large file takes.
    let (outcome, _) = try GarbageCollector.repack(in: repository, isDeep: false, isDryRun: true, undoWindowSeconds: 0)
    #expect(outcome.bytesEncoded == 0 && outcome.bytesPostponed == 0)
  }

  @Test func `reading the oldest version decodes no chain`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 8)
    let repository = try fixture.open()
    var content = random.text(20_000)
    for version in 1...25 {
      try repository.save("v\(version)", ["a": content])
      content.replaceSubrange(100..<120, with: random.text(20))
    }
    let (_, plan) = try GarbageCollector.repack(in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    try GarbageCollector.execute(plan, in: repository)
    let reader = repository.makeReader()
    let oldest = try #require(try repository.version("v1"))
    let manifest = try Manifest(oldest.manifest, reader: reader)
    let entry = try #require(try manifest.entries(ofSegment: 0).last)
    for chunk in try reader.chunks(of: entry.content) { _ = try reader.bytes(of: chunk) }
    // The manifest's root, its segment and the content, each with the block that it stands on.
    #expect(reader.decodedFrameCount <= 6)
  }

  @Test func `a repository with damage is collected all the same`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 9)
    let trees = try fixture.open().saveHistory(versions: 5, files: 6, random: &random)
    let packs = fixture.files().filter { $0.path.hasPrefix("packs/") }
    let victim = try #require(packs.max { $0.bytes.count < $1.bytes.count })
    var bytes = victim.bytes
    for at in 100..<140 where at < bytes.count { bytes[at] ^= 0x55 }
    StoreTestFolder.write(bytes, to: fixture.path + "/" + victim.path)
    let repository = try fixture.open()
    let readable = try trees.filter { version, tree in
      guard let snapshot = try repository.version(version) else { return false }
      return (try? repository.tree(of: snapshot)) == tree
    }
    do {
      let (_, plan) = try GarbageCollector.repack(in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
      try GarbageCollector.execute(plan, in: repository)
    } catch let fault as SnapFault {
      #expect(fault.code == .damage)
    }
    let reopened = try fixture.open()
    for (version, tree) in readable {
      let snapshot = try #require(try reopened.version(version), "what could be read before")
      #expect(try reopened.tree(of: snapshot) == tree, "what could be read before")
    }
  }
}

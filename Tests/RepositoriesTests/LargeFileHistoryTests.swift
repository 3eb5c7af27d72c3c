import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct LargeFileHistoryTests {
  private static func chunks(_ count: Int, random: inout SeededGenerator) -> [ChunkReference] {
    (0..<count).map { _ in
      ChunkReference(id: random.chunkID(), length: Int.random(in: 16 << 10...256 << 10, using: &random))
    }
  }

  /// Versions of one file, from the newest to the oldest, each with some chunks of the one before.
  private static func lineage(_ path: String, count: Int, random: inout SeededGenerator) throws -> [FileVersion] {
    var taken: Set<ChunkID> = []
    var content = chunks(Int.random(in: 30...60, using: &random), random: &random)
    return try (0..<count).map { age in
      for at in content.indices where random.chance(1, in: 3) {
        content[at] = chunks(1, random: &random)[0]
      }
      content.insert(contentsOf: chunks(2, random: &random), at: Int.random(in: 0...content.count, using: &random))
      return FileVersion(
        path: try #require(ArchivePath(path)), age: age, chunks: content,
        own: content.indices.filter { taken.insert(content[$0].id).inserted })
    }
  }

  @Test(arguments: 0..<10)
  func `every chunk comes once, and all that it stands on came before`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let lineages = try ["a", "b/c"].map {
      try Self.lineage($0, count: Int.random(in: 1...70, using: &random), random: &random)
    }
    let history = LargeFileHistory(lineages)
    let newest = history.newest.joined()
    let frames = Dictionary(zip(newest.map(\.id), 0...), uniquingKeysWith: { first, _ in first })
    let blocks = try history.olderBlocks(newest: frames)
    var standing = Set(newest.map(\.id))
    for block in blocks {
      #expect(standing.isSuperset(of: block.bases.map(\.id)) && !block.bases.isEmpty)
      #expect(block.bases.reduce(0) { $0 + $1.length } <= RegionLimits.baseMax)
      for chunk in block.chunks { #expect(standing.insert(chunk.id).inserted) }
    }
    #expect(standing == Set(lineages.joined().flatMap(\.chunks).map(\.id)))
    #expect(history.byteCounts.newest == newest.reduce(0) { $0 + $1.length })
    #expect(history.byteCounts.older == blocks.reduce(0) { $0 + $1.byteCount })
  }

  @Test func `no base is a chunk that stands elsewhere, or is encoded later`() throws {
    var random = SeededGenerator(seed: 11)
    let (old, new) = (Self.chunks(20, random: &random), Self.chunks(20, random: &random))
    // The newest version of the file has one chunk of another file, and one that a later path accounts for.
    let versions = [
      FileVersion(path: try #require(ArchivePath("a")), age: 0, chunks: new, own: Array(new.indices.dropFirst(2))),
      FileVersion(path: try #require(ArchivePath("a")), age: 1, chunks: old, own: Array(old.indices)),
    ]
    let frames = Dictionary(uniqueKeysWithValues: new.dropFirst(2).map { ($0.id, 0) })
    let bases = try LargeFileHistory([versions]).olderBlocks(newest: frames).flatMap(\.bases)
    #expect(!bases.isEmpty && Set(bases.map(\.id)).isSubset(of: frames.keys))
  }

  @Test func `a chain ends after 63 deltas or 64 MiB, and goes on from where the last one ended`() throws {
    var random = SeededGenerator(seed: 12)
    for (length, steps) in [(1000, 63), (2 << 20, 31)] {
      let versions = try (0..<300).map { age in
        let chunk = ChunkReference(id: random.chunkID(), length: length)
        return FileVersion(path: try #require(ArchivePath("a")), age: age, chunks: [chunk], own: [0])
      }
      let blocks = try LargeFileHistory([versions]).olderBlocks(newest: [versions[0].chunks[0].id: 0])
      let bases = try blocks.map { try #require($0.bases.first?.id) }
      var depths = [versions[0].chunks[0].id: 0]
      for (block, base) in zip(blocks, bases) { depths[block.chunks[0].id] = try #require(depths[base]) + 1 }
      #expect(bases.count == 299 && depths.values.max() ?? 0 <= steps)
      // Of one chain the first version is what the next chain's stands on.
      let leaps = zip(versions, bases).enumerated().filter { $1.0.chunks[0].id != $1.1 }.map(\.offset)
      #expect(leaps.first == steps && leaps.count <= 300 / (steps / 2))
    }
  }

  @Test func `a region that a small part of another chain belongs to does not join that chain`() {
    var random = SeededGenerator(seed: 13)
    func chunk(_ length: Int) -> ChunkReference { ChunkReference(id: random.chunkID(), length: length) }
    let alone = (0..<2).map { _ in chunk(1 << 20) }
    var planned = PlannedFrames(alone: alone, in: [alone[0].id: 0, alone[1].id: 1])
    var chains = alone.map { [$0] }
    for step in 1...20 {
      for at in 0..<2 {
        let next = (0..<4).map { _ in chunk(256 << 10) }
        #expect(planned.add(next, on: chains[at], place: step).bases == chains[at])
        chains[at] = next
      }
      let both = chains[0] + chains[1].prefix(1)
      var copy = planned
      // With both chains 2 MiB a step are decoded, and 2 MiB that stand alone: 16 are allowed.
      let expected = step < 8 ? both : chains[0] + [alone[1]]
      #expect(copy.add([chunk(9)], on: both, place: 0).bases == expected, "step \(step)")
      // Half of it is no small part.
      let half = chains[0].prefix(2) + chains[1].prefix(2)
      #expect(copy.add([chunk(9)], on: Array(half), place: 0).bases == Array(half))
      #expect(copy.add([chunk(9)], on: [chunk(7)] + chains[0], place: 0).bases == chains[0])
    }
  }

  @Test func `a lineage with a version over 1 MiB is large, and of one age the last name is the newest`() throws {
    func version(_ path: String, age: Int, _ length: Int) throws -> FileVersion {
      let chunk = ChunkReference(id: ChunkID((UInt64(length), UInt64(age), 0, 0)), length: length)
      return FileVersion(path: try #require(ArchivePath(path)), age: age, chunks: [chunk], own: [0])
    }
    let limit = LargeFileHistory.fileBytesMin
    let files = try [
      version("d-1", age: 0, limit - 7), version("d-2", age: 0, limit + 1), version("s", age: 0, limit),
      version("b", age: 1, limit + 2), version("d-2", age: 1, limit - 5), version("s", age: 1, 3),
    ]
    let (small, large) = FileLineages(files) { _ in [] }.split()
    #expect(small.files.map(\.path.description) == ["s", "s"])
    #expect(large.map { $0.map(\.path.description) } == [["b"], ["d-2", "d-1", "d-2"]])
  }

  /// 9 MiB of rows, some of which change in every chunk from version to version.
  private static func history(_ count: Int, random: inout SeededGenerator) -> [String: RepositoryFixture.Tree] {
    let rows = (0..<1000).map { _ in random.text(200) }
    var bytes: [UInt8] = []
    while bytes.count < 9 << 20 {
      bytes += rows[Int.random(in: 0..<1000, using: &random)]
      bytes += "\(random.next())\n".utf8
    }
    var trees: [String: RepositoryFixture.Tree] = [:]
    for number in 1...count {
      trees["v\(number)"] = ["export.json": bytes, "a": rows[0]]
      for at in stride(from: 0, to: bytes.count, by: 30_000) {
        bytes[at + Int.random(in: 0..<100, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      }
    }
    return trees
  }

  /// The frames that each of the file's chunks is in.
  private func frames(of path: String, version: String, in repository: Repository) throws -> [DecodedFrame] {
    let reader = repository.makeReader()
    let snapshot = try #require(try repository.version(version))
    let entries = try Manifest(snapshot.manifest, reader: reader).entries(ofSegment: 0)
    let file = try #require(entries.first { $0.path.description == path })
    return try reader.chunks(of: file.content).map { chunk in
      try reader.withTools { try reader.chunk(chunk.id, $0).frame }
    }
  }

  @Test func `a collection takes the newest version of a large file out of its chain`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 21)
    var trees = Self.history(6, random: &random)
    for version in trees.keys.sorted() {
      try fixture.open().save(version, trees[version] ?? [:], pieceLength: 64 << 10)
    }
    let repository = try fixture.open()
    let foretold = try GarbageCollector.repack(in: repository, isDeep: false, isDryRun: true, undoWindowSeconds: 0)
    #expect(try frames(of: "export.json", version: "v6", in: repository).contains { $0.depth >= 5 })
    #expect(try frames(of: "a", version: "v6", in: repository).allSatisfy { $0.bytes.count > 200 })
    let before = fixture.objectBytes()
    let (outcome, plan) = try GarbageCollector.repack(
      in: repository, isDeep: false, isDryRun: false, undoWindowSeconds: 0)
    #expect(outcome.bytesEncoded > 50 << 20)
    #expect(outcome.bytesWritten == foretold.outcome.bytesWritten && plan.bytesFreed == foretold.plan.bytesFreed)
    try GarbageCollector.execute(plan, in: repository)
    #expect(fixture.objectBytes() <= before)
    #expect(
      try GarbageCollector.repack(in: repository, isDeep: false, isDryRun: true, undoWindowSeconds: 0).outcome
        .bytesEncoded == 0)

    // Parts of the newest may stand on other parts of it.
    #expect(try frames(of: "export.json", version: "v6", in: fixture.open()).allSatisfy { $0.depth <= 1 })
    #expect(try frames(of: "export.json", version: "v5", in: fixture.open()).allSatisfy { $0.depth <= 2 })
    // What never changed, and was in a frame with the beginning of the oldest, is not what that frame is kept for.
    #expect(try frames(of: "a", version: "v6", in: fixture.open()).map(\.bytes.count) == [200])

    // What comes and goes afterwards is as before.
    trees["v7"] = trees["v1"]
    try repository.save("v7", trees["v7"] ?? [:], pieceLength: 64 << 10)
    for gone in ["v2", "v6"] { trees[gone] = nil }
    try repository.forget(["v2", "v6"])
    let collection = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    #expect(try GarbageCollector.execute(collection, in: repository).bytesFreed == collection.bytesFreed)
    fixture.removeIndex()
    let reopened = try fixture.open()
    for (version, tree) in trees {
      #expect(try reopened.tree(of: try #require(try reopened.version(version))) == tree, "\(version)")
    }
    #expect(try Verifier.verify(reopened, options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test func `large files that would take more are left as they are`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 22)
    let contents = (0..<3).map { _ in
      var bytes: [UInt8] = []
      while bytes.count < 9 << 20 { unsafe withUnsafeBytes(of: random.next()) { unsafe bytes.append(contentsOf: $0) } }
      return bytes
    }
    let repository = try fixture.open()
    // Once a file and its copy in other pieces, then two that have nothing to do with each other, nor with what they were.
    try repository.save("v1", ["a": contents[0], "b": [7] + contents[0]], pieceLength: 64 << 10)
    try repository.save("v2", ["a": contents[1], "b": contents[2]], pieceLength: 64 << 10)
    let before = fixture.objectBytes()
    let (outcome, plan) = try GarbageCollector.repack(
      in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    try GarbageCollector.execute(plan, in: repository)
    #expect(outcome.bytesEncoded < 1 << 20 && fixture.objectBytes() <= before)
  }
}

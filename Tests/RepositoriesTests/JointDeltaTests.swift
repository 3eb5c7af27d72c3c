import Indexing
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Changes of several small files that share a frame.
struct JointDeltaTests {
  private let fixture: RepositoryFixture
  private let repository: Repository
  private var random = SeededGenerator(seed: 41)

  init() throws {
    fixture = try RepositoryFixture()
    repository = try fixture.open()
  }

  /// Those frames that a version's files are in and that stand on others.
  private func deltas(of snapshot: Snapshot) throws -> Set<FrameKey> {
    var frames: Set<FrameKey> = []
    let graph = try PackGraph(repository, packs: repository.packNames())
    try repository.manifest(of: snapshot).forEach { entry in
      for chunk in try repository.reader().chunks(of: entry.content) {
        let node = try #require(graph.firstFrame(holding: chunk.id))
        let frame = graph.frame(node)
        if !frame.header.bases.isEmpty {
          frames.insert(FrameKey(pack: graph.packs[graph.nodes[node].pack].pack, offset: frame.offset))
        }
      }
    }
    return frames
  }

  private func chunks(of path: String, in snapshot: Snapshot) throws -> [ChunkReference] {
    let place = try #require(ArchivePath(path))
    let entry = try #require(try repository.manifest(of: snapshot).entry(at: place))
    return try repository.reader().chunks(of: entry.content)
  }

  private func key(_ chunk: ChunkReference) throws -> FrameKey? {
    try repository.index.locate(chunk.id).first.map { FrameKey(pack: $0.pack, offset: $0.frameOffset) }
  }

  private mutating func tree(files: Int, byteCount: Int = 2000) -> RepositoryFixture.Tree {
    Dictionary(
      uniqueKeysWithValues: (0..<files).map { ("f\($0 + 100)", random.bytes(byteCount)) })
  }

  /// The same words come into every file.
  private func changed(_ tree: RepositoryFixture.Tree, _ word: [UInt8], at place: Int = 700) -> RepositoryFixture.Tree {
    tree.mapValues { Array($0.prefix(place)) + word + Array($0.dropFirst(place)) }
  }

  @Test mutating func `what changes alike in many files is stored once`() throws {
    let first = tree(files: 60)
    let word = random.bytes(300)
    try repository.save("v1", first)
    let before = fixture.objectBytes()
    let second = try repository.save("v2", changed(first, word), pieceLength: 4096)
    #expect(try deltas(of: second).count == 1)
    // The word, a base and a chunk's row of each file, and the manifest's change; the word 60 times is 18 KB.
    #expect(fixture.objectBytes() - before < 12_000)
    try expect(["v1": first, "v2": changed(first, word)], in: fixture.open(), "joint")
  }

  @Test mutating func `frames end where they are long enough`() throws {
    let first = tree(files: 40, byteCount: 40_000)
    try repository.save("v1", first, pieceLength: 65_536)
    let second = try repository.save("v2", changed(first, [1, 2, 3]), pieceLength: 65_536)
    // 40 times 40,003 bytes, of 262,144 and one file more at most.
    #expect(try deltas(of: second).count == 6)
  }

  @Test mutating func `a large file, and what is only likely to be an earlier version, stand alone`() throws {
    var first = tree(files: 3)
    first["large"] = random.bytes(Int(JointDelta.fileBytesMax) + 1)
    try repository.save("v1", first, pieceLength: 65_536)
    let second = try repository.save("v2", changed(first, [9]), pieceLength: 65_536)
    let frames = try deltas(of: second)
    #expect(frames.count > 1)
    let large = try frames.filter { frame in try chunks(of: "large", in: second).contains { try key($0) == frame } }
    let small = try frames.filter { frame in try chunks(of: "f100", in: second).contains { try key($0) == frame } }
    #expect(!large.isEmpty && small.count == 1 && large.isDisjoint(with: small))
  }

  @Test mutating func `a file that changed altogether is stored as new, and the others as deltas`() throws {
    let first = tree(files: 12)
    try repository.save("v1", first, pieceLength: 4096)
    var second = changed(first, [7, 7, 7])
    for name in second.keys where name != "f103" { second[name] = random.bytes(2000) }
    let before = fixture.objectBytes()
    let saved = try repository.save("v2", second, pieceLength: 4096)
    #expect(try deltas(of: saved).count == 1)
    #expect(fixture.objectBytes() - before < 26_000)
    try expect(["v1": first, "v2": second], in: fixture.open(), "one delta of twelve")
  }

  @Test mutating func `a damaged base leaves the others' changes deltas`() throws {
    var first = tree(files: 6)
    first["other"] = random.bytes(3000)
    try repository.save("v0", ["other": first["other"] ?? []], pieceLength: 4096)
    let pack = try #require(fixture.names("packs").first)
    try repository.save("v1", first, pieceLength: 4096)
    let folder = "\(fixture.path)/packs/\(pack)"
    let damaged = try #require(StoreTestFolder.names(folder).first)
    var bytes = StoreTestFolder.bytes("\(folder)/\(damaged)") ?? []
    for at in 40..<2000 { bytes[at] ^= 0x11 }
    StoreTestFolder.write(bytes, to: "\(folder)/\(damaged)")
    let second = changed(first, [5, 6])
    let saved = try fixture.open().save("v2", second, pieceLength: 4096)
    #expect(try fixture.open().tree(of: saved) == second)
    #expect(try deltas(of: saved).count == 1)
  }

  /// Files are changed on days of their own, so that each shares frames with whichever changed that day.
  @Test mutating func `after many versions a file is read with bounded work, and nothing is stored anew`() throws {
    var tree = tree(files: 30)
    try repository.save("v0", tree, pieceLength: 4096)
    var trees = ["v0": tree]
    let before = fixture.objectBytes()
    for number in 1...150 {
      for name in tree.keys.sorted() where random.chance(name < "f105" ? 2 : 1, in: name < "f105" ? 3 : 12) {
        tree[name]?[Int.random(in: 0..<2000, using: &random)] ^= 0xFF
      }
      try repository.save("v\(number)", tree, pieceLength: 4096)
      trees["v\(number)"] = tree
    }
    // 1360 a version, most of it the manifest's. A file alone is 2 KB: if each fifth of the 850 changes stored one, it would be more.
    #expect(fixture.objectBytes() - before < 150 * 1500)
    for version in ["v150", "v75", "v1"] {
      let fresh = try fixture.open()
      let snapshot = try #require(try fresh.version(version))
      #expect(try fresh.tree(of: snapshot) == trees[version])
    }
    let fresh = try fixture.open()
    let newest = try #require(try fresh.version("v150"))
    let chunks = try chunks(of: "f120", in: newest)
    let read = fresh.reader().decodedFrameCount
    let base = try fresh.reader().base(chunks)
    #expect(base.depth < ChainLimits.joint.length)
    #expect(fresh.reader().decodedFrameCount - read <= ChainLimits.joint.frames + 1)
  }
}

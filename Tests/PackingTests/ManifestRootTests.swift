import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct ManifestRootTests {
  private func root(_ count: Int, seed: UInt64 = 1) -> ManifestRoot {
    var generator = SeededGenerator(seed: seed)
    let paths = ManifestSamples.randomEntries(count, using: &generator).map(\.path)
    return ManifestRoot(
      segments: paths.map { path in
        var chunk = ManifestSamples.randomChunk(using: &generator)
        chunk.length = chunk.length / 2 + 1
        return .init(firstPath: path, entryCount: .random(in: 1...4096, using: &generator), chunk: chunk)
      })
  }

  @Test(arguments: [0, 1, 2, 500]) func `a root comes back as it was`(count: Int) throws {
    let root = count == 0 ? ManifestRoot() : root(count)
    #expect(try ManifestRoot(decoding: root.encoded()) == root)
  }

  @Test func `bytes behind a root are refused`() {
    #expect(throws: PackingError.damaged(what: "manifest root")) { try ManifestRoot(decoding: root(2).encoded() + [0]) }
  }

  @Test func `a path is found in the segment that begins at or before it`() {
    let root = ManifestRoot(
      segments: ["b", "d", "d/x"].map {
        .init(
          firstPath: ManifestSamples.path($0), entryCount: 1,
          chunk: ChunkReference(id: ManifestSamples.chunkID, length: 1))
      })
    func index(_ path: String) -> Int? { root.segmentIndex(containing: ManifestSamples.path(path)) }
    #expect(index("a") == nil)
    #expect(index("b") == 0)
    #expect(index("c") == 0)
    #expect(index("d") == 1)
    #expect(index("d/a") == 1)
    #expect(index("d/x") == 2)
    #expect(index("d/x/y") == 2)
    #expect(index("d.e") == 2)
    #expect(index("z") == 2)
  }

  @Test func `a root cut short anywhere is refused`() {
    let bytes = root(20).encoded()
    for length in 0..<bytes.count {
      #expect(throws: PackingError.self, "length \(length)") { try ManifestRoot(decoding: bytes[..<length]) }
    }
  }

  @Test func `flipped bits give an error or ascending paths`() {
    let bytes = root(20).encoded()
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<5000 {
      var damaged = bytes
      damaged[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      guard let root = try? ManifestRoot(decoding: damaged) else { continue }
      #expect(zip(root.segments, root.segments.dropFirst()).allSatisfy { $0.firstPath < $1.firstPath })
      #expect(root.segments.allSatisfy { $0.entryCount > 0 && $0.chunk.length > 0 })
    }
  }

  @Test func `an absurd count of segments is refused before memory is taken`() {
    var writer = ByteWriter()
    writer.append(Array("SNMR".utf8) + [1])
    writer.append(varint: UInt64.max)
    #expect(throws: PackingError.self) { try ManifestRoot(decoding: writer.bytes) }
  }
}

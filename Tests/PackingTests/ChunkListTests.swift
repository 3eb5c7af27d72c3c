import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct ChunkListTests {
  private func chunks(_ count: Int, seed: UInt64 = 1) -> [ChunkReference] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in ManifestSamples.randomChunk(using: &generator) }
  }

  @Test(arguments: [1, 33, 1000, 30_000]) func `lists give the chunks back in order`(count: Int) throws {
    let chunks = chunks(count)
    #expect(try ChunkList.split(chunks).flatMap { try ChunkList.decode($0) } == chunks)
  }

  @Test func `no chunks make no list`() { #expect(ChunkList.split([]).isEmpty) }

  @Test func `lists hold about a thousand chunks`() {
    let count = ChunkList.split(chunks(100_000)).count
    #expect((60...140).contains(count))
  }

  @Test func `equal ids without a cut are cut at the greatest count`() throws {
    let same = Array(repeating: ChunkReference(id: ChunkID((1, 1, 1, 1)), length: 65536), count: 10_000)
    let lists = ChunkList.split(same)
    #expect(lists.count == 3)
    #expect(lists.allSatisfy { $0.count < ChunkReference.lengthMax })
    #expect(try lists.flatMap { try ChunkList.decode($0) } == same)
  }

  @Test func `a changed chunk rewrites at most two lists`() {
    var chunks = chunks(50_000)
    let before = ChunkList.split(chunks)
    chunks[25_000] = self.chunks(1, seed: 99)[0]
    #expect(Set(before).subtracting(ChunkList.split(chunks)).count <= 2)
  }

  @Test func `chunks added at the end leave the lists before`() {
    let chunks = chunks(51_000)
    let before = ChunkList.split(Array(chunks.dropLast(1000)))
    #expect(Set(before).subtracting(ChunkList.split(chunks)).count <= 1)
  }

  @Test func `a list cut short anywhere is refused`() {
    let bytes = ChunkList.split(chunks(40))[0]
    for length in 0..<bytes.count {
      #expect(throws: PackingError.self, "length \(length)") { try ChunkList.decode(bytes[..<length]) }
    }
  }

  @Test func `bytes behind a list are refused`() {
    #expect(throws: PackingError.damaged(what: "chunk list")) {
      try ChunkList.decode(ChunkList.split(chunks(40))[0] + [0])
    }
  }

  @Test func `flipped bits give an error or chunks in range`() {
    let bytes = ChunkList.split(chunks(40))[0]
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<5000 {
      var damaged = bytes
      damaged[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      guard let chunks = try? ChunkList.decode(damaged) else { continue }
      #expect(chunks.allSatisfy { (1...ChunkReference.lengthMax).contains($0.length) })
    }
  }

  @Test(arguments: [0, ChunkReference.lengthMax + 1]) func `a chunk length out of range is refused`(length: Int) {
    var writer = ByteWriter()
    writer.append(Array("SNCL".utf8) + [1])
    writer.append(varint: 1)
    writer.append(varint: length)
    writer.append(Array(repeating: 0, count: 32))
    #expect(throws: PackingError.damaged(what: "chunk list")) { try ChunkList.decode(writer.bytes) }
  }
}

import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

struct FrameDamageTests {
  /// A frame of each codec, with its prefix.
  private func frames() throws -> [(frame: EncodedFrame, prefix: [UInt8])] {
    let encoder = FrameEncoder()
    let old = FrameSamples.text(3000, seed: 1)
    let chunks = [FrameSamples.chunk(FrameSamples.edited(old, seed: 2)), FrameSamples.chunk([7, 8, 9])]
    return [
      (try encoder.encode(chunks: chunks, level: .off), []),
      (try encoder.encode(chunks: chunks, level: .auto), []),
      (try #require(try encoder.encodeDelta(chunks: chunks, base: FrameSamples.base(old))), old),
    ]
  }

  /// What a reader does: header, payload, ids.
  private func read(_ bytes: [UInt8], prefix: [UInt8], ids: [ChunkID]) -> [[UInt8]]? {
    guard let header = try? FrameHeader(decoding: bytes[...]), header.frameLength <= bytes.count,
      let raw = try? FrameDecoder().decode(
        header, payload: bytes[header.headerLength..<header.frameLength], prefix: prefix[...])
    else { return nil }
    let hasher = ChunkHasher(.sha256)
    let chunks = header.chunkRanges.map { Array(raw[$0]) }
    return chunks.map { hasher.id(of: $0) } == ids ? chunks : nil
  }

  @Test func `a frame cut short at any length is refused`() throws {
    for (frame, prefix) in try frames() {
      #expect(read(frame.bytes, prefix: prefix, ids: frame.chunkIDs) != nil)
      for length in 0..<frame.bytes.count {
        #expect(read(Array(frame.bytes.prefix(length)), prefix: prefix, ids: frame.chunkIDs) == nil)
      }
      for length in 0..<frame.header.storedLength {
        #expect(throws: PackingError.truncated(what: "frame")) {
          try FrameDecoder().decode(
            frame.header, payload: FrameSamples.payload(frame).prefix(length), prefix: prefix[...])
        }
      }
    }
  }

  @Test func `flipped bits never yield other bytes`() throws {
    let seed: UInt64 = 0x5EED_0001
    var generator = SeededGenerator(seed: seed)
    for (frame, prefix) in try frames() {
      let sound = try #require(read(frame.bytes, prefix: prefix, ids: frame.chunkIDs))
      for _ in 0..<2000 {
        var bytes = frame.bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        let chunks = read(bytes, prefix: prefix, ids: frame.chunkIDs)
        #expect(chunks == nil || chunks == sound, "seed \(seed)")
      }
    }
  }

  @Test func `every bit of a header counts`() throws {
    for (frame, _) in try frames() {
      for bit in 0..<(8 * frame.header.headerLength) {
        var bytes = frame.bytes
        bytes[bit / 8] ^= 1 << (bit % 8)
        #expect(throws: PackingError.self) { try FrameHeader(decoding: bytes[...]) }
      }
    }
  }

  @Test func `a header with a right checksum over nonsense is refused`() throws {
    func header(_ body: [UInt8]) -> [UInt8] { FrameHeader.magic + sha256(body)[..<4] + body }
    // kind | codec, raw length, stored length, chunk count, ...
    #expect(throws: Never.self) { try FrameHeader(decoding: header([0x00, 5, 5, 1])[...]) }
    for body: [UInt8] in [
      [0x03, 5, 5, 1], [0x20, 5, 5, 1], [0x00, 5, 4, 1], [0x01, 5, 5, 1], [0x00, 0, 0, 1], [0x00, 5, 5, 0],
      [0x00, 5, 5, 2, 5], [0x00, 5, 5, 2, 6], [0x00, 5, 5, 2, 0], [0x02, 5, 4, 1, 0], [0x02, 5, 4, 1, 1],
      [0x10, 5, 5, 1], [0x12, 5, 4, 0, 0], [0x00, 0x85, 0, 5, 1], [0x00, 0x81, 0x80, 0x80, 0x08, 5, 1],
      [0x00, 5, 5, 0xFF, 0xFF, 0x03], [0x00, 5, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0x02, 5, 4, 1, 0xFF, 0x1F],
    ] {
      #expect(throws: PackingError.self, "\(body)") { try FrameHeader(decoding: header(body)[...]) }
    }
  }

  @Test func `random payloads are refused or decode to the raw length`() throws {
    let seed: UInt64 = 0x5EED_0002
    var generator = SeededGenerator(seed: seed)
    let decoder = FrameDecoder()
    for _ in 0..<3000 {
      let stored = Int.random(in: 1..<60, using: &generator)
      let header = try FrameHeader(
        kind: .chunks, codec: .zstd, rawLength: stored + 40, storedLength: stored, chunkLengths: [stored + 40],
        bases: [])
      let payload = FrameSamples.noise(stored, seed: generator.next())
      let raw = try? decoder.decode(header, payload: payload[...])
      #expect(raw == nil || raw?.count == stored + 40, "seed \(seed)")
    }
  }
}

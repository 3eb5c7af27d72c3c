import Packing
import Sealing
import SnapshotModel
import Testing

struct FrameTests {
  private let encoder = FrameEncoder()
  private let decoder = FrameDecoder()

  @Test(arguments: CompressionLevel.allCases)
  func `chunks come back at every level`(level: CompressionLevel) throws {
    for sizes in [[1], [2, 1], [300], [70_000, 1, 20_000], [200_000]] {
      let chunks = sizes.enumerated().map { FrameSamples.chunk(FrameSamples.text($1, seed: UInt64($0))) }
      let frame = try encoder.encode(chunks: chunks, level: level)
      #expect(frame.bytes.count == frame.header.frameLength)
      #expect(frame.chunkIDs == chunks.map(\.id))
      let header = try FrameHeader(decoding: frame.bytes[...])
      #expect(header == frame.header)
      let raw = try decoder.decode(header, payload: FrameSamples.payload(frame))
      #expect(header.chunkRanges.map { Array(raw[$0]) } == chunks.map { Array($0.bytes) })
    }
  }

  @Test func `text is compressed and noise is stored as it is`() throws {
    let text = FrameSamples.text(200_000, seed: 1)
    let noise = FrameSamples.noise(200_000, seed: 1)
    for level in [CompressionLevel.fastest, .auto, .better, .max] {
      let frame = try encoder.encode(chunks: [FrameSamples.chunk(text)], level: level)
      #expect(frame.header.codec == .zstd)
      #expect(frame.header.storedLength < text.count / 2)
      #expect(try encoder.encode(chunks: [FrameSamples.chunk(noise)], level: level).header.codec == .raw)
    }
    #expect(try encoder.encode(chunks: [FrameSamples.chunk(text)], level: .off).header.codec == .raw)
  }

  @Test func `text between noise is still found`() throws {
    let mixed = FrameSamples.noise(50_000, seed: 2) + FrameSamples.text(150_000, seed: 2)
    let frame = try encoder.encode(chunks: [FrameSamples.chunk(mixed)], level: .auto)
    #expect(frame.header.codec == .zstd)
  }

  @Test(arguments: [40, 300, 5_000, 70_000, 1 << 20, 2 << 20])
  func `a small change costs little against its base`(count: Int) throws {
    let old = FrameSamples.text(count, seed: 3)
    let new = FrameSamples.edited(old, seed: 4)
    let frame = try encoder.encodeDelta(chunks: [FrameSamples.chunk(new)], base: FrameSamples.base(old))
    guard count >= 300 else {
      #expect(frame == nil)
      return
    }
    let delta = try #require(frame)
    #expect(delta.header.codec == .zstdPrefix)
    #expect(delta.header.storedLength < 400)
    #expect(delta.header.bases == FrameSamples.base(old).chunks)
    #expect(try decoder.decode(delta.header, payload: FrameSamples.payload(delta), prefix: old[...]) == new)
  }

  @Test func `noise is worth a delta when it repeats its base`() throws {
    let old = FrameSamples.noise(300_000, seed: 5)
    let new = FrameSamples.edited(old, seed: 6)
    let delta = try #require(
      try encoder.encodeDelta(chunks: [FrameSamples.chunk(new)], base: FrameSamples.base(old)))
    #expect(delta.header.storedLength < 200)
    #expect(try decoder.decode(delta.header, payload: FrameSamples.payload(delta), prefix: old[...]) == new)
  }

  @Test func `a delta to something else is refused`() throws {
    let text = FrameSamples.chunk(FrameSamples.text(50_000, seed: 7))
    let noise = FrameSamples.chunk(FrameSamples.noise(50_000, seed: 7))
    let base = FrameSamples.base(FrameSamples.noise(50_000, seed: 8))
    #expect(try encoder.encodeDelta(chunks: [text], base: base) == nil)
    #expect(try encoder.encodeDelta(chunks: [noise], base: base) == nil)
    #expect(try encoder.encodeDelta(chunks: [text], base: DeltaBase(chunks: [], bytes: [])) == nil)
  }

  @Test func `another prefix never yields the same bytes`() throws {
    let old = FrameSamples.text(50_000, seed: 9)
    let new = FrameSamples.edited(old, seed: 10)
    let delta = try #require(
      try encoder.encodeDelta(chunks: [FrameSamples.chunk(new)], base: FrameSamples.base(old)))
    for prefix in [[], FrameSamples.text(50_000, seed: 11), Array(old.dropLast()), Array(old.prefix(100))] {
      let raw = try? decoder.decode(delta.header, payload: FrameSamples.payload(delta), prefix: prefix[...])
      #expect(raw != new)
    }
  }

  @Test func `a snapshot record comes back and has no chunks`() throws {
    let record = FrameSamples.text(700, seed: 12)
    let frame = try encoder.encodeRecord(record)
    #expect(frame.header.kind == .snapshotRecord)
    #expect(frame.chunkIDs.isEmpty && frame.header.chunkLengths.isEmpty)
    let header = try FrameHeader(decoding: frame.bytes[...])
    #expect(try decoder.decode(header, payload: FrameSamples.payload(frame)) == record)
  }

  @Test func `limits hold on both sides`() throws {
    let large = [UInt8](repeating: 1, count: (8 << 20) + 1)
    #expect(throws: PackingError.self) { try encoder.encode(chunks: [FrameSamples.chunk(large)], level: .auto) }
    let most = FrameSamples.chunk(Array(large.dropFirst()))
    #expect(try encoder.encode(chunks: [most, most], level: .auto).header.rawLength == 16 << 20)
    #expect(throws: PackingError.self) {
      try encoder.encode(chunks: [most, most, FrameSamples.chunk([1])], level: .auto)
    }
    #expect(throws: PackingError.self) { try encoder.encode(chunks: [], level: .auto) }
    #expect(throws: PackingError.self) { try encoder.encode(chunks: [FrameSamples.chunk([])], level: .auto) }
    let prefix = ArraySlice(repeating: UInt8(1), count: (16 << 20) + 1)
    #expect(throws: PackingError.self) {
      try encoder.encodeDelta(chunks: [most], base: DeltaBase(chunks: [most.id.prefix], bytes: prefix))
    }
  }
}

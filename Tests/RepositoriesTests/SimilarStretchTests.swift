import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct SimilarStretchTests {
  private var random = SeededGenerator(seed: 41)
  private var similar = SimilarContent(storedBytesMax: 2 << 20)

  private mutating func chunks(_ count: Int, of length: Int = 64 << 10) -> [HashedChunk] {
    (0..<count).map { _ in HashedChunk(id: random.chunkID(), bytes: random.text(length)[...]) }
  }

  /// Stores chunks in a frame of their own, encoded as it would be.
  private mutating func store(_ chunks: [HashedChunk]) throws {
    for (ordinal, chunk) in chunks.enumerated() { similar.add(chunk, ordinal: ordinal) }
    let closed = similar.close(chunks)
    similar.replace(
      try #require(closed), with: try FrameEncoder().encode(chunks: chunks.map { ($0.id, $0.bytes) }, level: .auto))
  }

  /// The same bytes at other places, under other names.
  private mutating func shifted(_ chunks: [HashedChunk]) -> [HashedChunk] {
    let bytes = random.text(1000) + chunks.flatMap(\.bytes)
    return stride(from: 0, to: bytes.count, by: 64 << 10).map { start in
      HashedChunk(id: random.chunkID(), bytes: bytes[start..<min(start + 64 << 10, bytes.count)])
    }
  }

  @Test mutating func `what was stored is found by any stretch of it, encoded or not`() throws {
    let (first, second, third) = (chunks(8), chunks(8), chunks(8))
    try store(first)
    try store(second)
    for (ordinal, chunk) in third.enumerated() { similar.add(chunk, ordinal: ordinal) }
    let stored = first + second + third
    for range in [2..<7, 6..<11, 12..<22] {
      let copy = shifted(Array(stored[range]))
      let stretch = try #require(similar.stretch(resembling: copy))
      #expect(stretch.lowerBound - 1 <= range.lowerBound && stretch.upperBound >= range.upperBound - 1, "\(stretch)")
      #expect(similar.isFilling(stretch) == (range.upperBound > 16))
      if similar.isFilling(stretch) {
        let number = similar.close(third)
        #expect(number == 2)
      }
      let base = try #require(similar.base(stretch)).deltaBase(FrameDecoder())
      let expected = stored[stretch.lowerBound - 1..<stretch.upperBound]
      #expect(base.chunks == expected.map(\.id.prefix))
      #expect(base.bytes.elementsEqual(expected.flatMap(\.bytes)))
    }
    let other = chunks(8)
    #expect(similar.stretch(resembling: other) == nil)
  }

  @Test mutating func `a base is at most twice as long as what stands on it`() throws {
    let stored = chunks(24)
    try store(stored)
    // A little of everything.
    let mixed = HashedChunk(
      id: random.chunkID(), bytes: Array(stored.flatMap { $0.bytes.prefix(12 << 10) })[...])
    let stretch = try #require(similar.stretch(resembling: [mixed]))
    #expect(try #require(similar.base(stretch)).deltaBase(FrameDecoder()).bytes.count <= 2 * mixed.bytes.count)
  }

  @Test mutating func `a chunk longer than any base is none`() throws {
    let long = chunks(1, of: 3 << 20)
    try store(long)
    let copy = HashedChunk(id: random.chunkID(), bytes: long[0].bytes.dropFirst(1000))
    #expect(similar.stretch(resembling: [copy]) == nil)
  }

  @Test mutating func `what repeats eight bytes is never met`() throws {
    let zeros = HashedChunk(id: random.chunkID(), bytes: [UInt8](repeating: 0, count: 1 << 20)[...])
    try store([zeros])
    #expect(similar.stretch(resembling: [zeros]) == nil)
  }

  @Test mutating func `of more than it may hold the oldest goes`() throws {
    // Half of it stays when encoded.
    let first = chunks(16)
    try store(first)
    var last = first
    for _ in 0..<5 {
      last = chunks(16)
      try store(last)
    }
    let (oldest, newest) = (shifted(first), shifted(last))
    #expect(similar.stretch(resembling: oldest) == nil)
    #expect(similar.stretch(resembling: newest) != nil)
  }

  @Test mutating func `what lies too far back for the scan of a damaged pack is no base`() throws {
    let stored = chunks(16)
    try store(stored)
    let copy = shifted(stored)
    similar.advance(by: SimilarContent.reachBytesMax)
    let stretch = try #require(similar.stretch(resembling: copy))
    similar.advance(by: 1)
    #expect(similar.stretch(resembling: copy) == nil)
    #expect(similar.base(stretch) == nil)
  }

  @Test mutating func `a base is of four frames at most`() throws {
    var stored: [HashedChunk] = []
    for _ in 0..<12 {
      stored += chunks(2)
      try store(Array(stored.suffix(2)))
    }
    let copy = shifted(stored)
    let stretch = try #require(similar.stretch(resembling: copy))
    #expect(try #require(similar.base(stretch)).parts.count == 4)
  }
}

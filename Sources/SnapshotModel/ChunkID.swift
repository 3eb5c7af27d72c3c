/// The SHA-256 of a chunk's bytes: what a chunk is called everywhere.
///
/// Ordered as the 32 bytes are, so that sorted ids insert into a B-tree in sequence.
package struct ChunkID: Hashable, Sendable {
  package static let byteCount = 32

  let word0: UInt64
  let word1: UInt64
  let word2: UInt64
  let word3: UInt64

  /// - Parameter digest: the 32 bytes as four big-endian words.
  package init(_ digest: (UInt64, UInt64, UInt64, UInt64)) {
    (word0, word1, word2, word3) = digest
  }

  package init?(hexadecimal text: some StringProtocol) {
    guard let bytes = SnapshotModel.bytes(hexadecimal: text) else { return nil }
    self.init(bytes: bytes)
  }

  package var hexadecimal: String { SnapshotModel.hexadecimal(bytes) }
  package var short: String { String(hexadecimal.prefix(8)) }
  package var prefix: ChunkIDPrefix { ChunkIDPrefix(word0: word0, word1: word1) }

  /// The id is already uniformly distributed: one word of it is as good as any hash.
  package func hash(into hasher: inout Hasher) { hasher.combine(word0) }
}

extension ChunkID: Comparable, CustomStringConvertible {
  package static func < (a: Self, b: Self) -> Bool {
    (a.word0, a.word1, a.word2, a.word3) < (b.word0, b.word1, b.word2, b.word3)
  }
  package var description: String { hexadecimal }
}

/// The first 16 bytes of a chunk id: how a delta frame names its bases.
///
/// Two chunks may share a prefix (by 2^64 deliberate work); whoever resolves one tries every chunk that begins so, and
/// the hash of what is decoded tells which was meant.
package struct ChunkIDPrefix: Hashable, Sendable {
  package static let byteCount = 16

  let word0: UInt64
  let word1: UInt64

  init(word0: UInt64, word1: UInt64) {
    self.word0 = word0
    self.word1 = word1
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(word0) }

  /// The least and the greatest id that begin so: the ends of the range to look up.
  package var idRange: ClosedRange<ChunkID> {
    ChunkID((word0, word1, 0, 0))...ChunkID((word0, word1, .max, .max))
  }
}

/// A chunk as a file's content names it.
package struct ChunkReference: Hashable, Sendable {
  package var id: ChunkID
  /// Plaintext bytes, `1...ChunkReference.lengthMax`.
  package var length: Int

  /// No chunk is longer, whatever the chunker's parameters: the limit that readers hold memory to.
  package static let lengthMax = 8 << 20

  package init(id: ChunkID, length: Int) {
    self.id = id
    self.length = length
  }
}

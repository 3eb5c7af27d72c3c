import SnapshotModel

/// Older bytes that new ones resemble: what a delta frame refers to.
package struct DeltaBase: Sendable {
  /// In the order of their bytes.
  package var chunks: [ChunkIDPrefix]
  /// The concatenation of these chunks, whole; at most `FrameHeader.prefixLengthMax`.
  package var bytes: ArraySlice<UInt8>

  /// What the bytes are to the new ones.
  package enum Kind: Sendable {
    /// An earlier version.
    case earlier
    /// Earlier versions of several small files, for all of which one delta is made.
    case earlierOfSeveral
    /// No earlier version, but found to resemble them: what they share is short.
    case similar
  }

  package var kind: Kind

  package init(chunks: [ChunkIDPrefix], bytes: ArraySlice<UInt8>, kind: Kind = .earlier) {
    self.chunks = chunks
    self.bytes = bytes
    self.kind = kind
  }
}

import SnapshotModel

/// Older bytes that new ones resemble: what a delta frame refers to.
package struct DeltaBase: Sendable {
  /// In the order of their bytes.
  package var chunks: [ChunkIDPrefix]
  /// The concatenation of these chunks, whole; at most `FrameHeader.prefixLengthMax`.
  package var bytes: ArraySlice<UInt8>

  /// Whether the bytes are no earlier version of the new ones, but were found to resemble them: what they share is short.
  package var isSimilarOnly: Bool

  package init(chunks: [ChunkIDPrefix], bytes: ArraySlice<UInt8>, isSimilarOnly: Bool = false) {
    self.chunks = chunks
    self.bytes = bytes
    self.isSimilarOnly = isSimilarOnly
  }
}

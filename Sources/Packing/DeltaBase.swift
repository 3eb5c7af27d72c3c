import SnapshotModel

/// Older bytes that new ones resemble: what a delta frame refers to.
package struct DeltaBase: Sendable {
  /// In the order of their bytes.
  package var chunks: [ChunkIDPrefix]
  /// The concatenation of these chunks, whole; at most `FrameHeader.prefixLengthMax`.
  package var bytes: ArraySlice<UInt8>

  package init(chunks: [ChunkIDPrefix], bytes: ArraySlice<UInt8>) {
    self.chunks = chunks
    self.bytes = bytes
  }
}

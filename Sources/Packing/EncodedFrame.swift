import SnapshotModel

/// A frame as it goes into a pack.
package struct EncodedFrame: Sendable {
  package let header: FrameHeader
  /// As many as `header.chunkLengths`; the pack's directory keeps them.
  package let chunkIDs: [ChunkID]
  /// Header and payload.
  package let bytes: [UInt8]

  /// - Precondition: `bytes` are `header.frameLength` long and there is an id for each chunk.
  package init(header: FrameHeader, chunkIDs: [ChunkID], bytes: [UInt8]) {
    precondition(bytes.count == header.frameLength && chunkIDs.count == header.chunkLengths.count)
    self.header = header
    self.chunkIDs = chunkIDs
    self.bytes = bytes
  }
}

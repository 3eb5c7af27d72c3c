import SnapshotModel

/// What a pack holds and where: the truth that the index is derived from.
package struct PackDirectory: Hashable, Sendable {
  package let pack: PackID
  /// What the whole pack takes in its store.
  package var byteCount: UInt64
  /// In the order of their offsets.
  package let frames: [Frame]

  /// One frame's place and content.
  package struct Frame: Hashable, Sendable {
    /// Where the frame's header begins.
    package let offset: UInt64
    package let header: FrameHeader
    /// As many as `header.chunkLengths`.
    package let chunkIDs: [ChunkID]

    package init(offset: UInt64, header: FrameHeader, chunkIDs: [ChunkID]) {
      self.offset = offset
      self.header = header
      self.chunkIDs = chunkIDs
    }

    /// Header and payload in the file.
    package var range: Range<UInt64> { offset..<offset + UInt64(header.frameLength) }

    package var chunks: [ChunkReference] {
      zip(chunkIDs, header.chunkLengths).map { ChunkReference(id: $0, length: $1) }
    }
  }

  package init(pack: PackID, byteCount: UInt64, frames: [Frame]) {
    self.pack = pack
    self.byteCount = byteCount
    self.frames = frames
  }
}

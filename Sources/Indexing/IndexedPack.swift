import SnapshotModel

/// Where a chunk's bytes are.
package struct ChunkLocation: Hashable, Sendable {
  package var pack: PackID
  /// Of the frame's header, in bytes from the start of the pack.
  package var frameOffset: UInt64
  /// Header and payload, in bytes.
  package var frameLength: Int
  /// Where the pack's last frame ends, in bytes from the start of the pack.
  package var framesEnd: UInt64
  /// The chunk's place among those of its frame, from 0.
  package var ordinal: Int
  /// Plaintext bytes.
  package var length: Int

  package init(pack: PackID, frameOffset: UInt64, frameLength: Int, framesEnd: UInt64, ordinal: Int, length: Int) {
    self.pack = pack
    self.frameOffset = frameOffset
    self.frameLength = frameLength
    self.framesEnd = framesEnd
    self.ordinal = ordinal
    self.length = length
  }
}

/// What the index keeps of a pack: its directory, as far as finding chunks needs it.
package struct IndexedPack: Hashable, Sendable {
  package var id: PackID
  /// The whole object.
  package var byteCount: UInt64
  /// In ascending order of offset, not overlapping.
  package var frames: [IndexedFrame]
  /// Whether frames were left out because what they stand on was in no pack: to be looked at again when packs come.
  package var isIncomplete: Bool

  package init(id: PackID, byteCount: UInt64, frames: [IndexedFrame], isIncomplete: Bool = false) {
    self.id = id
    self.byteCount = byteCount
    self.frames = frames
    self.isIncomplete = isIncomplete
  }
}

/// One frame of a pack and the chunks in it, in order.
package struct IndexedFrame: Hashable, Sendable {
  package var offset: UInt64
  /// Header and payload, in bytes.
  package var length: Int
  package var chunks: [ChunkReference]

  package init(offset: UInt64, length: Int, chunks: [ChunkReference]) {
    self.offset = offset
    self.length = length
    self.chunks = chunks
  }
}

/// Kinds of small records that the index keeps a copy of, as stored (encoded, with their own checksum).
package enum RecordFolder: Int64, CaseIterable, Sendable {
  case snapshots = 1
  case trash = 2
  case labels = 3
}

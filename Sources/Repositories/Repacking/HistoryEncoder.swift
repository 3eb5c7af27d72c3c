import Packing
import SnapshotModel

/// Encodes history anew on all processors and hands the frames over in order.
struct HistoryEncoder {
  private let repository: Repository
  private let reader: ChunkReader
  private let pool: WorkerPool

  init(_ repository: Repository, reader: ChunkReader, pool: WorkerPool) {
    self.repository = repository
    self.reader = reader
    self.pool = pool
  }

  /// What cannot be read stays where it is, and `verify` tells about it.
  func encode(_ blocks: [HistoryBlock], level: CompressionLevel, _ body: (EncodedFrame) throws -> Void) throws {
    var queue = FrameQueue.repacking(pool: pool, reader: reader, level: level)
    for block in blocks {
      queue.add(block)
      while let frame = try queue.nextFrameIfFull() { try body(frame) }
    }
    while let frame = try queue.nextFrameAtEnd() { try body(frame) }
    if queue.unreadableCount > 0 { warnOfUnreadable() }
  }

  /// Whole files, as a first save does it: one may stand on another that it resembles. What cannot be read is left out.
  ///
  /// - Returns: which frame, counted from 0, each chunk is in.
  func encodeNewest(
    _ files: [[ChunkReference]], level: CompressionLevel, _ body: (EncodedFrame) throws -> Void
  ) throws -> [ChunkID: Int] {
    var frames: [ChunkID: Int] = [:]
    var count = 0
    func take(_ frame: EncodedFrame) throws {
      for id in frame.chunkIDs { frames[id] = count }
      count += 1
      try body(frame)
    }
    var queue = FrameQueue.repacking(pool: pool, reader: reader, level: level)
    for file in files {
      var regions = DeltaRegions<HashedChunk>(prior: nil, byteCountExpected: 0)
      func add(_ region: DeltaRegions<HashedChunk>.Region) throws {
        queue.addNew(region.chunks, to: .contents)
        while let frame = try queue.nextFrameIfFull() { try take(frame) }
      }
      for chunk in file {
        do {
          // Copied: a chunk that is lent out keeps all of its frame in memory.
          let bytes = Array(try reader.bytes(of: chunk))
          regions.addNew(HashedChunk(id: chunk.id, bytes: bytes[...]), length: bytes.count)
        } catch is ChunkFault {
          warnOfUnreadable()
          continue
        }
        if let region = try regions.nextIfLong() { try add(region) }
      }
      if let region = regions.last() { try add(region) }
    }
    while let frame = try queue.nextFrameAtEnd() { try take(frame) }
    return frames
  }

  private func warnOfUnreadable() {
    repository.events.warn("a part of history cannot be read and stays as it is; run snap verify --read-data")
  }
}

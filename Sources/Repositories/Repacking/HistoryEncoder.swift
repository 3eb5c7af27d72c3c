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

  /// A block a frame.
  func encode(_ blocks: [HistoryBlock], level: CompressionLevel, _ body: (EncodedFrame) throws -> Void) throws {
    var inFlight = Queue<(result: PoolResult<EncodedFrame?>, byteCount: Int)>()
    var inFlightBytes = 0
    func takeOldest() throws {
      guard let oldest = inFlight.popFirst() else { return }
      inFlightBytes -= oldest.byteCount
      if let frame = try oldest.result.get() {
        try body(frame)
      } else {
        warnOfUnreadable()
      }
    }
    let reader = reader
    for block in blocks {
      let byteCount = block.byteCount + block.bases.reduce(0) { $0 + $1.length }
      let result = pool.submit { tools in try Self.encode(block, reader: reader, level: level, tools) }
      inFlight.append((result, byteCount))
      inFlightBytes += byteCount
      while inFlightBytes > FrameQueue.Purpose.repacking.inFlightBytesMax { try takeOldest() }
    }
    while !inFlight.isEmpty { try takeOldest() }
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
    var queue = FrameQueue(pool: pool, reader: reader, level: level, purpose: .repacking)
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

  /// - Returns: `nil` when a chunk cannot be read: it stays where it is, and `verify` tells about it.
  private static func encode(
    _ block: HistoryBlock, reader: ChunkReader, level: CompressionLevel, _ tools: WorkerTools
  ) throws -> EncodedFrame? {
    do {
      // Copied: a chunk that is lent out keeps all of its frame in memory.
      let chunks = try block.chunks.map { (id: $0.id, bytes: Array(try reader.bytes(of: $0))[...]) }
      if !block.bases.isEmpty {
        var prefix: [UInt8] = []
        for base in block.bases { prefix += try reader.bytes(of: base) }
        let base = DeltaBase(chunks: block.bases.map(\.id.prefix), bytes: prefix[...])
        if let frame = try tools.encoder.encodeDelta(chunks: chunks, base: base, level: level, isRepacked: true) {
          return frame
        }
      }
      return try tools.encoder.encode(chunks: chunks, level: level, isRepacked: true)
    } catch is ChunkFault {
      return nil
    }
  }
}

extension FrameQueue.Purpose {
  /// In frames as large as blocks of history.
  static let repacking = FrameQueue.Purpose(
    solidBytesMax: HistoryBlock.byteCountMax, inFlightBytesMax: 24 << 20, isRepacked: true)
}

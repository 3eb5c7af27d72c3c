import Packing
import SnapshotModel

extension FrameQueue {
  /// Adds a block of history: a frame, or what else a save would make of it when its bases do not fit.
  mutating func add(_ block: HistoryBlock) {
    let (reader, level, isRepacked) = (reader, level, purpose.isRepacked)
    let byteCount = block.byteCount + block.bases.reduce(0) { $0 + $1.length }
    let mayLookTwice = mayLookTwice(at: block.byteCount)
    submit(byteCount: byteCount, .contents, isHistory: true) { tools in
      do {
        // Copied: a chunk that is lent out keeps all of its frame in memory.
        let chunks = try block.chunks.map { (id: $0.id, bytes: Array(try reader.bytes(of: $0))[...]) }
        guard !block.bases.isEmpty else {
          return .frame(try tools.encoder.encode(chunks: chunks, level: level, isRepacked: isRepacked))
        }
        let base = DeltaBase(chunks: block.bases.map(\.id.prefix), bytes: try reader.base(block.bases).bytes)
        let look = try SecondLook(
          chunks, on: base, level: level, isRepacked: isRepacked, encoder: tools.encoder,
          second: mayLookTwice ? { nil } : nil)
        return Outcome(look, of: chunks.map { HashedChunk(id: $0.id, bytes: $0.bytes) })
      } catch is ChunkFault {
        return .unreadable
      }
    }
  }

  /// In frames as large as blocks of history.
  static func repacking(pool: WorkerPool, reader: ChunkReader, level: CompressionLevel) -> FrameQueue {
    FrameQueue(
      pool: pool, reader: reader, level: level,
      purpose: Purpose(solidBytesMax: HistoryBlock.byteCountMax, inFlightBytesMax: 24 << 20, isRepacked: true))
  }
}

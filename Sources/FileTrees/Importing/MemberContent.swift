import Chunking
import Repositories
import Sealing
import SnapshotModel

/// Where a member has data, as the pieces of it come.
struct MemberExtents {
  private let size: UInt64
  private var extents: [DataExtent] = []
  private var end: UInt64 = 0
  /// Of data, holes not counted.
  private(set) var byteCount: UInt64 = 0

  /// - Parameter size: as the member says; 0 when only reading tells.
  init(size: UInt64) { self.size = size }

  /// - Throws: `ArchiveFault.damaged` for a piece that overlaps one before it.
  mutating func add(offset: UInt64, count: Int) throws(ArchiveFault) {
    let (next, overflows) = offset.addingReportingOverflow(UInt64(count))
    guard offset >= end, !overflows, next <= UInt64(Int64.max) else { throw .damaged("its map of holes is wrong") }
    if let last = extents.last, offset == end {
      extents[extents.count - 1].length = last.length + UInt64(count)
    } else {
      extents.append(DataExtent(offset: offset, length: UInt64(count)))
    }
    end = next
    byteCount += UInt64(count)
  }

  /// The whole size, and the extents of a file with holes.
  ///
  /// - Throws: `ArchiveFault.damaged` when there is more data than the member says.
  func finish() throws(ArchiveFault) -> (size: UInt64, extents: [DataExtent]?) {
    guard size == 0 || end <= size else { throw .damaged("a member has more data than its size says") }
    let whole = max(size, end)
    return (whole, byteCount == whole ? nil : extents)
  }
}

/// Cuts and names a file's chunks as its bytes come.
struct MemberChunks {
  private let hasher: ChunkHasher
  private var cutter: StreamCutter

  init(chunker: Chunker, hasher: ChunkHasher) {
    self.hasher = hasher
    cutter = StreamCutter(chunker)
  }

  /// - Returns: the chunks that are complete.
  mutating func add(_ bytes: ArraySlice<UInt8>) -> [HashedChunk] {
    cutter.add(bytes)
    return cutter.byteCountWaiting < FileIngest.slabBytes ? [] : cut(isFinal: false)
  }

  mutating func finish() -> [HashedChunk] { cut(isFinal: true) }

  private mutating func cut(isFinal: Bool) -> [HashedChunk] {
    let (bytes, lengths) = cutter.cut(isFinal: isFinal)
    return HashedChunk.named(bytes, lengths, by: hasher)
  }
}

import Indexing
import SnapshotModel

/// The previous version of a file, as a place to find bases in.
package final class PriorContent {
  private let chunks: [ChunkReference]
  private let starts: [UInt64]
  private let startByID: [ChunkID: UInt64]
  private let locate: (ChunkID) throws -> ChunkLocation?
  private var frameStartsFound: [UInt64]?

  package let byteCount: UInt64

  init(_ chunks: [ChunkReference], locate: @escaping (ChunkID) throws -> ChunkLocation?) {
    self.chunks = chunks
    self.locate = locate
    var starts: [UInt64] = []
    var startByID: [ChunkID: UInt64] = [:]
    var offset: UInt64 = 0
    for chunk in chunks {
      starts.append(offset)
      startByID[chunk.id] = startByID[chunk.id] ?? offset
      offset += UInt64(chunk.length)
    }
    self.starts = starts
    self.startByID = startByID
    byteCount = offset
  }

  /// Where the chunk first stands.
  func offset(of id: ChunkID) -> UInt64? { startByID[id] }

  /// The chunks of which more than a quarter lies in `range`, and `slackChunks` more on each side.
  func chunks(covering range: Range<UInt64>, slackChunks: Int) -> [ChunkReference] {
    guard byteCount > 0 else { return [] }
    let lowerBound = min(range.lowerBound, byteCount - 1)
    let range = lowerBound..<max(lowerBound, min(range.upperBound, byteCount))
    var low = starts.partitioningIndex { $0 > range.lowerBound } - 1
    var high = starts.partitioningIndex { $0 >= range.upperBound }
    low = max(low, 0)
    if low < high, end(low) - range.lowerBound < UInt64(chunks[low].length / 4), high - low > 1 { low += 1 }
    if high - low > 1, range.upperBound - starts[high - 1] < UInt64(chunks[high - 1].length / 4) { high -= 1 }
    low = max(low - slackChunks, 0)
    high = min(max(high, low) + slackChunks, chunks.count)
    return Array(chunks[min(low, high)..<high])
  }

  /// Where, in this version, runs of chunks out of one frame start. Cost: one lookup a chunk, the first time.
  func frameStarts() throws -> [UInt64] {
    if let frameStartsFound { return frameStartsFound }
    var found: [UInt64] = []
    var last: FrameKey?
    for (chunk, start) in zip(chunks, starts) {
      guard let location = try locate(chunk.id) else { continue }
      let key = FrameKey(pack: location.pack, offset: location.frameOffset)
      if key != last { found.append(start) }
      last = key
    }
    frameStartsFound = found
    return found
  }

  private func end(_ at: Int) -> UInt64 { starts[at] + UInt64(chunks[at].length) }
}

extension [UInt64] {
  /// The first index whose element satisfies `belongs`, of elements that are partitioned by it; `count` when none does.
  func partitioningIndex(where belongs: (UInt64) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

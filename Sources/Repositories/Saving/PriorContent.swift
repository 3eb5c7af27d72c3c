import Indexing
import SnapshotModel

/// The previous version of a file, as a place to find bases in.
package final class PriorContent {
  let chunks: [ChunkReference]
  private let starts: [UInt64]
  private let startByID: [ChunkID: UInt64]
  private let locate: (ChunkID) throws -> ChunkLocation?
  private var cutsFound: Cuts?

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

  /// Where the chunks stand of which more than a quarter lies in `range`, and `slackChunks` more on each side.
  func places(covering range: Range<UInt64>, slackChunks: Int) -> Range<Int> {
    guard byteCount > 0 else { return 0..<0 }
    let lowerBound = min(range.lowerBound, byteCount - 1)
    let range = lowerBound..<max(lowerBound, min(range.upperBound, byteCount))
    var low = partitioningIndex(in: starts.indices) { starts[$0] > range.lowerBound } - 1
    var high = partitioningIndex(in: starts.indices) { starts[$0] >= range.upperBound }
    low = max(low, 0)
    if low < high, end(low) - range.lowerBound < UInt64(chunks[low].length / 4), high - low > 1 { low += 1 }
    if high - low > 1, range.upperBound - starts[high - 1] < UInt64(chunks[high - 1].length / 4) { high -= 1 }
    low = max(low - slackChunks, 0)
    high = min(max(high, low) + slackChunks, chunks.count)
    return min(low, high)..<high
  }

  /// Where chunks meet, or the version ends, nearest to `offset`.
  func boundary(nearest offset: UInt64) -> UInt64 {
    let after = partitioningIndex(in: starts.indices) { starts[$0] >= offset }
    let (before, next) = (after > 0 ? starts[after - 1] : 0, after < starts.count ? starts[after] : byteCount)
    return offset - min(before, offset) <= max(next, offset) - offset ? before : next
  }

  /// What cutting this version in two would cut through.
  struct Cuts {
    /// As far from where chunks meet a cut is taken for one there: a straight line between versions is only so right.
    private static let tolerance: UInt64 = 16 << 10

    /// Where chunks meet, the end among it.
    fileprivate var offsets: [UInt64]
    /// For each of `offsets` how many frames hold chunks on both sides.
    fileprivate var framesCut: [Int]

    func framesCut(at offset: UInt64) -> Int {
      let after = partitioningIndex(in: offsets.indices) { offsets[$0] >= offset }
      let near = [after - 1, after].filter(offsets.indices.contains).map { place in
        (framesCut[place], max(offsets[place], offset) - min(offsets[place], offset))
      }
      guard let nearest = near.min(by: { $0.1 < $1.1 }) else { return 0 }
      return nearest.1 <= Self.tolerance ? nearest.0 : nearest.0 + 1
    }
  }

  /// Cost: one lookup a chunk, the first time.
  func cuts() throws -> Cuts {
    if let cutsFound { return cutsFound }
    var extents: [FrameKey: (first: Int, last: Int)] = [:]
    for (place, chunk) in chunks.enumerated() {
      guard let location = try locate(chunk.id) else { continue }
      let key = FrameKey(pack: location.pack, offset: location.frameOffset)
      extents[key, default: (place, place)].last = place
    }
    // How many more frames are cut before each chunk than before the one in front of it.
    var steps = Array(repeating: 0, count: chunks.count + 2)
    for (first, last) in extents.values {
      steps[first + 1] += 1
      steps[last + 1] -= 1
    }
    var framesCut: [Int] = []
    for step in steps.prefix(chunks.count + 1) { framesCut.append((framesCut.last ?? 0) + step) }
    let cuts = Cuts(offsets: starts + [byteCount], framesCut: framesCut)
    cutsFound = cuts
    return cuts
  }

  private func end(_ at: Int) -> UInt64 { starts[at] + UInt64(chunks[at].length) }
}

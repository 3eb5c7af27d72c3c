import SnapshotModel

/// The previous version of a file, as a place to find bases in.
package final class PriorContent {
  /// As far from where chunks meet a cut is taken for one there: a straight line between versions is only so right.
  private static let cutTolerance: UInt64 = 16 << 10

  let chunks: [ChunkReference]
  /// Where each chunk starts, and at last where the version ends.
  private let boundaries: [UInt64]
  private let startByID: [ChunkID: UInt64]
  private let frameNumbers: ([ChunkReference]) throws -> [Int?]
  private var framesCutFound: [Int]?

  package let byteCount: UInt64

  /// - Parameter frameNumbers: tells which frame each chunk stands in, by any numbers; `nil` where that is not known.
  init(_ chunks: [ChunkReference], frameNumbers: @escaping ([ChunkReference]) throws -> [Int?]) {
    self.chunks = chunks
    self.frameNumbers = frameNumbers
    var boundaries: [UInt64] = [0]
    var startByID: [ChunkID: UInt64] = [:]
    var offset: UInt64 = 0
    for chunk in chunks {
      startByID[chunk.id] = startByID[chunk.id] ?? offset
      offset += UInt64(chunk.length)
      boundaries.append(offset)
    }
    self.boundaries = boundaries
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
    var low = partitioningIndex(in: chunks.indices) { boundaries[$0] > range.lowerBound } - 1
    var high = partitioningIndex(in: chunks.indices) { boundaries[$0] >= range.upperBound }
    low = max(low, 0)
    if low < high, boundaries[low + 1] - range.lowerBound < UInt64(chunks[low].length / 4), high - low > 1 { low += 1 }
    if high - low > 1, range.upperBound - boundaries[high - 1] < UInt64(chunks[high - 1].length / 4) { high -= 1 }
    low = max(low - slackChunks, 0)
    high = min(max(high, low) + slackChunks, chunks.count)
    return min(low, high)..<high
  }

  /// Which of `boundaries` is nearest to `offset`.
  private func boundaryPlace(nearest offset: UInt64) -> Int {
    let after = partitioningIndex(in: boundaries.indices) { boundaries[$0] >= offset }
    guard after > 0 else { return after }
    guard after < boundaries.count else { return after - 1 }
    return offset - boundaries[after - 1] <= boundaries[after] - offset ? after - 1 : after
  }

  /// Where chunks meet, or the version begins or ends, nearest to `offset`.
  func boundary(nearest offset: UInt64) -> UInt64 { boundaries[boundaryPlace(nearest: offset)] }

  /// How many frames hold chunks on both sides of `offset`. Cost: that of `frameNumbers`, the first time.
  func framesCut(at offset: UInt64) throws -> Int {
    let place = boundaryPlace(nearest: offset)
    let distance = max(boundaries[place], offset) - min(boundaries[place], offset)
    return try framesCut()[place] + (distance <= Self.cutTolerance ? 0 : 1)
  }

  /// For each of `boundaries` how many frames hold chunks on both sides.
  private func framesCut() throws -> [Int] {
    if let framesCutFound { return framesCutFound }
    var extents: [Int: (first: Int, last: Int)] = [:]
    for (place, number) in try frameNumbers(chunks).enumerated() {
      guard let number else { continue }
      extents[number, default: (place, place)].last = place
    }
    // How many more frames are cut before each chunk than before the one in front of it.
    var steps = Array(repeating: 0, count: chunks.count + 2)
    for (first, last) in extents.values {
      steps[first + 1] += 1
      steps[last + 1] -= 1
    }
    var framesCut: [Int] = []
    for step in steps.prefix(boundaries.count) { framesCut.append((framesCut.last ?? 0) + step) }
    framesCutFound = framesCut
    return framesCut
  }
}

extension [ChunkReference] {
  /// The first ones that together have at most `byteCount` bytes.
  func prefix(byteCount: Int) -> [ChunkReference] {
    var sum = 0
    return Array(
      prefix { chunk in
        sum += chunk.length
        return sum <= byteCount
      })
  }
}

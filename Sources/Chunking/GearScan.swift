/// Bytes that each of two lanes advances side by side.
///
/// Each lane warms up on the 64 bytes before its own, so longer is cheaper; but what the lanes ran ahead is lost at a
/// boundary, so shorter is too.
private let laneLength = 2048

/// The chunker's hot loop.
///
/// Safety: `source` must have at least 64 bytes before every length that is asked for, and none beyond `to`.
@unsafe
struct GearScan {
  let table: UnsafePointer<UInt64>
  let source: UnsafePointer<UInt8>

  /// The least length in `from...to` after whose last byte the hash is below `threshold`.
  ///
  /// Two scans run side by side and two bytes at a time, because one alone waits for its own sums (1.3 against 2.1
  /// GB/s); as the hash depends on 64 bytes only, they find what one would.
  func boundary(from: Int, to: Int, threshold: UInt64) -> Int? {
    var at = from &- 1
    let segment = 2 &* laneLength
    while at &+ segment <= to {
      if unsafe hasBoundary(at: at, threshold: threshold),
        let length = unsafe sequentialBoundary(at: at, end: at &+ segment, threshold: threshold)
      {
        return length
      }
      at &+= segment
    }
    return at < to ? unsafe sequentialBoundary(at: at, end: to, threshold: threshold) : nil
  }

  /// The hash of the 64 bytes before `at`; one short of them suffices, for the first is shifted out by the next.
  @inline(__always)
  private func hash(before at: Int) -> UInt64 {
    var hash: UInt64 = 0
    var next = at &- ChunkerParameters.windowByteCount &+ 1
    while next < at {
      unsafe hash = (hash &<< 1) &+ table[Int(truncatingIfNeeded: source[next])]
      next &+= 1
    }
    return hash
  }

  private func sequentialBoundary(at start: Int, end: Int, threshold: UInt64) -> Int? {
    var hash = unsafe hash(before: start)
    var at = start
    while at < end {
      unsafe hash = (hash &<< 1) &+ table[Int(truncatingIfNeeded: source[at])]
      at &+= 1
      if hash < threshold { return at }
    }
    return nil
  }

  /// Whether any of the 2 x `laneLength` positions from `at` on is a boundary.
  private func hasBoundary(at: Int, threshold: UInt64) -> Bool {
    let lane = laneLength
    var low = unsafe hash(before: at)
    var high = unsafe hash(before: at &+ lane)
    var next = unsafe source + at
    let end = unsafe next + lane
    while unsafe next < end {
      let low0 = unsafe table[Int(truncatingIfNeeded: next[0])]
      let low1 = unsafe table[Int(truncatingIfNeeded: next[1])]
      let high0 = unsafe table[Int(truncatingIfNeeded: next[lane])]
      let high1 = unsafe table[Int(truncatingIfNeeded: next[lane &+ 1])]
      let lowBetween = (low &<< 1) &+ low0
      let highBetween = (high &<< 1) &+ high0
      low = (low &<< 2) &+ ((low0 &<< 1) &+ low1)
      high = (high &<< 2) &+ ((high0 &<< 1) &+ high1)
      if min(min(lowBetween, low), min(highBetween, high)) < threshold { return true }
      unsafe next += 2
    }
    return false
  }
}

import SnapshotModel

/// Which lines two texts share, in order: the basis of a unified diff.
///
/// Lines that occur once in both are anchors (Bram Cohen's patience diff); between anchors Myers' greedy algorithm
/// finds the shortest edit, and gives up beyond `editCountMax`, where the stretch counts as replaced.
enum LineDiff {
  /// A stretch of equal lines, by their places in both texts.
  struct Match: Hashable {
    var old: Int
    var new: Int
    var count: Int
  }

  /// Beyond it Myers' quadratic memory would exceed some megabytes.
  private static let editCountMax = 1000

  /// - Returns: ascending in both texts, not touching.
  static func matches<Line: Hashable>(_ old: [Line], _ new: [Line]) -> [Match] {
    var numbers: [Line: Int] = [:]
    func number(_ line: Line) -> Int {
      if let known = numbers[line] { return known }
      numbers[line] = numbers.count
      return numbers.count - 1
    }
    let (a, b) = (old.map(number), new.map(number))
    var pairs: [(Int, Int)] = []
    compare(a, 0..<a.count, b, 0..<b.count, depth: 0, &pairs)
    var matches: [Match] = []
    for (x, y) in pairs {
      if let last = matches.last, last.old + last.count == x, last.new + last.count == y {
        matches[matches.count - 1].count += 1
      } else {
        matches.append(Match(old: x, new: y, count: 1))
      }
    }
    return matches
  }

  private static func compare(
    _ a: [Int], _ aRange: Range<Int>, _ b: [Int], _ bRange: Range<Int>, depth: Int, _ pairs: inout [(Int, Int)]
  ) {
    var (aStart, aEnd, bStart, bEnd) = (aRange.lowerBound, aRange.upperBound, bRange.lowerBound, bRange.upperBound)
    while aStart < aEnd, bStart < bEnd, a[aStart] == b[bStart] {
      pairs.append((aStart, bStart))
      aStart += 1
      bStart += 1
    }
    var tail: [(Int, Int)] = []
    while aStart < aEnd, bStart < bEnd, a[aEnd - 1] == b[bEnd - 1] {
      aEnd -= 1
      bEnd -= 1
      tail.append((aEnd, bEnd))
    }
    defer { pairs += tail.reversed() }
    if aStart == aEnd || bStart == bEnd { return }
    // Anchors thin out quickly; the limit only keeps a hostile input from deep recursion.
    let anchors = depth < 64 ? anchors(a, aStart..<aEnd, b, bStart..<bEnd) : []
    if anchors.isEmpty { return myers(a, aStart..<aEnd, b, bStart..<bEnd, &pairs) }
    for (x, y) in anchors {
      compare(a, aStart..<x, b, bStart..<y, depth: depth + 1, &pairs)
      pairs.append((x, y))
      (aStart, bStart) = (x + 1, y + 1)
    }
    compare(a, aStart..<aEnd, b, bStart..<bEnd, depth: depth + 1, &pairs)
  }

  /// The longest ascending run of lines that stand exactly once in both stretches.
  private static func anchors(_ a: [Int], _ aRange: Range<Int>, _ b: [Int], _ bRange: Range<Int>) -> [(Int, Int)] {
    var places: [Int: (a: Int, b: Int)] = [:]  // -1: not seen; -2: more than once.
    for at in aRange {
      let isFirst = places[a[at]] == nil
      places[a[at]] = (isFirst ? at : -2, -1)
    }
    for at in bRange {
      guard let place = places[b[at]] else { continue }
      places[b[at]] = (place.a, place.b == -1 ? at : -2)
    }
    let unique = places.values.filter { $0.a >= 0 && $0.b >= 0 }.sorted { $0.a < $1.a }
    // Patience sorting: the top card of each pile, and for each card the top of the pile before.
    var tops: [Int] = []
    var previous = [Int](repeating: -1, count: unique.count)
    for (at, pair) in unique.enumerated() {
      let pile = partitioningIndex(in: tops.indices) { unique[tops[$0]].b >= pair.b }
      previous[at] = pile > 0 ? tops[pile - 1] : -1
      if pile == tops.count { tops.append(at) } else { tops[pile] = at }
    }
    var run: [(Int, Int)] = []
    var at = tops.last ?? -1
    while at >= 0 {
      run.append((unique[at].a, unique[at].b))
      at = previous[at]
    }
    return run.reversed()
  }

  /// - SeeAlso: Myers, An O(ND) Difference Algorithm and Its Variations, 1986.
  private static func myers(
    _ a: [Int], _ aRange: Range<Int>, _ b: [Int], _ bRange: Range<Int>, _ pairs: inout [(Int, Int)]
  ) {
    let (n, m) = (aRange.count, bRange.count)
    let limit = min(n + m, editCountMax)
    var furthest = [Int](repeating: 0, count: 2 * limit + 3)
    let middle = limit + 1
    var history: [[Int]] = []
    var editCount: Int?
    search: for edits in 0...limit {
      history.append(Array(furthest[(middle - edits - 1)...(middle + edits + 1)]))
      for diagonal in stride(from: -edits, through: edits, by: 2) {
        let goesDown =
          diagonal == -edits || (diagonal != edits && furthest[middle + diagonal - 1] < furthest[middle + diagonal + 1])
        var x = goesDown ? furthest[middle + diagonal + 1] : furthest[middle + diagonal - 1] + 1
        while x < n, x - diagonal < m, a[aRange.lowerBound + x] == b[bRange.lowerBound + x - diagonal] { x += 1 }
        furthest[middle + diagonal] = x
        if x >= n, x - diagonal >= m {
          editCount = edits
          break search
        }
      }
    }
    guard let editCount else { return }  // Too different: all of it counts as replaced.
    var found: [(Int, Int)] = []
    var (x, y) = (n, m)
    for edits in stride(from: editCount, through: 0, by: -1) {
      let row = history[edits]  // Of the step before; diagonal d stands at d + edits + 1.
      let diagonal = x - y
      func before(_ diagonal: Int) -> Int { row[diagonal + edits + 1] }
      let goesDown = diagonal == -edits || (diagonal != edits && before(diagonal - 1) < before(diagonal + 1))
      let previousX = edits == 0 ? 0 : goesDown ? before(diagonal + 1) : before(diagonal - 1) + 1
      while x > previousX, x > 0, y > 0 {
        x -= 1
        y -= 1
        found.append((aRange.lowerBound + x, bRange.lowerBound + y))
      }
      if edits > 0 { if goesDown { y -= 1 } else { x -= 1 } }
    }
    pairs += found.reversed()
  }
}

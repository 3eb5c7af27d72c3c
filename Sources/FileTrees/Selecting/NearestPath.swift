import SnapshotModel

/// The path that someone who wrote `wanted` most likely meant; `nil` when none is close.
///
/// The same name in another folder counts as close; else at most a third of the bytes, and at least two, may differ.
/// - Complexity: O(paths) with a small factor: most are ruled out by their length.
package func nearestPath(to wanted: [UInt8], among paths: some Sequence<ArchivePath>) -> ArchivePath? {
  let wanted = Array(wanted.split(separator: UInt8(ascii: "/")).joined(separator: [UInt8(ascii: "/")]))
  guard !wanted.isEmpty else { return nil }
  let name = wanted[((wanted.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
  var best: ArchivePath?
  var bestDistance = max(2, wanted.count / 3) + 1
  var namesake: ArchivePath?
  for path in paths where !path.isRoot {
    if namesake == nil, path.name == name { namesake = path }
    if let distance = editDistance(wanted, path.bytes, below: bestDistance) {
      best = path
      bestDistance = distance
    }
  }
  return bestDistance <= 2 ? best : namesake ?? best
}

/// How many bytes to insert, delete, replace or swap with their neighbour to get from `a` to `b`.
///
/// - Returns: `nil` when `limit` or more.
func editDistance(_ a: [UInt8], _ b: [UInt8], below limit: Int) -> Int? {
  guard abs(a.count - b.count) < limit else { return nil }
  var before: [Int] = []
  var above = Array(0...b.count)
  for i in 1..<(a.count + 1) {
    var row = [i]
    row.reserveCapacity(b.count + 1)
    var least = i
    for j in 1..<(b.count + 1) {
      var cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
      row.append(cost)
      least = min(least, cost)
    }
    guard least < limit else { return nil }
    (before, above) = (above, row)
  }
  return above[b.count] < limit ? above[b.count] : nil
}

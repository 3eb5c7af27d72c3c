/// Where a range of sorted places parts: the first for which `isBehind` holds, or the end.
///
/// Takes places and not a collection: a generic that the optimizer does not specialise costs more than it spares.
///
/// - Parameter isBehind: holds for a place only if it holds for all after it.
/// - Complexity: O(log count).
package func partitioningIndex(in places: Range<Int>, isBehind: (Int) -> Bool) -> Int {
  var (low, high) = (places.lowerBound, places.upperBound)
  while low < high {
    let middle = low + (high - low) / 2
    if isBehind(middle) { high = middle } else { low = middle + 1 }
  }
  return low
}

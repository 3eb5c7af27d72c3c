/// The one of `names` that `text` was most likely meant to be; `nil` when none is near.
///
/// Near means: at most a third of the longer name's characters differ (Damerau–Levenshtein, adjacent swaps count one).
package func nearestName(to text: String, among names: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  for name in names {
    let limit = min(best?.distance ?? .max, max(text.count, name.count) / 3 + 1)
    let distance = editDistance(Array(text.lowercased()), Array(name.lowercased()))
    if distance < limit { best = (name, distance) }
  }
  return best?.name
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

extension Character {
  package var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

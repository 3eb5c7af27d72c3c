/// `1.9 MiB`: a number of bytes for people, in powers of 1024.
package func formatted(byteCount: UInt64) -> String {
  guard byteCount >= 1024 else { return "\(byteCount) B" }
  var value = Double(byteCount)
  var unit = 0
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  while value >= 1023.95 && unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// `4 102`: a count for people, in groups of three.
package func formatted(count: some BinaryInteger) -> String {
  let digits = Array(String(count))
  var text = ""
  for (at, digit) in digits.enumerated() {
    let left = digits.count - at
    if at > 0, left.isMultiple(of: 3), digits[at - 1] != "-" { text.append(" ") }
    text.append(digit)
  }
  return text
}

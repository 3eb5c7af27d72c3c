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
  return "\(formatted(tenthsOf: value)) \(units[unit])"
}

/// `1.9`: a number that is not negative, with one digit behind the point.
package func formatted(tenthsOf value: Double) -> String {
  // Not `rounded()`: before SSE 4.1 that is a call into the C library's mathematics, which nothing else here links.
  let tenths = Int(value * 10 + 0.5)
  return "\(tenths / 10).\(tenths % 10)"
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

/// `1 file`, `4 102 files`.
///
/// - Parameter plural: of a noun that does more than take an s.
package func counted(_ count: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
  "\(formatted(count: count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// Reads a size as people type it, `10M`, `512 KiB`, `1.5G`:
/// k, M, G, T and P are powers of 1024, `iB` or `B` may follow.
///
/// - Returns: `nil` for anything else, and for 2^64 bytes and more.
package func parsedByteCount(_ text: some StringProtocol) -> UInt64? {
  var rest = Array(text.utf8)[...]
  func digits() -> String {
    let digits = rest.prefix { (48...57).contains($0) }
    rest = rest.dropFirst(digits.count)
    return String(decoding: digits, as: UTF8.self)
  }
  guard let whole = UInt64(digits()) else { return nil }
  var fraction = ""
  if rest.first == UInt8(ascii: ".") {
    rest = rest.dropFirst()
    fraction = digits()
    guard (1...6).contains(fraction.count) else { return nil }
  }
  if rest.count > 1, rest.first == UInt8(ascii: " ") { rest = rest.dropFirst() }
  let unit = String(decoding: rest, as: UTF8.self)
  let shifts: [String: UInt64] = ["k": 10, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50]
  let shift = unit == "" || unit == "B" ? 0 : shifts[String(unit.prefix(1))]
  guard let shift, shift == 0 || ["", "B", "iB"].contains(unit.dropFirst()), shift > 0 || fraction.isEmpty
  else { return nil }
  let scale = UInt64(1) << shift
  let (product, overflows) = whole.multipliedReportingOverflow(by: scale)
  var part: UInt64 = 0
  var divisor: UInt64 = 1
  for digit in fraction.utf8 {
    part = part * 10 + UInt64(digit - 48)
    divisor *= 10
  }
  // A million times 2^50 does not fit 64 bits.
  let (high, low) = part.multipliedFullWidth(by: scale)
  let (sum, overflowsToo) = product.addingReportingOverflow(divisor.dividingFullWidth((high, low)).quotient)
  return overflows || overflowsToo ? nil : sum
}

/// The sum; the largest number where that is larger: a record may claim any count, and none is a reason to end.
package func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let (sum, overflows) = a.addingReportingOverflow(b)
  return overflows ? .max : sum
}

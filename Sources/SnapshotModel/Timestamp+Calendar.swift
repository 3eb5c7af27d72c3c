extension Timestamp {
  /// The calendar day and the second of it, `0..<86_400`, that clocks `utcOffsetSeconds` east of Greenwich show.
  package func civil(utcOffsetSeconds: Int32 = 0) -> (date: CivilDate, secondOfDay: Int) {
    let (shifted, overflows) = seconds.addingReportingOverflow(Int64(utcOffsetSeconds))
    let local = overflows ? seconds : shifted
    let days = floorDivide(local, 86_400)
    // Wraps for the first day that 64 bits can name, of which the second is right all the same.
    return (CivilDate(daysSince1970: days), Int(local &- days &* 86_400))
  }

  /// - Parameter secondOfDay: on the clock of `utcOffsetSeconds`. A moment outside 64 bits becomes the nearest inside.
  package init(date: CivilDate, secondOfDay: Int, nanoseconds: UInt32 = 0, utcOffsetSeconds: Int32 = 0) {
    let days = date.daysSince1970
    let (product, overflows) = days.multipliedReportingOverflow(by: 86_400)
    let (seconds, overflowsToo) = product.addingReportingOverflow(Int64(secondOfDay) - Int64(utcOffsetSeconds))
    self.init(seconds: overflows || overflowsToo ? (days < 0 ? .min : .max) : seconds, nanoseconds: nanoseconds)
  }

  /// RFC 3339, `2026-11-21T13:43:55.012345678+01:00`; without a fraction when it is zero, `Z` for an offset of zero.
  ///
  /// - Parameter fraction: whether nanoseconds are written.
  package func rfc3339(utcOffsetSeconds: Int32 = 0, fraction: Bool = true) -> String {
    // Offsets have whole minutes in the text, so the clock must be shifted by whole minutes too.
    let minutes = Int64(utcOffsetSeconds) / 60
    let (date, second) = civil(utcOffsetSeconds: Int32(minutes * 60))
    func two(_ value: Int) -> String { padded(Int64(value), 2) }
    let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    let rest = fraction && nanoseconds > 0 ? "." + padded(Int64(nanoseconds), 9) : ""
    let away = Int(minutes.magnitude)
    let zone = minutes == 0 ? "Z" : "\(minutes < 0 ? "-" : "+")\(two(away / 60)):\(two(away % 60))"
    return "\(date)T\(time)\(rest)\(zone)"
  }

  /// Reads what `rfc3339` writes; also a blank or a lower-case letter for `T`, and fractions of one to nine digits.
  ///
  /// - Returns: `nil` when `text` is anything else, or the date or time does not exist.
  package init?(rfc3339 text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    func take(_ any: String) -> Bool {
      guard let first = rest.first, any.utf8.contains(first) else { return false }
      rest.removeFirst()
      return true
    }
    func number(_ digitCounts: ClosedRange<Int>) -> (value: Int64, digitCount: Int)? {
      let digits = rest.prefix { (48...57).contains($0) }.prefix(digitCounts.upperBound)
      guard digits.count >= digitCounts.lowerBound else { return nil }
      rest = rest.dropFirst(digits.count)
      return (digits.reduce(0) { $0 * 10 + Int64($1 - 48) }, digits.count)
    }
    func two(_ limit: Int64) -> Int? {
      guard let (value, _) = number(2...2), value <= limit else { return nil }
      return Int(value)
    }
    let isNegative = take("-")
    guard let (magnitude, _) = number(4...11), take("-"), let month = two(12), month > 0, take("-"),
      let day = two(31), day > 0
    else { return nil }
    let year = isNegative ? -magnitude : magnitude
    guard day <= CivilDate.dayCount(year: year, month: month), take("Tt "), let hour = two(23), take(":"),
      let minute = two(59), take(":"), let second = two(59)
    else { return nil }
    var nanoseconds: Int64 = 0
    if take(".") {
      guard let (value, digitCount) = number(1...9) else { return nil }
      nanoseconds = (digitCount..<9).reduce(value) { value, _ in value * 10 }
    }
    var offset = 0
    if !take("Zz") {
      let isWest = rest.first == UInt8(ascii: "-")
      guard take("+-"), let hours = two(23), take(":"), let minutes = two(59) else { return nil }
      offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    self.init(
      date: CivilDate(year: year, month: month, day: day), secondOfDay: hour * 3600 + minute * 60 + second,
      nanoseconds: UInt32(nanoseconds), utcOffsetSeconds: Int32(offset))
  }
}

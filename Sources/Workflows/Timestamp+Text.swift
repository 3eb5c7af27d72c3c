import SnapshotModel

extension Timestamp {
  /// `2026-11-21T09:34:00Z`, or with an offset `2026-11-21T10:34:00+01:00`; nanoseconds only when there are any.
  ///
  /// - Parameter fractionDigits: digits after the second; `nil` for nine, or none when the fraction is zero.
  /// - SeeAlso: RFC 3339
  package func rfc3339(utcOffsetSeconds: Int32 = 0, fractionDigits: Int? = nil) -> String {
    let civil = CivilTime(self, utcOffsetSeconds: utcOffsetSeconds)
    var text = civil.dateText + "T" + civil.timeText
    let digits = fractionDigits ?? (nanoseconds == 0 ? 0 : 9)
    if digits > 0 { text += "." + padded(Int(nanoseconds), 9).prefix(digits) }
    guard utcOffsetSeconds != 0 else { return text + "Z" }
    let minutes = Int(utcOffsetSeconds.magnitude) / 60
    return text + (utcOffsetSeconds < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
  }

  /// Reads `2026-11-21`, `2026-11-21 09:34`, `2026-11-21T09:34:00.5Z` or `…+01:00`; without a zone the machine's own.
  ///
  /// - Returns: `nil` when the text is no such time or the day does not exist.
  package init?(text: String) {
    var rest = Substring(text)
    func number(_ digits: Int) -> Int? {
      let head = rest.prefix(digits)
      guard head.utf8.count == digits, head.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      rest = rest.dropFirst(digits)
      return Int(head)
    }
    func skip(_ characters: String) -> Bool {
      guard let first = rest.first, characters.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2) else { return nil }
    var civil = CivilTime(year: year, month: month, day: day)
    var nanoseconds: UInt32 = 0
    if !rest.isEmpty {
      guard skip("T t"), let hour = number(2), skip(":"), let minute = number(2) else { return nil }
      civil.hour = hour
      civil.minute = minute
      if skip(":") {
        guard let second = number(2) else { return nil }
        civil.second = second
        if skip(".") {
          let digits = rest.prefix { $0.isASCII && $0.isNumber }
          guard !digits.isEmpty, let fraction = UInt32(digits.prefix(9)) else { return nil }
          nanoseconds = fraction
          for _ in digits.prefix(9).count..<9 { nanoseconds *= 10 }
          rest = rest.dropFirst(digits.count)
        }
      }
    }
    guard civil.isValid else { return nil }
    let offset: Int32
    if rest.isEmpty {
      offset = LocalClock.utcOffsetSeconds(at: civil.timestamp(utcOffsetSeconds: 0))
    } else if skip("Zz") {
      offset = 0
    } else {
      let isWest = rest.first == "-"
      guard skip("+-"), let hours = number(2), hours < 24, skip(":") || rest.count == 2, let minutes = number(2),
        minutes < 60
      else { return nil }
      offset = Int32(hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    self = civil.timestamp(utcOffsetSeconds: offset)
    self.nanoseconds = nanoseconds
  }
}

import Repositories
import SnapshotModel

/// A date or time as scripts write it into the names of files, and where it stands in the text.
///
/// `2026-11-21`, `20261121`; behind it `T`, `_`, `-` or a blank and `09-34-00`, `09:34:00` or `093400`, or without the seconds;
/// behind that thousandths, `-123` or `.123`, and `Z` for UTC. Without `Z` it is the clock of this machine.
struct WrittenTime: Hashable {
  var time: Timestamp
  var isDateOnly: Bool
  /// Of the text's UTF-8.
  var range: Range<Int>

  /// The first in `text`.
  init?(in text: [UInt8]) {
    for start in text.indices where start == 0 || !Self.isDigit(text[start - 1]) {
      if let found = WrittenTime(text, at: start) {
        self = found
        return
      }
    }
    return nil
  }

  private init?(_ text: [UInt8], at start: Int) {
    var scan = Scan(text: text, at: start)
    guard let year = scan.number(4), (1970...9999).contains(year) else { return nil }
    let separator = scan.take("-")
    guard let month = scan.number(2), (1...12).contains(month), scan.take("-") == separator,
      let day = scan.number(2), (1...31).contains(day),
      day <= CivilDate.dayCount(year: Int64(year), month: month)
    else { return nil }
    let date = CivilDate(year: Int64(year), month: month, day: day)
    let clock = scan.clock()
    // Fourteen digits on end are a time, too; nine are a number.
    guard clock != nil || !scan.isAtDigit else { return nil }
    let isUTC = clock != nil && scan.take("Zz")
    var time = Timestamp(
      date: date, secondOfDay: clock?.second ?? 0, nanoseconds: UInt32(clock?.milliseconds ?? 0) * 1_000_000)
    if !isUTC { time.seconds -= Int64(utcOffsetSeconds(at: time)) }
    self.time = time
    isDateOnly = clock == nil
    range = start..<scan.at
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private struct Scan {
    let text: [UInt8]
    var at: Int

    var isAtDigit: Bool { at < text.count && WrittenTime.isDigit(text[at]) }

    mutating func take(_ any: String) -> Bool {
      guard at < text.count, any.utf8.contains(text[at]) else { return false }
      at += 1
      return true
    }

    mutating func number(_ digitCount: Int) -> Int? {
      guard at + digitCount <= text.count, text[at..<at + digitCount].allSatisfy(WrittenTime.isDigit) else {
        return nil
      }
      defer { at += digitCount }
      return text[at..<at + digitCount].reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// The time of day behind a date; `nil`, and nothing taken, when there is none.
    mutating func clock() -> (second: Int, milliseconds: Int)? {
      var scan = self
      let isApart = scan.take("Tt_- ")
      guard let hour = scan.number(2), hour < 24 else { return nil }
      let separator = scan.take("-:")
      guard let minute = scan.number(2), minute < 60 else { return nil }
      let minuteEnd = scan
      var second = 0
      var milliseconds = 0
      if scan.take("-:") == separator, let seconds = scan.number(2), seconds < 60 {
        second = seconds
        var fraction = scan
        if fraction.take("-."), let value = fraction.number(3), !fraction.isAtDigit {
          milliseconds = value
          scan = fraction
        }
      } else {
        // Four digits that follow a date without anything between are part of a longer number.
        guard isApart else { return nil }
        scan = minuteEnd
      }
      guard !scan.isAtDigit else { return nil }
      self = scan
      return (hour * 3600 + minute * 60 + second, milliseconds)
    }
  }
}

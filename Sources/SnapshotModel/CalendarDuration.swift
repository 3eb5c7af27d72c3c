/// A length of time as people say it: `1y5m7d2h`, of which years and months are as long as the calendar has them.
package struct CalendarDuration: Hashable, Sendable {
  package var years = 0
  package var months = 0
  package var days = 0
  package var hours = 0
  package var minutes = 0
  package var seconds = 0

  package init(years: Int = 0, months: Int = 0, days: Int = 0, hours: Int = 0, minutes: Int = 0, seconds: Int = 0) {
    self.years = years
    self.months = months
    self.days = days
    self.hours = hours
    self.minutes = minutes
    self.seconds = seconds
  }

  package var isZero: Bool { self == CalendarDuration() }

  /// The number with which no part may come: far from where dates overflow.
  private static let partMax = 1_000_000

  /// Reads numbers with units, blanks allowed: `y`, `m` (months), `w`, `d`, `h`, `min`, `s`, and their English words.
  ///
  /// - Returns: `nil` for anything else, a unit that repeats, or a number above a million.
  package init?(_ text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    func skipBlanks() { rest = rest.drop { $0 == UInt8(ascii: " ") } }
    var seen: Set<String> = []
    skipBlanks()
    repeat {
      let digits = rest.prefix { (48...57).contains($0) }
      rest = rest.dropFirst(digits.count)
      skipBlanks()
      let word = rest.prefix { (97...122).contains($0) }
      rest = rest.dropFirst(word.count)
      skipBlanks()
      guard let number = Int(String(decoding: digits, as: UTF8.self)), number <= Self.partMax,
        let unit = Self.unit(String(decoding: word, as: UTF8.self)), seen.insert(unit).inserted
      else { return nil }
      switch unit {
      case "y": years += number
      case "m": months += number
      case "w": days += 7 * number
      case "d": days += number
      case "h": hours += number
      case "min": minutes += number
      default: seconds += number
      }
    } while !rest.isEmpty
  }

  private static func unit(_ word: String) -> String? {
    switch word {
    case "y", "year", "years": "y"
    case "m", "mon", "month", "months": "m"
    case "w", "week", "weeks": "w"
    case "d", "day", "days": "d"
    case "h", "hour", "hours": "h"
    case "min", "mins", "minute", "minutes": "min"
    case "s", "sec", "secs", "second", "seconds": "s"
    default: nil
    }
  }

  /// How many seconds of the calendar it is when it ends at `end`.
  package func seconds(before end: Timestamp) -> Int64 { end.seconds(since: before(end)) }

  /// The moment this long before `end`, on clocks `utcOffsetSeconds` east.
  ///
  /// Years and months go first; a day that the month then lacks becomes its last: one month before 31 March is the end
  /// of February.
  package func before(_ end: Timestamp, utcOffsetSeconds: Int32 = 0) -> Timestamp {
    let (date, secondOfDay) = end.civil(utcOffsetSeconds: utcOffsetSeconds)
    let monthsSinceZero = date.year * 12 + Int64(date.month - 1) - Int64(years) * 12 - Int64(months)
    let year = floorDivide(monthsSinceZero, 12)
    let month = Int(monthsSinceZero - year * 12) + 1
    let day = min(date.day, CivilDate.dayCount(year: year, month: month))
    let elapsed = Int64(days) * 86_400 + Int64(hours) * 3600 + Int64(minutes) * 60 + Int64(seconds)
    var start = Timestamp(
      date: CivilDate(year: year, month: month, day: day), secondOfDay: secondOfDay, nanoseconds: end.nanoseconds,
      utcOffsetSeconds: utcOffsetSeconds)
    let (seconds, overflows) = start.seconds.subtractingReportingOverflow(elapsed)
    start.seconds = overflows ? .min : seconds
    return start
  }

  private var parts: [(number: Int, unit: String, word: String)] {
    [
      (years, "y", "year"), (months, "m", "month"), (days, "d", "day"), (hours, "h", "hour"),
      (minutes, "min", "minute"), (seconds, "s", "second"),
    ].filter { $0.0 != 0 }
  }

  /// `1 year, 5 months, 7 days`: how a dry run says what it understood.
  package var spelledOut: String {
    isZero ? "0 days" : parts.map { "\($0.number) \($0.word)\($0.number == 1 ? "" : "s")" }.joined(separator: ", ")
  }
}

extension CalendarDuration: CustomStringConvertible {
  /// `1y5m7d`: as it is typed.
  package var description: String { isZero ? "0d" : parts.map { "\($0.number)\($0.unit)" }.joined() }
}

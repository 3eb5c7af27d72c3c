import SnapshotModel

/// A length of time as people say it, `1y5m7d2h`: months and days are those of the calendar.
package struct CalendarDuration: Hashable, Sendable {
  package var months = 0
  package var days = 0
  package var seconds = 0

  package init(months: Int = 0, days: Int = 0, seconds: Int = 0) {
    self.months = months
    self.days = days
    self.seconds = seconds
  }

  /// Reads numbers with units: `y`, `m` (months), `w`, `d`, `h`, `min`, `s` or the words, with or without blanks between.
  ///
  /// - Returns: `nil` when a unit is missing or unknown, nothing is said, or the number is absurd.
  package init?(text: String) {
    var rest = Substring(text.lowercased())
    self.init()
    var isEmpty = true
    while true {
      rest = rest.drop { $0 == " " || $0 == "," }
      if rest.isEmpty { break }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty, digits.count <= 9, let number = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      switch unit {
      case "y", "year", "years": months += number * 12
      case "m", "mo", "month", "months": months += number
      case "w", "week", "weeks": days += number * 7
      case "d", "day", "days": days += number
      case "h", "hour", "hours": seconds += number * 3600
      case "min", "mins", "minute", "minutes": seconds += number * 60
      case "s", "sec", "secs", "second", "seconds": seconds += number
      default: return nil
      }
      isEmpty = false
    }
    // 1,000 years: what is longer is a slip of the finger, and would overflow the calendar.
    guard !isEmpty, months <= 12_000, days <= 366_000, seconds <= 366_000 * 86_400 else { return nil }
  }

  /// The time that lies this long before `time`; a day that the month lacks becomes its last one.
  ///
  /// - Parameter utcOffsetSeconds: whose calendar counts.
  package func before(_ time: Timestamp, utcOffsetSeconds: Int32) -> Timestamp {
    var civil = CivilTime(time, utcOffsetSeconds: utcOffsetSeconds)
    let month = civil.year * 12 + civil.month - 1 - months
    civil.year = month >= 0 ? month / 12 : (month - 11) / 12
    civil.month = month - civil.year * 12 + 1
    civil.day = min(civil.day, CivilTime.days(inMonth: civil.month, of: civil.year))
    var earlier = civil.timestamp(utcOffsetSeconds: utcOffsetSeconds)
    earlier.seconds -= Int64(days) * 86_400 + Int64(seconds)
    earlier.nanoseconds = time.nanoseconds
    return earlier
  }

  /// How long that is when a month has 30 days and a year 365: for windows and ages, not for calendars.
  package var approximateSeconds: Int64 {
    Int64(months / 12) * 365 * 86_400 + Int64(months % 12) * 30 * 86_400 + Int64(days) * 86_400 + Int64(seconds)
  }
}

extension CalendarDuration: CustomStringConvertible {
  /// `1 year 5 months 7 days 2 hours`: how it was understood.
  package var description: String {
    let parts = [
      (months / 12, "year"), (months % 12, "month"), (days, "day"), (seconds / 3600, "hour"),
      (seconds / 60 % 60, "minute"), (seconds % 60, "second"),
    ]
    let text = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
    return text.isEmpty ? "no time" : text.joined(separator: " ")
  }
}

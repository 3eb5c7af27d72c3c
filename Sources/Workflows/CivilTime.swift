import SnapshotModel

/// A date and time of day on the Gregorian calendar, without a zone: what clocks and calendars show.
package struct CivilTime: Hashable, Sendable {
  package var year: Int
  /// `1...12`.
  package var month: Int
  /// `1...31`.
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int

  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// What a clock showed `utcOffsetSeconds` east of Greenwich at `time`; fractions of a second are dropped.
  package init(_ time: Timestamp, utcOffsetSeconds: Int32) {
    let (local, overflow) = time.seconds.addingReportingOverflow(Int64(utcOffsetSeconds))
    let seconds = overflow ? time.seconds : local
    let days = Int(seconds) / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
    let rest = Int((seconds % 86_400 + 86_400) % 86_400)
    self.init(dayNumber: days)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
  }

  /// Midnight of a day counted from 1970-01-01.
  ///
  /// - SeeAlso: Howard Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
  package init(dayNumber: Int) {
    let shifted = dayNumber + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Days from 1970-01-01, negative before it.
  package var dayNumber: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Counts Mondays: two days of one Monday-to-Sunday week have the same number.
  package var weekNumber: Int {
    let days = dayNumber + 3  // 1970-01-01 was a Thursday.
    return days >= 0 ? days / 7 : (days - 6) / 7
  }

  package func timestamp(utcOffsetSeconds: Int32) -> Timestamp {
    Timestamp(seconds: Int64(dayNumber * 86_400 + hour * 3600 + minute * 60 + second) - Int64(utcOffsetSeconds))
  }

  /// Whether the parts name a day and a time that exist (no leap seconds).
  package var isValid: Bool {
    (1...12).contains(month) && (1...Self.days(inMonth: month, of: year)).contains(day) && (0...23).contains(hour)
      && (0...59).contains(minute) && (0...59).contains(second)
  }

  /// - Parameter month: `1...12`.
  static func days(inMonth month: Int, of year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  /// `2026-11-21`.
  package var dateText: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
  /// `09:34:00`.
  package var timeText: String { "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))" }
}

/// `number` in decimal with zeros in front up to `width` digits.
package func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number.magnitude)
  return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// A day of the proleptic Gregorian calendar.
///
/// - SeeAlso: Howard Hinnant, chrono-compatible low-level date algorithms.
package struct CivilDate: Hashable, Sendable {
  package var year: Int64
  /// `1...12`.
  package var month: Int
  /// `1...31`.
  package var day: Int

  package init(year: Int64, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// - Parameter days: since 1970-01-01; within ±2^55, far more than 64 bits of seconds ask for.
  package init(daysSince1970 days: Int64) {
    // Counted from March, so that the leap day ends a year and a 400-year era holds 146,097 days.
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5) + 1
    month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  package var daysSince1970: Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = floorDivide(year, 400)
    let yearOfEra = year - era * 400
    let monthFromMarch = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// `1` for Monday to `7` for Sunday.
  package var weekday: Int {
    let days = daysSince1970 + 3
    return Int(days - floorDivide(days, 7) * 7) + 1
  }

  /// The ISO 8601 week: it begins on Monday and belongs to the year that holds its Thursday.
  package var isoWeek: (year: Int64, week: Int) {
    let thursday = CivilDate(daysSince1970: daysSince1970 - Int64(weekday) + 4)
    let firstDay = CivilDate(year: thursday.year, month: 1, day: 1).daysSince1970
    return (thursday.year, Int((thursday.daysSince1970 - firstDay) / 7) + 1)
  }

  package static func dayCount(year: Int64, month: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    default: 31
    }
  }
}

extension CivilDate: Comparable, CustomStringConvertible {
  package static func < (a: Self, b: Self) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }

  /// `2026-11-21`.
  package var description: String { "\(padded(year, 4))-\(padded(Int64(month), 2))-\(padded(Int64(day), 2))" }
}

/// The quotient rounded towards minus infinity; the divisor is positive.
package func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
  let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}

func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value.magnitude)
  return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

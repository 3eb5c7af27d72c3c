import Repositories
import SnapshotModel

/// A date and time as `date`, mail programs and JavaScript write it for people: with the month's English name.
///
///     Fri Nov 21 09:34:00 UTC 2026
///     Fri 21 Nov 2026 09:34:00 AM CET
///     Fri, 21 Nov 2026 09:34:00 +0100
///     Fri Nov 21 2026 09:34:00 GMT+0100 (Central European Standard Time)
enum SpokenTime {
  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
  /// Hours east of Greenwich: those of RFC 2822, and Europe's. Others mean several places.
  private static let zones = [
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
  ]

  /// - Returns: `nil` for a text of another form, and where a word may be a zone that is not known. Without a zone it is the clock of
  ///   this machine.
  static func time(in text: String) -> Timestamp? {
    let plain = text.prefix { $0 != "(" }
    var month: Int?
    var day: Int?
    var year: Int64?
    var second: Int?
    var offset: Int?
    var isAfternoon: Bool?
    for word in plain.split(whereSeparator: { " ,\t".contains($0) }).map({ $0.lowercased() }) {
      if let seconds = clock(word) {
        guard second == nil else { return nil }
        second = seconds
      } else if let number = Int(word), word.utf8.allSatisfy({ (48...57).contains($0) }) {
        if word.utf8.count == 4, year == nil {
          year = Int64(number)
        } else if day == nil {
          day = number
        } else {
          return nil
        }
      } else if let at = months.firstIndex(of: String(word.prefix(3))), word.allSatisfy(\.isLetter), month == nil {
        month = at + 1
      } else if let found = zone(word) {
        guard offset == nil else { return nil }
        offset = found
      } else if word == "am" || word == "pm" {
        isAfternoon = word == "pm"
      } else if !["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(String(word.prefix(3))) {
        return nil
      }
    }
    guard let month, let day, let year, var second, (1970...9999).contains(year), day >= 1,
      day <= CivilDate.dayCount(year: year, month: month)
    else { return nil }
    if let isAfternoon {
      guard (3600..<13 * 3600).contains(second) else { return nil }
      second = second % (12 * 3600) + (isAfternoon ? 12 * 3600 : 0)
    }
    var time = Timestamp(date: CivilDate(year: year, month: month, day: day), secondOfDay: second)
    time.seconds -= Int64(offset ?? Int(utcOffsetSeconds(at: time)))
    return time
  }

  /// `09:34:00` or `9:34`, in seconds.
  private static func clock(_ word: String) -> Int? {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { (1...2).contains($0.utf8.count) ? Int($0) : nil }
    guard (2...3).contains(parts.count), numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 }), numbers[0] < 24,
      numbers[1] < 60, numbers.last ?? 0 < 60
    else { return nil }
    return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
  }

  /// `CET`, `+0100`, `+01:00`, `GMT+0100`, in seconds.
  private static func zone(_ word: String) -> Int? {
    if let hours = zones[word] { return hours * 3600 }
    let name = word.prefix { $0 != "+" && $0 != "-" }
    let digits = word.dropFirst(name.count + 1).filter { $0 != ":" }
    guard ["", "gmt", "utc"].contains(name), name.count < word.count, digits.utf8.count == 4, let number = Int(digits),
      number >= 0, number / 100 < 24, number % 100 < 60
    else { return nil }
    let seconds = number / 100 * 3600 + number % 100 * 60
    return word.dropFirst(name.count).first == "-" ? -seconds : seconds
  }
}

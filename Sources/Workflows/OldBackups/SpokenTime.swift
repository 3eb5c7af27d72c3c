import Repositories
import SnapshotModel

/// A date and time in words: as `date`, mail programs and JavaScript write it for people, with the month's English name, or as git and
/// databases do, with a zone behind it.
///
///     Fri Nov 21 09:34:00 UTC 2026
///     Fri 21 Nov 2026 09:34:00 AM CET
///     Fri, 21 Nov 2026 09:34:00 +0100
///     Fri Nov 21 2026 09:34:00 GMT+0100 (Central European Standard Time)
///     2026-11-21 09:34:00 +0100
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
    for word in words(of: plain) {
      if let date = numericDate(word) {
        guard year == nil, month == nil, day == nil else { return nil }
        (year, month, day) = (Int64(date[0]), date[1], date[2])
      } else if let seconds = clock(word) {
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
    guard let month, (1...12).contains(month), let day, let year, var second, (1970...9999).contains(year), day >= 1,
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

  /// In lower case; a date, a clock and a zone that are written as one word, `2026-11-21T09:34:00+01:00`, are three.
  private static func words(of text: Substring) -> [String] {
    text.split(whereSeparator: { " ,\t".contains($0) }).flatMap { word in
      var rest = word.lowercased()[...]
      var words: [String] = []
      if rest.count > 10, numericDate(String(rest.prefix(10))) != nil {
        words.append(String(rest.prefix(10)))
        rest = rest.dropFirst(10)
        if rest.first == "t" || rest.first == "_" { rest = rest.dropFirst() }
      }
      let clock = rest.prefix { "0123456789:.".contains($0) }
      if clock.contains(":"), clock.count < rest.count {
        words.append(String(clock))
        rest = rest.dropFirst(clock.count)
      }
      return rest.isEmpty ? words : words + [String(rest)]
    }
  }

  /// Year, month and day of `2026-11-21` or `2026/11/21`.
  private static func numericDate(_ word: String) -> [Int]? {
    guard let separator = word.first(where: { "-/".contains($0) }) else { return nil }
    let parts = word.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return parts.compactMap { Int($0) }
  }

  /// `09:34:00`, `9:34` or `09:34:00.123`, in whole seconds.
  private static func clock(_ word: String) -> Int? {
    var parts = word.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 3, let point = parts[2].firstIndex(of: ".") {
      guard parts[2][point...].dropFirst().utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      parts[2] = parts[2][..<point]
    }
    let numbers = parts.compactMap { (1...2).contains($0.utf8.count) ? Int($0) : nil }
    guard (2...3).contains(parts.count), numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 }), numbers[0] < 24,
      numbers[1] < 60, numbers.last ?? 0 < 60
    else { return nil }
    return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
  }

  /// `CET`, `+0100`, `+01:00`, `+01`, `GMT+0100`, in seconds.
  private static func zone(_ word: String) -> Int? {
    if let hours = zones[word] { return hours * 3600 }
    let name = word.prefix { $0 != "+" && $0 != "-" }
    let digits = word.dropFirst(name.count + 1).filter { $0 != ":" }
    guard ["", "gmt", "utc"].contains(name), name.count < word.count, [2, 4].contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits.utf8.count == 2 ? digits + "00" : digits),
      number / 100 < 24, number % 100 < 60
    else { return nil }
    let seconds = number / 100 * 3600 + number % 100 * 60
    return word.dropFirst(name.count).first == "-" ? -seconds : seconds
  }
}

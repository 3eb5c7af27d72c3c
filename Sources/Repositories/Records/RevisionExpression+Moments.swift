import Glibc
import SnapshotModel

extension RevisionExpression {
  /// The moment that `@{…}` means: `yesterday`, `today`, `now`, a duration ago (`3d`), a date or a date with a time.
  ///
  /// A date alone means its last second, in local time; so does `yesterday`.
  static func moment(_ text: String) throws -> Timestamp {
    let now = currentTime()
    switch text.lowercased() {
    case "now": return now
    case "today": return endOfDay(now, daysBack: 0)
    case "yesterday": return endOfDay(now, daysBack: 1)
    default: break
    }
    if let duration = CalendarDuration(text) {
      return duration.before(now, utcOffsetSeconds: utcOffsetSeconds(at: now))
    }
    if let moment = date(text) { return moment }
    throw SnapFault(
      .usage, "'@{\(text)}': '\(text)' is no date and no duration",
      hint: "examples: @{2026-08-01}, @{2026-08-01T12:30}, @{yesterday}, @{3d}")
  }

  private static func endOfDay(_ time: Timestamp, daysBack: Int64) -> Timestamp {
    let offset = Int64(utcOffsetSeconds(at: time))
    let local = time.seconds + offset
    let day = floorDivide(local, 86400) - daysBack
    return Timestamp(seconds: (day + 1) * 86400 - 1 - offset, nanoseconds: 999_999_999)
  }

  /// `2026-08-01`, `2026-08-01T12:30`, `2026-08-01 12:30:15`, with `Z` or in local time.
  private static func date(_ text: String) -> Timestamp? {
    let isUTC = text.hasSuffix("Z")
    let fields = (isUTC ? text.dropLast() : text[...]).split { "-T: ".contains($0) }
    guard [3, 5, 6].contains(fields.count), fields[0].count == 4 else { return nil }
    let numbers = fields.compactMap { $0.allSatisfy(\.isASCIIDigit) ? Int32($0) : nil }
    guard numbers.count == fields.count, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) else {
      return nil
    }
    var parts = unsafe tm()
    unsafe parts.tm_year = numbers[0] - 1900
    unsafe parts.tm_mon = numbers[1] - 1
    unsafe parts.tm_mday = numbers[2]
    let hasTime = numbers.count > 3
    unsafe parts.tm_hour = hasTime ? numbers[3] : 23
    unsafe parts.tm_min = hasTime ? numbers[4] : 59
    unsafe parts.tm_sec = numbers.count > 5 ? numbers[5] : hasTime ? 0 : 59
    unsafe parts.tm_isdst = -1
    guard unsafe parts.tm_hour < 24, unsafe parts.tm_min < 60, unsafe parts.tm_sec < 61 else { return nil }
    let seconds = isUTC ? unsafe timegm(&parts) : unsafe mktime(&parts)
    // 31 February would be taken for a day of March.
    guard unsafe parts.tm_mday == numbers[2], unsafe parts.tm_mon == numbers[1] - 1 else { return nil }
    return Timestamp(seconds: Int64(seconds), nanoseconds: 999_999_999)
  }
}

/// What the local time is ahead of UTC at `time`, in seconds.
package func utcOffsetSeconds(at time: Timestamp) -> Int32 {
  var seconds = time_t(time.seconds)
  var parts = unsafe tm()
  unsafe localtime_r(&seconds, &parts)
  return unsafe Int32(parts.tm_gmtoff)
}

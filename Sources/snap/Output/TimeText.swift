import SnapshotModel
import Workflows

/// Times and lengths of time for people.
enum TimeText {
  /// `2026-11-21 09:34`, by the clock where it was saved.
  static func minute(_ snapshot: Snapshot) -> String {
    minute(snapshot.created, utcOffsetSeconds: snapshot.utcOffsetSeconds)
  }

  static func minute(_ time: Timestamp, utcOffsetSeconds: Int32) -> String {
    let (date, second) = time.civil(utcOffsetSeconds: utcOffsetSeconds)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date) \(two(second / 3600)):\(two(second / 60 % 60))"
  }

  /// `3 hours ago`; `in the future` for a time that has not come.
  static func age(of time: Timestamp, at now: Timestamp) -> String {
    let seconds = now.seconds(since: time)
    return seconds < 0 ? "in the future" : seconds < 60 ? "just now" : rough(seconds) + " ago"
  }

  /// `26 hours`, in the largest unit that gives at least two.
  static func rough(_ seconds: Int64) -> String {
    for (length, name) in [
      (Int64(365 * 86_400), "year"), (30 * 86_400, "month"), (7 * 86_400, "week"), (86_400, "day"), (3600, "hour"),
      (60, "minute"),
    ] where seconds >= length * 2 {
      return "\(seconds / length) \(name)s"
    }
    return seconds >= 60 ? "1 minute" : "\(seconds) second\(seconds == 1 ? "" : "s")"
  }

  /// `3.1 s`, `2 min 5 s`, `1 h 3 min`.
  static func elapsed(_ seconds: Double) -> String {
    let whole = Int(seconds)
    if seconds < 10 { return "\(Int(seconds * 10) / 10).\(Int(seconds * 10) % 10) s" }
    if whole < 120 { return "\(whole) s" }
    if whole < 7200 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}

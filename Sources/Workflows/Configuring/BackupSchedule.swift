import SnapshotModel

/// When a project wants to be saved, by the clock on the wall.
package enum BackupSchedule: Hashable, Sendable {
  case hourly
  case daily(hour: Int, minute: Int)
  /// - Parameter weekday: 1 for Monday to 7 for Sunday.
  case weekly(weekday: Int, hour: Int, minute: Int)

  private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

  /// `hourly`, `daily`, `daily 02:30`, `weekly`, `weekly sunday 02:30`; at 02:00 and on Monday unless said.
  package init?(_ text: String) {
    var words = text.lowercased().split(separator: " ")[...]
    guard let first = words.popFirst() else { return nil }
    var weekday = 1
    if first == "weekly", let word = words.first,
      let at = Self.weekdays.firstIndex(where: { word.count >= 3 && $0.hasPrefix(word) })
    {
      weekday = at + 1
      words.removeFirst()
    }
    var (hour, minute) = (2, 0)
    if first != "hourly", let word = words.popFirst() {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1].count == 2, let parsedHour = Int(parts[0]), let parsedMinute = Int(parts[1]),
        (0...23).contains(parsedHour), (0...59).contains(parsedMinute)
      else { return nil }
      (hour, minute) = (parsedHour, parsedMinute)
    }
    guard words.isEmpty else { return nil }
    switch first {
    case "hourly": self = .hourly
    case "daily": self = .daily(hour: hour, minute: minute)
    case "weekly": self = .weekly(weekday: weekday, hour: hour, minute: minute)
    default: return nil
    }
  }
}

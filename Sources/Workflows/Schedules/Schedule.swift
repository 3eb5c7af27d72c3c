import SnapshotModel

/// When a job runs, by the clock of this machine.
package struct Schedule: Hashable, Sendable {
  package enum Period: String, CaseIterable, Sendable {
    case hourly, daily, weekly
  }

  package enum Weekday: String, CaseIterable, Sendable {
    case sun, mon, tue, wed, thu, fri, sat
  }

  package var period: Period
  /// `0..<24`; hourly jobs run every hour.
  package var hour: Int
  /// `0..<60`.
  package var minute: Int
  /// Of weekly jobs.
  package var weekday: Weekday

  package init(_ period: Period, hour: Int = 2, minute: Int = 0, weekday: Weekday = .sun) {
    self.period = period
    self.hour = hour
    self.minute = minute
    self.weekday = weekday
  }

  /// `hourly`, `daily`, `daily 02:30`, `weekly`, `weekly sunday 02:30`; at two and on Sunday unless said.
  package init?(_ text: String) {
    var words = text.lowercased().split(separator: " ")[...]
    guard let period = words.popFirst().flatMap({ Period(rawValue: String($0)) }) else { return nil }
    self.init(period)
    if period == .weekly, let word = words.first,
      let at = Self.dayNames.firstIndex(where: { word.count >= 3 && $0.hasPrefix(word) })
    {
      weekday = Weekday.allCases[at]
      words.removeFirst()
    }
    if period != .hourly, let word = words.popFirst() {
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1].count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
        (0..<24).contains(hour), (0..<60).contains(minute)
      else { return nil }
      (self.hour, self.minute) = (hour, minute)
    }
    guard words.isEmpty else { return nil }
  }

  /// As `Weekday.allCases`.
  private static let dayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

  /// The five fields of a line in a crontab.
  var cronFields: String {
    switch period {
    case .hourly: "\(minute) * * * *"
    case .daily: "\(minute) \(hour) * * *"
    case .weekly: "\(minute) \(hour) * * \(Weekday.allCases.firstIndex(of: weekday) ?? 0)"
    }
  }

  /// - SeeAlso: systemd.time(7), calendar events
  var onCalendar: String {
    switch period {
    case .hourly: "*-*-* *:\(two(minute)):00"
    case .daily: "*-*-* \(two(hour)):\(two(minute)):00"
    case .weekly: "\(weekday.rawValue.capitalizedFirst) *-*-* \(two(hour)):\(two(minute)):00"
    }
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

/// A command that a timer runs, and how to know it again: by the repository, and by what it does.
package struct ScheduledJob: Hashable, Sendable {
  /// Eight digits of the repository's id.
  package var repository: String
  /// The command's name, `save`; where it has arguments of its own, with six digits that stand for them, so that `save` and
  /// `save -r /mnt/b` are two jobs.
  package var name: String
  /// Program and arguments.
  package var words: [String]

  /// - Parameters:
  ///   - program: what leads to the repository: the program and its options.
  ///   - arguments: behind the command's name.
  package init(repository: String, command: String, program: [String], arguments: [String]) {
    self.repository = repository
    words = program + [command] + arguments
    let telling = arguments.filter { !Self.silent.contains($0) }
    name = telling.isEmpty ? command : "\(command)-\(Self.digits(of: telling))"
  }

  /// What only says how much is said, when there is nothing to do, and what the version is called.
  private static let silent = ["-q", "--quiet", "--skip-if-unchanged", "--version-from=time"]

  /// FNV-1a of the words, a NUL behind each.
  private static func digits(of words: [String]) -> String {
    var hash: UInt32 = 0x811C_9DC5
    for byte in words.map({ Array($0.utf8) + [0 as UInt8] }).joined() { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return hexadecimal([16, 8, 0].map { UInt8(truncatingIfNeeded: hash >> $0) })
  }
}

/// A job as it was found where timers are kept.
package struct InstalledJob: Hashable, Sendable {
  package enum Place: String, CaseIterable, Sendable {
    case cron, systemd
  }

  package var name: String
  package var place: Place
  /// In the words of the place: `0 2 * * *`, or `*-*-* 02:00:00`.
  package var time: String
  /// As the place has it, quotes and all.
  package var command: String
}

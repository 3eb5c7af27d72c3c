import Repositories
import SnapshotModel

/// Which versions to keep: each rule keeps some, and what no rule keeps goes.
package struct RetentionPolicy: Hashable, Sendable {
  package var last: Int?
  package var hourly: Int?
  package var daily: Int?
  package var weekly: Int?
  package var monthly: Int?
  package var yearly: Int?
  /// Keeps everything this long before the newest version.
  package var within: CalendarDuration?
  package var tags: [String] = []

  package init() {}

  package var isEmpty: Bool { self == RetentionPolicy() }

  /// How many a rule keeps when it is to keep all.
  package static let unlimited = Int.max
}

/// What the policy says about one version, and why.
package struct RetentionDecision: Sendable {
  package var version: ListedSnapshot
  /// Empty for a version that goes.
  package var reasons: [String]

  package var isKept: Bool { !reasons.isEmpty }
}

extension RetentionPolicy {
  /// Decides about every version; oldest first, as given.
  ///
  /// Calendar rules keep the newest version of each of the last n hours, days, weeks (from Monday), months or years
  /// that have one, by the clock of the machine that saved it. Versions dated after `now` and held ones are always kept
  /// and use up no rule.
  package func decisions(on versions: [ListedSnapshot], now: Timestamp) -> [RetentionDecision] {
    var reasons = [[String]](repeating: [], count: versions.count)
    let newestFirst = versions.indices.sorted { (versions[$0].snapshot.created, $0) > (versions[$1].snapshot.created, $1) }
    let past = newestFirst.filter { versions[$0].snapshot.created <= now }
    for at in newestFirst where versions[at].snapshot.created > now { reasons[at].append("dated in the future") }
    for at in versions.indices {
      for (name, reason) in versions[at].labels.holds.sorted(by: { $0.key < $1.key }) {
        reasons[at].append("held: " + (reason.isEmpty ? name : "\(name) (\(reason))"))
      }
    }
    if let last {
      for (number, at) in past.prefix(last).enumerated() { reasons[at].append("last \(number + 1)") }
    }
    for rule in calendarRules {
      var kept = 0
      var previous: Int?
      for at in past where kept < rule.count {
        let snapshot = versions[at].snapshot
        let civil = CivilTime(snapshot.created, utcOffsetSeconds: snapshot.utcOffsetSeconds)
        let period = rule.period(civil)
        guard period.number != previous else { continue }
        previous = period.number
        kept += 1
        reasons[at].append("\(rule.name) \(period.text)")
      }
    }
    if let within, let newest = past.first.map({ versions[$0].snapshot }) {
      let limit = within.before(newest.created, utcOffsetSeconds: newest.utcOffsetSeconds)
      for at in past where versions[at].snapshot.created >= limit { reasons[at].append("within \(within)") }
    }
    for at in versions.indices {
      for tag in tags where versions[at].tags.contains(tag) { reasons[at].append("tag \(tag)") }
    }
    return versions.indices.map { RetentionDecision(version: versions[$0], reasons: reasons[$0]) }
  }

  private struct CalendarRule {
    var name: String
    var count: Int
    var period: (CivilTime) -> (number: Int, text: String)
  }

  private var calendarRules: [CalendarRule] {
    let rules: [(String, Int?, (CivilTime) -> (Int, String))] = [
      ("hourly", hourly, { ($0.dayNumber * 24 + $0.hour, "\($0.dateText) \(padded($0.hour, 2))h") }),
      ("daily", daily, { ($0.dayNumber, $0.dateText) }),
      ("weekly", weekly, { ($0.weekNumber, "from \(CivilTime(dayNumber: $0.weekNumber * 7 - 3).dateText)") }),
      ("monthly", monthly, { ($0.year * 12 + $0.month, String($0.dateText.prefix(7))) }),
      ("yearly", yearly, { ($0.year, padded($0.year, 4)) }),
    ]
    return rules.compactMap { rule in rule.1.map { CalendarRule(name: rule.0, count: $0, period: rule.2) } }
  }
}

extension RetentionPolicy: CustomStringConvertible {
  /// `last 3, daily 7, within 1 month`: how it was understood.
  package var description: String {
    func text(_ name: String, _ count: Int?) -> [String] {
      count.map { ["\(name) \($0 == Self.unlimited ? "all" : String($0))"] } ?? []
    }
    let counts = [
      text("last", last), text("hourly", hourly), text("daily", daily), text("weekly", weekly),
      text("monthly", monthly), text("yearly", yearly),
    ]
    let rest = (within.map { ["within \($0)"] } ?? []) + tags.map { "tag \($0)" }
    return (counts.flatMap { $0 } + rest).joined(separator: ", ")
  }
}

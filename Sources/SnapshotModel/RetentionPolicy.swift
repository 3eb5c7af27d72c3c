/// Which snapshots to keep: rules of which any one suffices.
///
/// A pure value, so that the same rules decide for a dry run and for the run.
package struct RetentionPolicy: Hashable, Sendable {
  /// How many of the newest snapshots; `0` for no such rule, as in all the counts.
  package var keepLast = 0
  /// In how many of the last hours that have a snapshot to keep the newest; `Int.max` for all.
  package var keepHourly = 0
  package var keepDaily = 0
  /// Weeks begin on Monday (ISO 8601).
  package var keepWeekly = 0
  package var keepMonthly = 0
  package var keepYearly = 0
  /// Keeps what is no older than this, counted back from the newest trusted snapshot (not from now: a project at rest
  /// loses nothing).
  package var keepWithin: CalendarDuration?
  /// Keeps what has one of these tags.
  package var keepTags: [String] = []

  package init() {}

  package var isEmpty: Bool {
    keepTags.isEmpty && keepWithin?.isZero ?? true && Period.allCases.allSatisfy { count($0) <= 0 }
  }
}

/// What a retention policy looks at.
package struct RetentionCandidate: Hashable, Sendable {
  package var id: SnapshotID
  package var version: String
  package var created: Timestamp
  /// Of the machine that saved it: the day that people saw on the clock is the day that counts.
  package var utcOffsetSeconds: Int32
  /// Those given on saving and later ones.
  package var tags: [String]
  /// Names of the holds; a held snapshot is never removed.
  package var holds: [String]
  package var isSuspect: Bool
  /// Only candidates of one group take places away from each other: versions of other paths are no substitute.
  package var group: String

  package init(
    id: SnapshotID, version: String, created: Timestamp, utcOffsetSeconds: Int32 = 0, tags: [String] = [],
    holds: [String] = [], isSuspect: Bool = false, group: String = ""
  ) {
    self.id = id
    self.version = version
    self.created = created
    self.utcOffsetSeconds = utcOffsetSeconds
    self.tags = tags
    self.holds = holds
    self.isSuspect = isSuspect
    self.group = group
  }
}

/// What becomes of one snapshot.
package struct RetentionDecision: Hashable, Sendable {
  package var id: SnapshotID
  package var keep: Bool
  /// Why it is kept, `last 1 of 3`, `daily 2026-11-21`; empty when it is not.
  package var reasons: [String]

  package init(id: SnapshotID, keep: Bool, reasons: [String]) {
    self.id = id
    self.keep = keep
    self.reasons = reasons
  }
}

extension RetentionPolicy {
  /// Decides about each snapshot.
  ///
  /// The newest snapshot of each period is kept, for as many periods as the rule counts, periods without a snapshot not
  /// counted. A suspect snapshot stands for its period only when nothing trusted does, and then takes no place away
  /// from trusted ones. Held snapshots and those dated after `now` are kept; the latter stand for no period, or a wrong
  /// clock would push others out.
  ///
  /// - Parameter utcOffsetSeconds: the clock on which `keepWithin` counts days and months.
  /// - Returns: one decision a snapshot, in the order of `snapshots`.
  /// - Throws: `SnapFault` with `usage` for an empty policy, with `refused` when no rule keeps any snapshot.
  package func decide(
    snapshots: [RetentionCandidate], now: Timestamp, utcOffsetSeconds: Int32 = 0
  ) throws(SnapFault) -> [RetentionDecision] {
    guard !isEmpty else {
      throw SnapFault(.usage, "refusing to forget every snapshot; give an id or a --keep rule")
    }
    var reasons = snapshots.map { candidate in
      candidate.holds.sorted().map { "hold '\($0)'" } + (candidate.created > now ? ["future"] : [])
    }
    let newestFirst = snapshots.indices.filter { snapshots[$0].created <= now }.sorted {
      (snapshots[$0].created, snapshots[$0].id) > (snapshots[$1].created, snapshots[$1].id)
    }
    for newestFirst in Dictionary(grouping: newestFirst, by: { snapshots[$0].group }).values {
      for period in Period.allCases where count(period) > 0 {
        for (at, reason) in picks(period, newestFirst.map { (at: $0, snapshots[$0]) }) { reasons[at].append(reason) }
      }
      let newest = newestFirst.first { !snapshots[$0].isSuspect } ?? newestFirst.first
      if let keepWithin, !keepWithin.isZero, let newest {
        let start = keepWithin.before(snapshots[newest].created, utcOffsetSeconds: utcOffsetSeconds)
        for at in newestFirst where snapshots[at].created >= start { reasons[at].append("within \(keepWithin)") }
      }
    }
    for (at, candidate) in snapshots.enumerated() {
      reasons[at] += candidate.tags.filter(keepTags.contains).map { "tag '\($0)'" }
    }
    guard snapshots.isEmpty || reasons.contains(where: { !$0.isEmpty }) else {
      throw SnapFault(.refused, "refusing to forget every snapshot: no --keep rule keeps any")
    }
    return zip(snapshots, reasons).map { RetentionDecision(id: $0.id, keep: !$1.isEmpty, reasons: $1) }
  }

  private enum Period: CaseIterable { case last, hour, day, week, month, year }

  private func count(_ period: Period) -> Int {
    switch period {
    case .last: keepLast
    case .hour: keepHourly
    case .day: keepDaily
    case .week: keepWeekly
    case .month: keepMonthly
    case .year: keepYearly
    }
  }

  /// Which snapshots `period`'s rule keeps, and the reason in words.
  private func picks(
    _ period: Period, _ newestFirst: [(at: Int, candidate: RetentionCandidate)]
  ) -> [(at: Int, reason: String)] {
    let limit = count(period)
    let trusted = Set(newestFirst.filter { !$0.candidate.isSuspect }.map { Self.name($0.candidate, period) })
    var seen: Set<String> = []
    var trustedCount = 0
    var picks: [(at: Int, reason: String)] = []
    for (at, candidate) in newestFirst {
      let name = Self.name(candidate, period)
      // A suspect stands back wherever its period has a trusted snapshot.
      if candidate.isSuspect && trusted.contains(name) { continue }
      guard seen.insert(name).inserted else { continue }
      let place = candidate.isSuspect ? seen.count : trustedCount + 1
      if !candidate.isSuspect { trustedCount += 1 }
      guard place <= limit else { continue }
      let of = limit == .max ? "" : " of \(limit)"
      picks.append((at, period == .last ? "last \(place)\(of)" : name))
    }
    return picks
  }

  /// What the snapshots of one period have in common, and only they; `daily 2026-11-21`.
  private static func name(_ candidate: RetentionCandidate, _ period: Period) -> String {
    let (date, secondOfDay) = candidate.created.civil(utcOffsetSeconds: candidate.utcOffsetSeconds)
    switch period {
    case .last: return candidate.id.hexadecimal
    case .hour: return "hourly \(date) \(padded(Int64(secondOfDay / 3600), 2)):00"
    case .day: return "daily \(date)"
    case .week:
      let (year, week) = date.isoWeek
      return "weekly \(padded(year, 4))-W\(padded(Int64(week), 2))"
    case .month: return "monthly \(padded(date.year, 4))-\(padded(Int64(date.month), 2))"
    case .year: return "yearly \(padded(date.year, 4))"
    }
  }
}

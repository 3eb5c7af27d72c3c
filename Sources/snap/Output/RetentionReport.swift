import Repositories
import SnapshotModel

/// What a retention policy decides, for every version, and how it was understood.
struct RetentionReport {
  var policy: RetentionPolicy
  var versions: [ListedSnapshot]
  var decisions: [RetentionDecision]

  /// - Throws: `SnapFault` for an empty policy, and for one that keeps nothing.
  init(_ policy: RetentionPolicy, on repository: Repository) throws {
    let versions = try repository.snapshots()
    // A repository inside its project moves with it; one elsewhere may be shared by several.
    let isShared = repository.projectRoot == nil
    self.policy = policy
    self.versions = versions
    let now = currentTime()
    let candidates = versions.map { version in
      let snapshot = version.snapshot
      return RetentionCandidate(
        id: snapshot.id, version: snapshot.version, created: snapshot.created,
        utcOffsetSeconds: snapshot.utcOffsetSeconds, tags: version.tags, holds: Array(version.labels.holds.keys),
        isSuspect: version.isSuspect, group: Self.group(of: version, byRoot: isShared))
    }
    decisions = try policy.decide(snapshots: candidates, now: now, utcOffsetSeconds: utcOffsetSeconds(at: now))
  }

  /// Versions of the same paths, of those who can only save each by himself, and in a shared repository of the same folder: no project's take the place of another's.
  ///
  /// Those that hold what a restore was about to overwrite are a group of their own.
  private static func group(of version: ListedSnapshot, byRoot: Bool) -> String {
    let writer = version.snapshot.writer.map { "\($0)/" } ?? ""
    let root = writer + (byRoot ? hexadecimal(version.snapshot.root) + ":" : "")
    if version.isSafetyCopy { return root + ListedSnapshot.safetyTag }
    return root + version.snapshot.sources.map { hexadecimal($0.bytes) }.joined(separator: " ")
  }

  var removed: [SnapshotID] { decisions.filter { !$0.keep }.map(\.id) }

  func write(to session: Session) throws {
    if session.isJSON {
      for (version, decision) in zip(versions, decisions) {
        try session.json(
          JSONObject([
            "message_type": "decision", "version": .string(version.snapshot.version),
            "snapshot_id": .string(version.snapshot.id.hexadecimal), "keep": .boolean(decision.keep),
            "reasons": .strings(decision.reasons),
          ]))
      }
      return
    }
    guard !session.isQuiet else { return }
    try session.output.line("policy: \(Self.text(of: policy))")
    var table = Table([.init(title: ""), .init(title: "VERSION"), .init(title: "SAVED"), .init(title: "REASONS")])
    for (version, decision) in zip(versions, decisions) {
      table.append([
        decision.keep ? "keep" : "remove", version.snapshot.version, TimeText.minute(version.snapshot),
        decision.reasons.joined(separator: ", "),
      ])
    }
    try session.output.write(table.aligned.utf8)
  }

  /// `last 3, daily 7, within 1 month`: how it was understood.
  static func text(of policy: RetentionPolicy) -> String {
    let counts = [
      ("last", policy.keepLast), ("hourly", policy.keepHourly), ("daily", policy.keepDaily),
      ("weekly", policy.keepWeekly), ("monthly", policy.keepMonthly), ("yearly", policy.keepYearly),
    ]
    let texts = counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1 == .max ? "all" : String($0.1))" }
    let within = policy.keepWithin.map { ["within \($0.spelledOut) of the newest"] } ?? []
    return (texts + within + policy.keepTags.map { "tag \($0)" }).joined(separator: ", ")
  }
}

import Repositories
import SnapshotModel

/// One collection, planned, executed and told.
struct CollectionRun {
  private let isDryRun: Bool
  private let isDeep: Bool
  /// The versions that were, or with a dry run would be, forgotten with it.
  private let forgotten: [String]
  /// What was carried out one after the other.
  private var plans: [GarbagePlan] = []
  private var repacked: RepackOutcome?
  private var bytesFreed: UInt64 = 0

  init(isDryRun: Bool, isDeep: Bool = false, forgotten: [String]) {
    self.isDryRun = isDryRun
    self.isDeep = isDeep
    self.forgotten = forgotten
  }

  /// - Parameter foretold: what was, or would be, forgotten just before, to be given up with the rest.
  mutating func run(
    in repository: Repository, undoWindowSeconds: Int64, forgetting foretold: ForgetPlan? = nil
  ) throws {
    // A dry run has forgotten nothing: the plan must take it for done, unless the window keeps it anyway.
    let forgetting = isDryRun && undoWindowSeconds == 0 ? foretold?.snapshots.map(\.snapshot.id) ?? [] : []
    if isDeep {
      // The room that this frees may be needed.
      let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: undoWindowSeconds)
      if plan.bytesFreed > 0, !isDryRun { try carryOut(plan, in: repository) }
    } else {
      let (outcome, plan) = try GarbageCollector.prepare(
        in: repository, isDryRun: isDryRun, undoWindowSeconds: undoWindowSeconds, forgetting: Set(forgetting))
      repacked = outcome
      if plan.bytesFreed > 0 { return try carryOut(plan, in: repository) }
    }
    let (outcome, next) = try GarbageCollector.repack(
      in: repository, isDeep: isDeep, isDryRun: isDryRun, undoWindowSeconds: undoWindowSeconds,
      forgetting: Set(forgetting))
    repacked = outcome
    try carryOut(next, in: repository)
    // So that the next run knows from this one that there is nothing to do.
    if !isDryRun, !next.isEmpty, outcome.bytesPostponed == 0 {
      _ = try GarbageCollector.repack(
        in: repository, isDeep: false, isDryRun: true, undoWindowSeconds: undoWindowSeconds)
    }
  }

  private mutating func carryOut(_ plan: GarbagePlan, in repository: Repository) throws {
    bytesFreed += isDryRun ? plan.bytesFreed : try GarbageCollector.execute(plan, in: repository).bytesFreed
    plans.append(plan)
  }

  func report(to session: Session) throws {
    let expired = plans.flatMap { $0.snapshotsExpired.map(\.snapshot.version) }
    let bytesRewritten = plans.reduce(0) { $0 + $1.bytesRewritten }
    let deleted = plans.reduce(0) { $0 + $1.packsDeleted }
    let rewritten = plans.reduce(0) { $0 + $1.packsRewritten }
    let kept = plans.last?.packsKept ?? 0
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "dry_run": .boolean(isDryRun), "bytes_freed": .unsigned(bytesFreed),
          "bytes_rewritten": .unsigned(bytesRewritten),
          "bytes_repacked": .count(repacked?.bytesEncoded ?? 0),
          "packs_deleted": .count(deleted), "packs_rewritten": .count(rewritten),
          "packs_kept": .count(kept), "versions_forgotten": .strings(forgotten),
          "versions_removed": .strings(expired),
        ]))
      return
    }
    guard !session.isQuiet else { return }
    if !expired.isEmpty {
      try session.output.line("\(isDryRun ? "would give up" : "gave up"): \(expired.joined(separator: ", "))")
    }
    if !forgotten.isEmpty {
      try session.output.line("\(isDryRun ? "would forget" : "forgot"): \(forgotten.joined(separator: ", "))")
    }
    if let repacked, repacked.bytesEncoded > 0 {
      let postponed =
        repacked.bytesPostponed > 0 ? ", \(formatted(byteCount: UInt64(repacked.bytesPostponed))) left for later" : ""
      try session.output.line(
        "History: \(formatted(byteCount: UInt64(repacked.bytesEncoded))) \(isDryRun ? "would be " : "")encoded anew to "
          + "\(formatted(byteCount: repacked.bytesWritten))\(postponed)")
    }
    try session.output.line(
      "Packs:   \(formatted(count: kept)) kept, \(formatted(count: deleted)) deleted, "
        + "\(formatted(count: rewritten)) rewritten (\(formatted(byteCount: bytesRewritten)) moved)")
    try session.output.line("\(isDryRun ? "would free" : "freed") \(ForgetCommand.exact(bytesFreed))")
  }
}

import Repositories
import SnapshotModel

/// One collection, planned, executed and told.
struct CollectionRun {
  private let isDryRun: Bool
  private let isDeep: Bool
  /// The versions that were, or with a dry run would be, forgotten with it.
  private let forgotten: [String]
  private var plan: GarbagePlan?
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
    var plan = try GarbageCollector.plan(
      in: repository, undoWindowSeconds: undoWindowSeconds, forgetting: Set(forgetting))
    // What frees something keeps to what was foretold; history is encoded anew by a collection with nothing else to do.
    if isDeep || plan.bytesFreed == 0 {
      if !isDryRun, plan.bytesFreed > 0 { bytesFreed = try GarbageCollector.execute(plan, in: repository).bytesFreed }
      let (outcome, next) = try GarbageCollector.repack(
        in: repository, isDeep: isDeep, isDryRun: isDryRun, undoWindowSeconds: undoWindowSeconds,
        forgetting: Set(forgetting))
      repacked = outcome
      plan = next
    }
    bytesFreed += isDryRun ? plan.bytesFreed : try GarbageCollector.execute(plan, in: repository).bytesFreed
    self.plan = plan
  }

  func report(to session: Session) throws {
    guard let plan else { return }
    let expired = plan.snapshotsExpired.map(\.snapshot.version)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "dry_run": .boolean(isDryRun), "bytes_freed": .unsigned(bytesFreed),
          "bytes_rewritten": .unsigned(plan.bytesRewritten),
          "bytes_repacked": .count(repacked?.bytesEncoded ?? 0),
          "packs_deleted": .count(plan.packsDeleted), "packs_rewritten": .count(plan.packsRewritten),
          "packs_kept": .count(plan.packsKept), "versions_forgotten": .strings(forgotten),
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
      "Packs:   \(formatted(count: plan.packsKept)) kept, \(formatted(count: plan.packsDeleted)) deleted, "
        + "\(formatted(count: plan.packsRewritten)) rewritten (\(formatted(byteCount: plan.bytesRewritten)) moved)")
    try session.output.line("\(isDryRun ? "would free" : "freed") \(ForgetCommand.exact(bytesFreed))")
  }
}

import ArgumentParser
import Repositories
import SnapshotModel

struct GCCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Apply a retention policy, and free what no version needs.",
    discussion: """
      Without rules it keeps all versions and frees what was forgotten. Rules are OR-ed: each keeps some versions, and \
      what none keeps is forgotten; held versions and those dated in the future always stay. With --undo-window 7d what \
      was forgotten less than that ago, also by this run, stays and can be taken back. With nothing to free it encodes \
      history anew, where that makes it smaller. Saves may run meanwhile.
      """,
    aliases: ["prune", "compact"])
  static let page = HelpPage(
    [
      "snap gc": "free what was forgotten",
      "snap gc --keep-daily 7 --keep-weekly 4 --dry-run": "what would go, and why the rest stays",
      "snap gc --keep-within 1y --undo-window 7d": "free nothing that was forgotten this week",
      "snap gc --deep": "as small as it gets, however long it takes",
    ], statuses: [10: "no repository", 18: "the rules would keep nothing"])

  @OptionGroup(title: "Which to keep") var retention: RetentionOptions

  @Option(help: ArgumentHelp("Leave what was forgotten less than this ago.", valueName: "duration"))
  var undoWindow: WindowArgument?

  @Flag(help: "Encode everything anew, as small as it gets: takes minutes a gigabyte.") var deep = false

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.") var dryRun = false

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws {
    if retention.isGiven, retention.policy.isEmpty {
      throw SnapFault(
        .usage, "refusing to forget every snapshot; these rules keep none",
        hint: "--keep-last 1 keeps the newest; without rules gc frees what was forgotten")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let report = retention.isGiven ? try RetentionReport(retention.policy, on: repository.snapshots()) : nil
    let window = try windowSeconds(session)
    try report?.write(to: session)
    let removed = report?.removed ?? []
    var collection = Collection(isDryRun: dryRun, isDeep: deep)
    let plan = try forget(removed, in: repository)
    collection.forgotten = plan?.snapshots.map(\.snapshot.version) ?? []
    try collection.run(in: repository, undoWindowSeconds: window, forgetting: plan)
    try collection.report(to: session)
    return nil
  }

  /// What was forgotten less than so long ago is left.
  private func windowSeconds(_ session: Session) throws -> Int64 {
    let window = undoWindow?.duration ?? CalendarDuration()
    if dryRun, !window.isZero, !session.isJSON, !session.isQuiet {
      try session.output.line("undo window: \(window.spelledOut)")
    }
    let now = currentTime()
    return now.seconds - window.before(now).seconds
  }

  private func forget(_ ids: [SnapshotID], in repository: Repository) throws -> ForgetPlan? {
    if ids.isEmpty { return nil }
    let plan = try Forgetter.plan(ids, in: repository)
    if !dryRun { try Forgetter.execute(plan, in: repository) }
    return plan
  }
}

/// One collection, planned, executed and told.
struct Collection {
  private let isDryRun: Bool
  private let isDeep: Bool
  /// The versions that were, or with a dry run would be, forgotten with it.
  var forgotten: [String]
  private var plan: GarbagePlan?
  private var repacked: RepackOutcome?
  private var bytesFreed: UInt64 = 0

  init(isDryRun: Bool, isDeep: Bool = false, forgotten: [String] = []) {
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

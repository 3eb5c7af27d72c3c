import ArgumentParser
import Repositories
import SnapshotModel

struct GCCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Apply a retention policy, and free what no version needs.",
    discussion: """
      Without rules it keeps all versions and frees what was forgotten. Rules are OR-ed: each keeps some versions, and \
      what none keeps is forgotten; held versions and those dated in the future always stay. With --undo-window 7d what \
      was forgotten less than that ago, also by this run, stays and can be taken back. Saves may run meanwhile.
      """,
    aliases: ["prune", "compact"])
  static let page = HelpPage(
    [
      "snap gc": "free what was forgotten",
      "snap gc --keep-daily 7 --keep-weekly 4 --dry-run": "what would go, and why the rest stays",
      "snap gc --keep-within 1y --undo-window 7d": "free nothing that was forgotten this week",
    ], statuses: [10: "no repository", 18: "the rules would keep nothing"])

  @OptionGroup(title: "Which to keep") var retention: RetentionOptions

  @Option(help: ArgumentHelp("Leave what was forgotten less than this ago.", valueName: "duration"))
  var undoWindow: WindowArgument?

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.") var dryRun = false

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let window = undoWindow?.duration ?? CalendarDuration()
    let now = currentTime()
    let seconds = now.seconds - window.before(now).seconds
    if dryRun, !window.isZero, !session.isJSON, !session.isQuiet {
      try session.output.line("undo window: \(window.spelledOut)")
    }
    var foretold: ForgetPlan?
    if !retention.policy.isEmpty {
      let report = try RetentionReport(retention.policy, on: repository.snapshots())
      try report.write(to: session)
      if !report.removed.isEmpty {
        let plan = try Forgetter.plan(report.removed, in: repository)
        if !dryRun { try Forgetter.execute(plan, in: repository) }
        foretold = plan
      }
    }
    try Collection(undoWindowSeconds: seconds, isDryRun: dryRun, foretold: foretold).run(repository, session)
    return nil
  }
}

/// One collection, planned, executed and told.
struct Collection {
  var undoWindowSeconds: Int64
  var isDryRun: Bool
  /// What was, or with a dry run would be, forgotten just before.
  var foretold: ForgetPlan?

  func run(_ repository: Repository, _ session: Session) throws {
    // A dry run has forgotten nothing: the plan must take it for done, unless the window keeps it anyway.
    let forgetting = isDryRun && undoWindowSeconds == 0 ? foretold?.snapshots.map(\.snapshot.id) ?? [] : []
    let plan = try GarbageCollector.plan(
      in: repository, undoWindowSeconds: undoWindowSeconds, forgetting: Set(forgetting))
    let freed = isDryRun ? plan.bytesFreed : try GarbageCollector.execute(plan, in: repository).bytesFreed
    let forgotten = foretold?.snapshots.map(\.snapshot.version) ?? []
    let expired = plan.snapshotsExpired.map(\.snapshot.version)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "dry_run": .boolean(isDryRun), "bytes_freed": .unsigned(freed),
          "bytes_rewritten": .unsigned(plan.bytesRewritten), "packs_deleted": .count(plan.packsDeleted),
          "packs_rewritten": .count(plan.packsRewritten), "packs_kept": .count(plan.packsKept),
          "versions_forgotten": .strings(forgotten), "versions_removed": .strings(expired),
        ]))
      return
    }
    guard !session.isQuiet else { return }
    if !forgotten.isEmpty {
      try session.output.line("\(isDryRun ? "would forget" : "forgot"): \(forgotten.joined(separator: ", "))")
    }
    if !expired.isEmpty {
      try session.output.line("\(isDryRun ? "would give up" : "gave up"): \(expired.joined(separator: ", "))")
    }
    try session.output.line(
      "Packs:   \(formatted(count: plan.packsKept)) kept, \(formatted(count: plan.packsDeleted)) deleted, "
        + "\(formatted(count: plan.packsRewritten)) rewritten (\(formatted(byteCount: plan.bytesRewritten)) moved)")
    try session.output.line("\(isDryRun ? "would free" : "freed") \(ForgetCommand.exact(freed))")
  }
}

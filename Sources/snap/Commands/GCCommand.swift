import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct GCCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Apply a retention policy, and free what no version needs.",
    discussion: """
      Without rules, here or in snap.yml, it keeps all versions and frees what was forgotten. Rules are OR-ed: each keeps some versions, and \
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

  @Flag(help: "Forget nothing, whatever snap.yml says: only free what was forgotten.") var noRetention = false

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.") var dryRun = false

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws {
    if retention.isGiven, noRetention {
      throw SnapFault(.usage, "--keep rules and --no-retention cannot be combined")
    }
    if retention.isGiven, retention.policy.isEmpty {
      throw SnapFault(
        .usage, "refusing to forget every snapshot; these rules keep none",
        hint: "--keep-last 1 keeps the newest; --no-retention only frees what was forgotten")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let configured = try session.configuration(of: repository)?.retention
    let policy = noRetention ? nil : retention.isGiven ? retention.policy : configured
    let report = try policy.map { try RetentionReport($0, on: repository) }
    let window = try windowSeconds(session)
    try report?.write(to: session)
    let removed = report?.removed ?? []
    let plan = try forget(removed, in: repository)
    let forgotten = plan?.snapshots.map(\.snapshot.version) ?? []
    var collection = CollectionRun(isDryRun: dryRun, isDeep: deep, forgotten: forgotten)
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
    return window.seconds(before: currentTime())
  }

  private func forget(_ ids: [SnapshotID], in repository: Repository) throws -> ForgetPlan? {
    if ids.isEmpty { return nil }
    let plan = try Forgetter.plan(ids, in: repository)
    if !dryRun { try Forgetter.execute(plan, in: repository) }
    return plan
  }
}

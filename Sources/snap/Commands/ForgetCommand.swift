import ArgumentParser
import Repositories
import SnapshotModel

struct ForgetCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Take versions away; snap undo brings them back until the next gc.",
    discussion: "Give versions, or --keep rules for which to keep. Forgetting frees no space by itself: gc does.",
    aliases: ["delete", "rm"])
  static let page = HelpPage(
    [
      "snap forget v1.0.0 v1.1.0": "two versions",
      "snap forget --keep-last 10 --keep-monthly 12 --dry-run":
        "what these rules would take away, and why not the rest",
      "snap forget v1.0.0 --prune": "and free the space at once",
    ], statuses: [10: "no repository", 18: "a version is held", 21: "no such version"])

  @Argument(help: ArgumentHelp("The versions to take away.", valueName: "rev"))
  var revisions: [String] = []

  @OptionGroup(title: "Which to keep") var retention: RetentionOptions

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.") var dryRun = false
  @Flag(name: [.long, .customLong("gc")], help: "Run gc afterwards.") var prune = false

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws {
    if revisions.isEmpty, retention.policy.isEmpty {
      throw SnapFault(.usage, "refusing to forget every snapshot; give an id or a --keep rule")
    }
    if !revisions.isEmpty, retention.isGiven {
      throw SnapFault(.usage, "versions and --keep rules cannot be combined")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let plan = try Forgetter.plan(ids(in: repository, session), in: repository)
    if !plan.held.isEmpty { throw Self.heldFault(plan.held) }
    if !dryRun { try Forgetter.execute(plan, in: repository) }
    let names = plan.snapshots.map(\.snapshot.version)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "dry_run": .boolean(dryRun), "versions": .strings(names),
          "snapshot_ids": .strings(plan.snapshots.map(\.snapshot.id.hexadecimal)),
          "bytes_freed_now": .unsigned(plan.bytesFreedNow),
          "bytes_freed_by_gc": plan.bytesFreedByCollection.map(JSONValue.unsigned) ?? .null,
        ]))
    } else if !session.isQuiet {
      let verb = dryRun ? "would forget" : "forgot"
      try session.output.line("\(verb) \(counted(names.count, "version")): \(names.joined(separator: ", "))")
      let later = plan.bytesFreedByCollection.map { "\(Self.exact($0)) with the next snap gc" }
      try session.output.line(
        "frees \(plan.bytesFreedNow) bytes now, \(later ?? "nobody can tell how many with the next snap gc")"
          + (dryRun || prune ? "" : "; until then snap undo takes it back"))
    }
    if prune {
      var collection = CollectionRun(isDryRun: dryRun, forgotten: names)
      try collection.run(in: repository, undoWindowSeconds: 0, forgetting: plan)
      try collection.report(to: session)
    }
    return nil
  }

  private func ids(in repository: Repository, _ session: Session) throws -> [SnapshotID] {
    if revisions.isEmpty {
      let report = try RetentionReport(retention.policy, on: repository)
      try report.write(to: session)
      return report.removed
    }
    var ids: [SnapshotID] = []
    for revision in revisions {
      let id = try session.resolve(revision, in: repository).snapshot.id
      if !ids.contains(id) { ids.append(id) }
    }
    return ids
  }

  private static func heldFault(_ held: [ListedSnapshot]) -> SnapFault {
    let texts = held.map { version in
      let reasons = version.labels.holds.sorted { $0.key < $1.key }.map {
        $0.value.isEmpty ? $0.key : "\($0.key): \($0.value)"
      }
      return "\(version.snapshot.version) (\(reasons.joined(separator: "; ")))"
    }
    return SnapFault(
      .refused, "\(counted(held.count, "version")) held, nothing forgotten: \(texts.joined(separator: ", "))",
      hint: "snap release \(held[0].snapshot.version) ends the hold")
  }

  /// `1 983 114 bytes (1.9 MiB)`.
  static func exact(_ bytes: UInt64) -> String {
    bytes < 1024 ? "\(bytes) bytes" : "\(formatted(count: bytes)) bytes (\(formatted(byteCount: bytes)))"
  }
}

import ArgumentParser
import Repositories
import SnapshotModel

struct RepairCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Rebuild the index and damaged snapshot records, or a lost configuration.",
    discussion: """
      Nothing is taken away: the index is derived from packs and records, and a record that is damaged, or missing though \
      nothing forgot it, is written anew from the copy that its save left in a pack, or that the index holds. Damaged chunks that snap verify --read-data has found are stored anew by the next \
      snap save --force, from the files that hold them.
      """)
  static let page = HelpPage(
    [
      "snap repair": "the same as snap repair index", "snap repair index": "rebuild the index",
      "snap repair config": "write a lost config anew",
    ],
    statuses: [10: "no repository", 19: "no permission"])

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case index
    case config
  }

  @Argument(help: "What to repair: index or config.") var subject = Subject.index

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    if subject == .config { return try repairConfig(in: session) }
    let events = ConsoleEvents(console: session.console)
    let location = try session.requiredLocation()
    let started = monotonicSeconds()
    let outcome = try IndexRebuilder.rebuild(location, access: session.access, events: events)
    let seconds = monotonicSeconds() - started
    let repository = try Repository.open(at: location, access: session.access, events: events)
    try OperationLog.append(.repair, "index rebuilt from \(counted(outcome.packs, "pack"))", [], in: repository)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "packs": .count(outcome.packs), "chunks": .count(outcome.chunks),
          "snapshots": .count(outcome.snapshots), "records_recovered": .count(outcome.recordsRecovered),
          "total_duration": .number(seconds),
        ]))
    } else if !session.isQuiet {
      try session.output.line(
        "index rebuilt from \(counted(outcome.packs, "pack")) in \(TimeText.elapsed(seconds)): "
          + "\(counted(outcome.chunks, "chunk")), \(counted(outcome.snapshots, "version"))")
      if outcome.recordsRecovered > 0 {
        try session.output.line("\(counted(outcome.recordsRecovered, "snapshot record")) written again")
      }
    }
    return nil
  }

  /// A folder without its config is not found by looking for a repository: it is named, or it is the `.snap` here.
  private func repairConfig(in session: Session) throws -> FaultCode? {
    let folder = try session.namedRepository() ?? session.workingFolder + Array("/.snap".utf8)
    let id = try ConfigRebuilder.rebuild(PathText.text(of: folder), access: session.access)
    if session.isJSON {
      try session.json(JSONObject(["message_type": "summary", "repository_id": .string(id.hexadecimal)]))
    } else if !session.isQuiet {
      try session.output.line("config written for repository \(id.short)")
    }
    return nil
  }
}

import ArgumentParser
import Repositories
import SnapshotModel

struct RepairCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Rebuild the index, and snapshot records from their copies in packs.",
    discussion: """
      Nothing is taken away: the index is derived from packs and records, and a damaged record is written anew from the \
      copy that its save left in a pack. Damaged chunks heal when a file that holds them is saved again.
      """)
  static let page = HelpPage(
    ["snap repair": "the same as snap repair index", "snap repair index": "rebuild the index"],
    statuses: [10: "no repository", 19: "no permission"])

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case index
  }

  @Argument(help: "What to repair: index.") var subject = Subject.index

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let events = ConsoleEvents(console: session.console)
    let location = try session.requiredLocation()
    let started = monotonicSeconds()
    let outcome = try IndexRebuilder.rebuild(location, events: events)
    let seconds = monotonicSeconds() - started
    let repository = try Repository.open(at: location, events: events)
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
        try session.output.line("\(counted(outcome.recordsRecovered, "snapshot record")) written again from the packs")
      }
    }
    return nil
  }
}

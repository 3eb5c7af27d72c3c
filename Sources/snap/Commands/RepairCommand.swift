import ArgumentParser
import Repositories
import SnapshotModel

struct RepairCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Bring back what is lost, and rebuild the index, records or the configuration.",
    discussion: """
      index: it is derived from packs and records, and a record that is damaged, or missing though nothing forgot it, is \
      written anew from the copy that its save left in a pack, or that the index holds. packs: reads everything, and \
      replaces damaged packs by what is whole in them. With --from it first takes what is lost, by its hash, from another \
      repository or from the files of a folder, whatever they are called there; a project's folder gives its files. \
      Nothing that can still be read is taken away.
      """)
  static let page = HelpPage(
    [
      "snap repair": "the same as snap repair index", "snap repair index": "rebuild the index",
      "snap repair packs": "replace damaged packs by what is whole in them",
      "snap repair --from .": "bring back what is lost from the files here",
      "snap repair --from /mnt/second/app --dry-run": "what another repository would bring back",
      "snap repair config": "write a lost config anew",
    ],
    statuses: [10: "no repository", 13: "something is still lost", 19: "no permission", 21: "no folder at --from"])

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case index
    case packs
    case config
  }

  @Argument(help: "What to repair: index, packs or config; with --from packs.") var subject: Subject?

  @OptionGroup var donors: DonorOptions

  @Flag(name: [.customShort("n"), .long], help: "Only say what --from would bring back.") var dryRun = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    try donors.check()
    if let subject, subject != .packs {
      if !donors.from.isEmpty { throw SnapFault(.usage, "--from is for snap repair packs") }
      if dryRun { throw SnapFault(.usage, "--dry-run is for snap repair packs") }
    }
    if subject == nil, dryRun, donors.from.isEmpty { throw SnapFault(.usage, "--dry-run needs --from or packs") }
  }

  func run(in session: Session) throws -> FaultCode? {
    switch subject ?? (donors.from.isEmpty ? .index : .packs) {
    case .index: return try repairIndex(in: session)
    case .config: return try repairConfig(in: session)
    case .packs:
      return try HealRun(
        repository: session.openRepository(), options: donors, isDryRun: dryRun, session: session
      ).run()
    }
  }

  private func repairIndex(in session: Session) throws -> FaultCode? {
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
          "labels_dropped": .strings(outcome.labelsDropped.map(\.hexadecimal)), "total_duration": .number(seconds),
        ]))
    } else if !session.isQuiet {
      for id in outcome.labelsDropped {
        try session.output.line(
          "dropped the damaged labels of snapshot \(id.short): its later tags, note and holds are gone")
      }
      try session.output.line(
        "index rebuilt from \(counted(outcome.packs, "pack")) in \(TimeText.elapsed(seconds)): "
          + "\(counted(outcome.chunks, "chunk")), \(counted(outcome.snapshots, "version"))")
      if outcome.recordsRecovered > 0 {
        try session.output.line("\(counted(outcome.recordsRecovered, "snapshot record")) written again")
      }
    }
    return nil
  }

  /// Where no folder looks like one that has lost its config, it is the `.snap` here.
  private func repairConfig(in session: Session) throws -> FaultCode? {
    let place = try session.repositoryLocation() ?? PathText.text(of: session.workingFolder + Array("/.snap".utf8))
    let id = try ConfigRebuilder.rebuild(place, access: session.access)
    if session.isJSON {
      try session.json(JSONObject(["message_type": "summary", "repository_id": .string(id.hexadecimal)]))
    } else if !session.isQuiet {
      try session.output.line("config written for repository \(id.short)")
    }
    return nil
  }
}

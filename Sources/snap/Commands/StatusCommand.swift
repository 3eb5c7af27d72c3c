import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

struct StatusCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How the project stands: last version, what changed since, size, health.",
    discussion: "Bare `snap` inside a project does the same.")
  static let page = HelpPage(
    [
      "snap": "the status of the project around",
      "snap status --max-age 26h": "for monitoring: status 25 when the newest version is older",
      "snap status -q --max-age 26h --max-drill 30d": "and when the last good drill is",
      "snap status -q --max-age 26h --writer web1": "whether a machine with a write-only key still saves",
      "snap status -q --prometheus /var/lib/node_exporter/snap.prom": "figures for node_exporter",
    ], statuses: [10: "no repository", 25: "the newest version or the last good drill is too old"])

  @Option(help: ArgumentHelp("End with 25 when the newest version is older.", valueName: "duration"))
  var maxAge: DurationArgument?

  @Option(help: ArgumentHelp("End with 25 when the last good drill is older.", valueName: "duration"))
  var maxDrill: DurationArgument?

  @Option(help: ArgumentHelp("Write figures for Prometheus to this file, too; - prints them.", valueName: "file"))
  var prometheus: String?

  @Option(help: ArgumentHelp("Look at what the write-only key of this name saved.", valueName: "name"))
  var writer: String?

  @Flag(help: "Do not look for changes in the work tree.") var noTree = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if prometheus == "" { throw SnapFault(.usage, "--prometheus: '' is not a path") }
    if prometheus == "-", global.json { throw SnapFault(.usage, "--prometheus - and --json cannot be combined") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let state = try ProjectState(repository, session, readsTree: !noTree, writer: writer)
    if let prometheus, prometheus != "-" {
      try SmallFile.replace(
        FileSystemPath.absolute(ArgumentText.encode(prometheus)), with: Array(try state.prometheus().utf8))
    }
    if prometheus == "-" {
      try session.output.write(try state.prometheus().utf8)
    } else if session.isJSON {
      try session.json(state.json)
    } else if !session.isQuiet {
      try session.output.write(state.text.utf8)
    }
    let faults = [
      maxAge.flatMap { Self.fault(state.lastInPast?.snapshot, $0) },
      maxDrill.flatMap { Self.fault(state, drill: $0) },
    ]
    .compactMap { $0 }
    guard var fault = faults.first else { return nil }
    fault.message = faults.map(\.message).joined(separator: "; ")
    fault.hint = faults.compactMap(\.hint).joined(separator: "; ")
    throw fault
  }

  private static func fault(_ last: Snapshot?, _ limit: DurationArgument) -> SnapFault? {
    guard let last else { return SnapFault(.tooOld, "there is no version yet", hint: "snap save") }
    guard last.created < limit.duration.before(currentTime()) else { return nil }
    let age = TimeText.rough(currentTime().seconds(since: last.created))
    return SnapFault(
      .tooOld, "the newest version \(last.version) is \(age) old; allowed are \(limit.duration.spelledOut)",
      hint: "snap save")
  }

  private static func fault(_ state: ProjectState, drill limit: DurationArgument) -> SnapFault? {
    guard let drill = state.lastGoodDrill else {
      return SnapFault(.tooOld, "no drill has passed yet", hint: "snap drill")
    }
    guard drill.time < limit.duration.before(currentTime()) else { return nil }
    let age = TimeText.rough(currentTime().seconds - drill.time.seconds)
    return SnapFault(
      .tooOld, "the last good drill is \(age) old; allowed are \(limit.duration.spelledOut)", hint: "snap drill")
  }
}

import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel

struct StatusCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How the project stands: last version, what changed since, size, health.",
    discussion: "Bare `snap` inside a project does the same.")
  static let page = HelpPage(
    [
      "snap": "the status of the project around",
      "snap status --max-age 26h": "for monitoring: status 25 when the newest version is older",
    ], statuses: [10: "no repository", 25: "the newest version is too old"])

  @Option(help: ArgumentHelp("End with 25 when the newest version is older.", valueName: "duration"))
  var maxAge: DurationArgument?

  @Flag(help: "Do not look for changes in the work tree.") var noTree = false

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let state = try ProjectState(repository, session, readsTree: !noTree)
    if session.isJSON {
      try session.json(state.json)
    } else if !session.isQuiet {
      try session.output.write(state.text.utf8)
    }
    guard let maxAge else { return nil }
    let limit = maxAge.duration.before(currentTime())
    guard let last = state.last?.snapshot else {
      throw SnapFault(.tooOld, "there is no version yet", hint: "snap save")
    }
    if last.created < limit {
      let age = TimeText.rough(currentTime().seconds - last.created.seconds)
      throw SnapFault(
        .tooOld, "the newest version \(last.version) is \(age) old; allowed are \(maxAge.duration.spelledOut)",
        hint: "snap save")
    }
    return nil
  }
}

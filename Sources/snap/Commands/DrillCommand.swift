import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct DrillCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "drill", abstract: "Restore a version for practice, check it, and record how long that took.",
    discussion: """
      Restores to a private temporary folder, reads everything back and compares it with the version's hashes, runs the \
      check commands in that folder, and removes it. Nothing of the project is touched. What came of it stands in \
      snap ops and snap status; snap status --max-drill 30d ends with 25 when the last good drill is older.
      """)
  static let page = HelpPage(
    [
      "snap drill": "the newest version",
      "snap drill v1.2.0 --check 'npm ci && npm test'": "does what comes back work?",
      "snap drill --check 'test -s db/app.sql' --check 'python3 -m json.tool config/app.json'": "two checks",
    ],
    statuses: [
      10: "no repository", 13: "damage found", 16: "no space in the temporary folder", 21: "no such version",
      23: "a check command failed",
    ])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision = "latest"

  @Option(
    help: ArgumentHelp("A line of shell to run in the restored folder; may be repeated.", valueName: "command"))
  var check: [String] = []

  @Option(name: .customLong("in"), help: ArgumentHelp("Where the temporary folder is made (TMPDIR).", valueName: "dir"))
  var folder: String?

  @Flag(help: "Leave the restored files in place when something fails.") var keep = false

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let version = try session.resolve(revision, in: repository).snapshot
    let parent =
      try folder.map { try FileSystemPath.absolute(ArgumentText.encode($0)) }
      ?? FileSystemPath.absolute(ProcessEnvironment.temporaryFolder)
    Interruption.defer()
    return try DrillRun(
      repository: repository, version: version, checks: check.map { CheckCommand(line: ArgumentText.encode($0)) },
      parent: parent, keepsFolder: keep, session: session
    ).run()
  }
}

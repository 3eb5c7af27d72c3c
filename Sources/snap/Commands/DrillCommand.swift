import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct DrillCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "drill", abstract: "Restore a version for practice, check it, and record how long that took.",
    discussion: """
      Restores to a private temporary folder, reads everything back and compares it with the version's hashes, runs the \
      check commands in that folder, and removes it. They are the checks of snap.yml, or those of --check in their place. \
      Nothing of the project is touched. What came of it stands in \
      snap ops and snap status; snap status --max-drill 30d ends with 25 when the last good drill is older.
      """)
  static let page = HelpPage(
    [
      "snap drill": "the newest version",
      "snap drill v1.2.0 --check 'npm ci && npm test'": "does what comes back work?",
      "snap drill --no-checks": "only what the hashes prove, whatever snap.yml says",
      "snap drill --check 'test -s db/app.sql' --check 'python3 -m json.tool config/app.json'": "two checks",
    ],
    statuses: [
      10: "no repository", 13: "damage found", 16: "no space in the temporary folder",
      18: "snap.yml is somebody else's, or everybody may write it", 21: "no such version",
      23: "a check command failed",
    ])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision = "latest"

  @Option(
    name: .customLong("check"),
    help: ArgumentHelp(
      "A line of shell to run in the restored folder, instead of the checks of snap.yml; may be repeated.",
      valueName: "command"))
  var lines: [String] = []

  @Flag(help: "Run no checks of snap.yml.") var noChecks = false

  @Option(help: ArgumentHelp("How long each check may run; an hour, if not given.", valueName: "duration"))
  var checkTimeout: DurationArgument?

  @Option(name: .customLong("in"), help: ArgumentHelp("Where the temporary folder is made (TMPDIR).", valueName: "dir"))
  var folder: String?

  @Flag(help: "Leave the restored files in place when something fails.") var keep = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if noChecks, !lines.isEmpty { throw SnapFault(.usage, "--no-checks and --check cannot be combined") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let version = try session.resolve(revision, in: repository).snapshot
    let parent =
      try folder.map { try FileSystemPath.absolute(ArgumentText.encode($0)) }
      ?? FileSystemPath.absolute(ProcessEnvironment.temporaryFolder)
    let checks = try checks(of: repository, session)
    Interruption.defer()
    return try DrillRun(
      repository: repository, version: version, checks: checks, checkSecondsMax: checkSecondsMax, parent: parent,
      keepsFolder: keep, session: session
    ).run()
  }

  private var checkSecondsMax: Int {
    checkTimeout.map { Int(clamping: $0.duration.seconds(before: currentTime())) } ?? 3600
  }

  private func checks(of repository: Repository, _ session: Session) throws -> [CheckCommand] {
    guard lines.isEmpty else { return lines.map { CheckCommand(line: ArgumentText.encode($0)) } }
    guard !noChecks, let configuration = try session.configuration(of: repository), !configuration.checks.isEmpty else {
      return []
    }
    try session.checkMayRun(configuration, flags: "--no-checks", verb: "drill", consequence: "nothing restored")
    return configuration.checks.map { CheckCommand($0) }
  }
}

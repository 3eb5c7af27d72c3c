import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct ImportCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make versions of the archives that a backup script has left behind.",
    discussion: """
      A folder is searched; an archive is one version. Read are .tar, .tar.gz and .tar.zst, and database exports .json \
      and .sql with a time in their name, compressed or not. Version, time, commit and branch are taken from a \
      MANIFEST.txt beside the archive, else from its name (app_v1.1.0_2026-11-21.tar.gz) and its folder's (v1.1.0). \
      Oldest come first. Each version is read back and compared with its archive. A second run does no harm: \
      what is there already is compared and left alone. No archive is changed.
      """)
  static let page = HelpPage(
    [
      "snap import backups -n": "what would become which version",
      "snap import backups": "all of it",
      "snap import app.tar.gz --name v0.9 --strip-components 1": "one archive with a folder of its own inside",
    ],
    statuses: [
      3: "a damaged archive was left out, the rest is imported", 10: "no repository",
      13: "a version is not equal to its archive", 16: "no space",
      18: "an archive with unsafe paths was left out", 22: "a version of that name and other content exists",
      24: "imported, but a version is suspect: it does not look like those before it",
    ])

  @Argument(help: ArgumentHelp("Archives, and folders of archives.", valueName: "path")) var paths: [String] = []

  @Option(help: ArgumentHelp("What to call the version; for one archive.", valueName: "version")) var name: String?

  @Option(help: ArgumentHelp("Drop so many leading names of every path in the archives.", valueName: "n"))
  var stripComponents: WholeNumber?

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be imported.") var dryRun = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if paths.isEmpty { throw SnapFault(.usage, "nothing to import was named", hint: "snap import backups") }
    if let name { _ = try VersionName(name) }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let search = try OldBackupSearch(
      paths.map { try FileSystemPath.absolute(ArgumentText.encode($0)) }, neverEnter: repository.neverEnter)
    var backups = search.backups
    if let name {
      guard backups.count == 1 else {
        throw SnapFault(
          .usage, "--name is for one archive; \(counted(backups.count, "archive")) found",
          hint: "without --name each is called after its MANIFEST, its name or its folder")
      }
      backups[0].version = name
    }
    if backups.isEmpty {
      throw SnapFault(
        .failed, "no archive found in \(paths.map { "'\(ArgumentText.display($0))'" }.joined(separator: ", "))",
        hint: ".tar, .tar.gz, .tar.zst, and .json or .sql with a time in the name are read")
    }
    for failure in search.failures {
      session.console.itemFailed(
        path: failure.path, message: "skipped: \(displayText(failure.path)): \(failure.reason)")
    }
    if !search.filesPassedOver.isEmpty {
      let hint = session.isVerbose ? "" : "; -v names them"
      session.console.note(
        "passed over \(counted(search.filesPassedOver.count, "file")), no archives by their names\(hint)")
      for path in search.filesPassedOver { session.console.detail("passed over: \(displayText(path))") }
    }
    if !dryRun { Interruption.defer() }
    let settings = ImportSettings(
      isDryRun: dryRun, stripComponents: stripComponents?.value ?? 0, passedOver: search.filesPassedOver)
    let outcome = try ImportRun(repository: repository, settings: settings, session: session).run(backups)
    return outcome ?? (search.failures.isEmpty ? nil : .warnings)
  }
}

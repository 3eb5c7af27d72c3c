import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

struct RestoreCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Get files of a version back: to a folder, or in place.",
    usage: "snap restore <rev[:path]> [<path> ...] [--to <dir>] [<options>]",
    discussion: """
      With --to it restores to a folder, which must be empty or new unless --overwrite says what to do about files that \
      are there. Without --to it restores in place: what it would overwrite or delete is saved first, as a version \
      before-restore-TIME, so it asks no question, and snap undo takes it back. REV:PATH with --to restores what is in \
      the folder PATH directly into the target. With --pipe one file, REV:PATH or REV:NAME of a dump, goes into a \
      command; nothing is written.
      """,
    aliases: ["extract"])
  static let page = HelpPage(
    [
      "snap restore v1.2.0 --to ../v1.2.0": "all of it, beside the project",
      "snap restore v1.2.0 --path '*.json' --path 'config/**' --to /tmp/x": "a part",
      "snap restore latest --path src/main.c": "one file, in place",
      "snap restore v1.2.0 --delete --list": "what going back altogether would do to each file",
      "snap restore v1.2.0 --incident 'migration 14 emptied orders'": "in an emergency, with a record of it",
      "snap restore latest:app --pipe 'psql --single-transaction -v ON_ERROR_STOP=1 app'": "a dump into a database",
    ],
    statuses: [
      3: "done, but some items could not be restored", 10: "no repository", 13: "damaged content; the rest is restored",
      18: "the target is not empty, or unsafe", 21: "no such version or path", 23: "the command of --pipe failed",
    ])

  @Argument(help: ArgumentHelp("The version, or a path in it.", valueName: "rev[:path]"))
  var revision: String

  @Argument(help: ArgumentHelp("The same as --path.", valueName: "path"))
  var paths: [String] = []

  @OptionGroup(title: "What and where") var options: RestoreCommandOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws { try options.check(paths: paths) }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let (version, inner) = try session.locate(revision, in: repository)
    if let command = options.pipe {
      let manifest = try repository.manifest(of: version.snapshot)
      guard let inner, let entry = try session.entry(at: inner, of: version.snapshot, in: manifest) else {
        throw SnapFault(
          .usage, "--pipe needs one file, REV:PATH or REV:NAME of a dump", hint: "snap ls REV lists the paths")
      }
      let shown = withoutSecrets(ArgumentText.display(command))
      let asked = [entry.path.description]
      return try recorded(of: version.snapshot, asked, command: shown, repository, session) { record in
        let run = PipeRun(entry: entry, version: version.snapshot, command: command, session: session, incident: record)
        return try run.run(from: repository)
      }
    }
    let base = session.base(of: repository)
    let target = try options.to.map { try FileSystemPath.absolute(ArgumentText.encode($0)) } ?? base
    if options.to == nil { try refuseFromRoot(version.snapshot, base) }
    // Also where the work tree is named: what would be overwritten is saved first either way.
    let isInPlace = FileSystemPath.identity(of: target).map { $0 == FileSystemPath.identity(of: base) } ?? false
    if FileSystemPath.relative(target, to: PathText.path(of: repository.folder)) != nil {
      throw SnapFault(
        .refused, "\(displayText(target)) lies inside the repository; use another directory", path: displayText(target))
    }
    var settings = try options.settings(isInPlace: isInPlace, version: version.snapshot, repository, base)
    let patterns = options.path + paths
    let manifest = try repository.manifest(of: version.snapshot)
    if let inner {
      if !patterns.isEmpty { throw SnapFault(.usage, "REV:PATH and --path cannot be combined") }
      let entry = try session.entry(at: inner, of: version.snapshot, in: manifest)
      if !inner.isRoot { settings.selection = try PathSelection([PathSelection.literal(inner)]) }
      if !isInPlace {
        settings.stripComponents += inner.components.count - (entry?.kind == .directory || inner.isRoot ? 0 : 1)
      }
    } else {
      settings.selection = try session.selection(patterns, root: version.snapshot.root, in: repository)
    }
    try checkMatches(settings.selection, version.snapshot, manifest, session)

    let asked = inner.map { [$0.isRoot ? "." : $0.description] } ?? patterns.map { ArgumentText.display($0) }
    return try recorded(of: version.snapshot, asked, into: target, repository, session) { record in
      let run = RestoreRun(
        repository: repository, version: version.snapshot, manifest: manifest, target: target, settings: settings,
        isInPlace: isInPlace, isStrict: options.strict, session: session, incident: record)
      if options.list { return try run.list() }
      return isInPlace && !options.dryRun ? try run.restoreInPlace() : try run.restore()
    }
  }

  /// Does it, with the record that --incident asks for.
  ///
  /// - Parameter patterns: what was asked for, for people; empty for everything.
  private func recorded(
    of version: Snapshot, _ patterns: [String], into target: [UInt8]? = nil, command: String = "",
    _ repository: Repository, _ session: Session, _ restore: (IncidentRecorder?) throws -> FaultCode?
  ) throws -> FaultCode? {
    Interruption.defer()
    let record = try options.incident.map { text in
      // On one line, for it stands in lists.
      let words = ArgumentText.prose(text).split(whereSeparator: \.isNewline).joined(separator: " ")
      return try IncidentRecorder(
        words, version: version, patterns: patterns, target: target, command: command, repository, session)
    }
    do {
      return try restore(record)
    } catch {
      record?.end(with: snapFault(for: error) ?? SnapFault(.internalError, "internal error"))
      throw error
    }
  }

  /// Of a version of folders outside the project, the paths lead from `/`:
  /// inside the project they would mean something else.
  private func refuseFromRoot(_ version: Snapshot, _ base: [UInt8]) throws {
    let slash = [UInt8(ascii: "/")]
    guard version.root == slash, base != slash else { return }
    throw SnapFault(
      .refused,
      "\(version.version) holds paths from / (it was saved from outside \(displayText(base))); not restoring it in place",
      hint: "--to DIR restores it below DIR; with --to / it goes where it was")
  }

  /// Every pattern must mean something, before anything is written.
  private func checkMatches(
    _ selection: PathSelection, _ version: Snapshot, _ manifest: Manifest, _ session: Session
  ) throws {
    if selection.selectsEverything { return }
    var filter = SelectionFilter(selection)
    try selection.forEachCandidate(in: manifest) { entry in filter.take(entry) { _, _ in } }
    if let missing = filter.unmatched.first { throw session.noMatch(for: missing, version, manifest) }
  }
}

import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

struct SaveCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Save a version of the project.",
    usage: "snap save [<version>] [<path> ...] [<options>]",
    discussion: """
      Without a version name it is the time in UTC, 2026-11-21T09-34-00Z, or with version-from in snap.yml the project's version. Without paths it saves the whole project: the \
      folder that holds .snap, or with --repo the current folder, and what the dumps of snap.yml write. A first word with a slash, or '.', is a path, for \
      version names hold no slash. Git ignores .snap; what else is left out says snap ignored.
      """,
    aliases: ["backup", "create"])
  static let page = HelpPage(
    [
      "snap save v1.2.0": "the whole project",
      "snap save v1.2.0 -m 'before the migration' src config": "only two folders",
      "pg_dump app | snap save db-1 --stdin --stdin-filename app.sql": "a dump",
      "snap save db-2 --stdin-from-command -- pg_dump app": "the same; nothing is saved when pg_dump fails",
      "snap save --version-from auto --changelog CHANGELOG.md": "a release, called as the project calls it",
    ],
    statuses: [
      3: "saved, but some items could not be read or changed meanwhile", 10: "no repository", 16: "no space",
      18: "not clean (--require-clean)", 22: "the version exists already",
      24: "saved, but suspect: look at it, then snap trust it",
      23: "the command, a dump or hook before-save failed; nothing saved",
    ])

  @Argument(help: ArgumentHelp("Version name, then files and folders.", valueName: "version-and-paths"))
  var words: [String] = []

  /// How many of `words` stood after `--`: the argument parser forgets it, so the invocation says it.
  @Option(name: .customLong(Invocation.terminatedWordsOption), help: .private)
  var terminatedWordCount = 0

  @OptionGroup(title: "What to save") var input: SaveInputOptions
  @OptionGroup(title: "What to leave out") var ignore: IgnoreOptions
  @OptionGroup(title: "How to save it") var label: SaveLabelOptions
  @OptionGroup(title: "A release") var release: ReleaseOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws {
    try input.check(words: ownWords, afterTerminator: afterTerminator)
    try label.check()
    if let name = try split().version { _ = try VersionName(name) }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository(mayOnlySave: true)
    try checkMayRead(repository)
    let configuration = try session.configuration(of: repository)
    let given = try release.name(split().version, in: session.base(of: repository))
    let name = try given ?? projectVersion(configuration, repository, session)
    let version = try name.map { try VersionName($0) } ?? timeName
    func save() throws -> (outcome: SaveOutcome, code: FaultCode?) {
      do {
        return try self.save(version, isDefault: name == nil, to: repository, configuration, session)
      } catch let fault as SnapFault where fault.code == .versionExists && given == nil {
        // Another save has taken the project's version meanwhile.
        return try self.save(timeName, isDefault: true, to: repository, configuration, session)
      }
    }
    guard let configuration, configuration.hasHooks, !label.noHooks, !label.dryRun, !HookRun.isInside else {
      return try save().code
    }
    try session.checkMayRun(configuration, flags: "--no-hooks --no-dumps")
    Interruption.defer()
    let hooks = SaveHooks(configuration, session, folder: session.base(of: repository), version: version.text)
    return try hooks.around(save)
  }

  /// What a version is called that has no other name.
  private var timeName: VersionName { VersionName(time: label.time?.time ?? currentTime()) }

  /// - Throws: `SnapFault` `.wrongKey` for what cannot be done by a key that only saves.
  private func checkMayRead(_ repository: Repository) throws {
    guard repository.isWriteOnly else { return }
    let needing = [("--skip-if-unchanged", label.skipIfUnchanged), ("--allow-partial", label.allowPartial)]
    if let (option, _) = needing.first(where: \.1) {
      throw SnapFault(.wrongKey, "\(option) needs a key that can read: this one can only save")
    }
  }

  /// What `snap.yml` says that a save without a name is called; `nil` for the time. A backup is not to fail for want of a name.
  private func projectVersion(
    _ configuration: ProjectConfiguration?, _ repository: Repository, _ session: Session
  ) throws -> String? {
    // Who cannot read cannot see which names are taken.
    guard release.versionFrom == nil, let source = configuration?.versionSource, !repository.isWriteOnly,
      asksForProject(try split().paths)
    else { return nil }
    do {
      guard let name = try source.versionName(in: session.base(of: repository))?.text else { return nil }
      let isTaken = try repository.snapshots().contains { $0.snapshot.version == name }
      return isTaken ? nil : name
    } catch let fault as SnapFault {
      session.console.warn("\(fault.message); the version is called by its time")
      return nil
    }
  }

  private func save(
    _ version: VersionName, isDefault: Bool, to repository: Repository, _ configuration: ProjectConfiguration?,
    _ session: Session
  ) throws -> (outcome: SaveOutcome, code: FaultCode?) {
    let base = session.base(of: repository)
    let paths = try split().paths
    let git = try gitState(of: base, session)
    if !isDefault { release.warnAboutTag(version.text, git, in: base, session) }
    let start = try input.start(
      paths: paths, base: base, command: afterTerminator, configured: configuration?.sources ?? [])
    warnAboutClock(currentTime(), repository, session)
    var request = SaveRequest(
      version: version.text, input: start.input,
      host: label.host.map { ArgumentText.display($0) } ?? hostName(), user: ProcessEnvironment.userName())
    // Two saves in one second: the time alone would not tell them apart.
    request.numbersVersion = isDefault
    request.git = git
    request.uncommitted = changes(since: git, base, request)
    request.time = label.time?.time
    request.tags = Array(Set(label.tag.flatMap { TagName.split($0) })).sorted()
    request.message = ArgumentText.prose(label.message)
    request.compression = label.compression.level
    request.isDryRun = label.dryRun
    request.skipIfUnchanged = label.skipIfUnchanged
    request.readsAll = label.force
    request.walk = try ignore.walkOptions(
      repository: Array(repository.folder.utf8), configuration: configuration, root: base)
    request.confirm = start.confirm
    let dumps = try dumps(of: configuration, paths, base, request, repository, session)
    if !label.dryRun { request.streams = dumps }
    defer { dumps?.stop() }
    if configuration?.databases != .off { request.databases = DatabaseCopier() }

    if !repository.isEncrypted, !label.noSecretWarning, configuration?.warnsOfSecrets != false {
      request.holdsSecret = SecretFile.holdsSecret
    }

    Interruption.defer()
    let reporter = SaveReporter(session: session, expected: try repository.snapshots().last?.snapshot.statistics)
    let outcome = try Archiver.save(request, to: repository, events: reporter)
    reporter.finish()
    let missing = (dumps?.files ?? []).filter { !outcome.snapshot.dumps.contains($0) }
    if outcome.wasSaved, !missing.isEmpty {
      // It must not take the place of a version that has them.
      let reason = "dump '\(missing.map(\.name).joined(separator: "', '"))' is missing"
      try ShapeGuard.mark(outcome.snapshot, [reason], in: repository)
    }
    let suspicions =
      outcome.wasSaved && missing.isEmpty && !label.noGuard && !repository.isWriteOnly
        && configuration?.guardsShape != false
      ? suspicions(about: outcome.snapshot, hasAllDumps: asksForDumps(paths), in: repository, session) : []
    var summary = SaveSummary(outcome: outcome, isDryRun: label.dryRun, dumps: dumps?.files ?? [])
    if label.dryRun, !label.noHooks, let hooks = configuration?.hooks {
      summary.hooks = ProjectConfiguration.HookEvent.allCases.filter { hooks[$0] != nil }.map(\.rawValue)
    }
    summary.suspicions = suspicions
    if outcome.wasSaved { summary.head = try repository.headText(of: outcome.snapshot.id) }
    let unwritten = release.appendToChangelog(outcome, session)
    return (outcome, try summary.report(to: session) ?? unwritten)
  }

  /// Marks the version where its shape is suspect; what goes wrong with that does not fail the save.
  private func suspicions(
    about version: Snapshot, hasAllDumps: Bool, in repository: Repository, _ session: Session
  ) -> [String] {
    do {
      return try ShapeGuard.examine(version, hasAllDumps: hasAllDumps, in: repository)
    } catch {
      let reason = snapFault(for: error)?.message ?? "\(error)"
      session.console.warn("\(version.version) could not be compared with those before it: \(reason)")
      return []
    }
  }

  private func asksForProject(_ paths: [String]) -> Bool { input.isWholeProject(paths) }
  private func asksForDumps(_ paths: [String]) -> Bool { !label.noDumps && asksForProject(paths) }

  /// The dumps that go with a save of the whole project.
  private func dumps(
    of configuration: ProjectConfiguration?, _ paths: [String], _ base: [UInt8], _ request: SaveRequest,
    _ repository: Repository, _ session: Session
  ) throws -> DumpRun? {
    guard let configuration, !configuration.dumps.isEmpty, asksForDumps(paths),
      case .tree(let root, _) = request.input
    else { return nil }
    try session.checkMayRun(configuration, flags: "--no-dumps")
    guard let folder = FileSystemPath.relative(base, to: root) else { return nil }
    for dump in configuration.dumps where dump.command.hidesFailure {
      session.console.warn(
        "dump '\(dump.name)': no shell here knows pipefail: only the last command of its pipe is seen to fail")
      session.console.hint("install bash, or give must-end-with or minimum-size")
    }
    return DumpRun(
      configuration.dumps, root: base, folder: folder, variables: ["SNAP_VERSION=\(request.version)"],
      allowsPartial: label.allowPartial, canAllowPartial: !repository.isWriteOnly)
  }

  private var ownWords: [String] { Array(words.dropLast(terminatedWordCount)) }
  private var afterTerminator: [String] { words.suffix(terminatedWordCount) }

  /// The version's name, if one was given, and the paths.
  private func split() throws -> (version: String?, paths: [String]) {
    let all = input.stdinFromCommand ? ownWords : words
    guard let first = all.first else { return (nil, []) }
    if release.versionFrom != nil { return (nil, all) }
    // No version name holds a slash or is a dot: `snap save .` and `snap backup /home` can only mean a folder.
    if first.contains("/") || first == "." || first == ".." { return (nil, all) }
    return (first, Array(all.dropFirst()))
  }

  private func gitState(of folder: [UInt8], _ session: Session) throws -> GitState? {
    switch GitProbe.state(of: folder) {
    case .state(let state):
      if label.requireClean, state.isDirty {
        throw SnapFault(
          .refused, "\(counted(state.dirtyFileCount, "file")) not committed in \(displayText(folder)); nothing saved",
          hint: "git status lists them; without --require-clean they are saved as they are")
      }
      return state
    case .notARepository:
      if label.requireClean {
        throw SnapFault(.refused, "\(displayText(folder)) is not under git; --require-clean cannot be met")
      }
      return nil
    case .unavailable(let reason):
      if label.requireClean { throw SnapFault(.refused, "git cannot tell whether the tree is clean: \(reason)") }
      session.console.warn("the git state is not recorded: \(reason)")
      return nil
    }
  }

  /// Who tells what is not committed of a tree under git.
  private func changes(since git: GitState?, _ base: [UInt8], _ request: SaveRequest) -> GitChanges? {
    guard let git, git.isDirty, !git.commit.isEmpty, case .tree(let root, _) = request.input else { return nil }
    return FileSystemPath.relative(base, to: root).map { GitChanges(folder: base, place: $0) }
  }

  private func warnAboutClock(_ now: Timestamp, _ repository: Repository, _ session: Session) {
    guard label.time == nil, let newest = try? repository.snapshots().last?.snapshot else { return }
    let behind = newest.created.seconds(since: now)
    if behind > 60 {
      session.console.warn("clock is \(TimeText.rough(behind)) behind the newest version \(newest.version)")
    }
  }
}

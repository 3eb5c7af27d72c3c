import FileTrees
import Repositories
import SnapshotModel
import Synchronization
import Workflows

/// One restore, and the version that an in-place one saves first.
struct RestoreRun {
  var repository: Repository
  var version: Snapshot
  var manifest: Manifest
  var target: [UInt8]
  var settings: RestoreOptions
  var session: Session

  /// - Returns: why the exit status is not 0.
  func restore() throws -> FaultCode? {
    let started = monotonicSeconds()
    let summary = try perform(settings, RestoreReporter(session: session, expected: version.statistics))
    try report(summary, seconds: monotonicSeconds() - started, safety: nil)
    return summary.outcome
  }

  /// Saves what would be overwritten or deleted, then restores.
  func restoreInPlace(isDryRun: Bool) throws -> FaultCode? {
    if isDryRun { return try restore() }
    let started = monotonicSeconds()
    var rehearsal = settings
    rehearsal.isDryRun = true
    let finder = OverwriteFinder(target: target)
    _ = try perform(rehearsal, finder)
    let safety = try saveFirst(finder.paths)
    let summary = try perform(settings, RestoreReporter(session: session, expected: version.statistics))
    try OperationLog.append(
      .restore, "\(version.version) into \(displayText(target))", safety.map { [$0.id] } ?? [],
      target: String(decoding: target, as: UTF8.self), in: repository)
    try report(summary, seconds: monotonicSeconds() - started, safety: safety)
    return summary.outcome
  }

  private func perform(_ settings: RestoreOptions, _ events: any RestoreEvents) throws -> RestoreSummary {
    let restorer = Restorer(target: target, options: settings, content: repository.reader(), events: events)
    var cursor = manifest.makeCursor()
    let summary = try restorer.restore {
      var batch: [ManifestEntry] = []
      while batch.count < 512, let entry = try cursor.peek() {
        batch.append(entry)
        cursor.advance()
      }
      return batch.isEmpty ? nil : batch
    }
    session.console.clearProgress()
    return summary
  }

  /// - Parameter paths: what the restore will overwrite or delete.
  private func saveFirst(_ paths: [ArchivePath]) throws -> Snapshot? {
    guard !paths.isEmpty else { return nil }
    if repository.isReadOnly {
      throw SnapFault(
        .refused, "the repository is read-only, so what would be overwritten cannot be saved first",
        hint: "--to DIR restores beside it")
    }
    let taken = Set(try repository.snapshots().map(\.snapshot.version))
    let first = VersionName(safetyAt: currentTime())
    let name =
      taken.contains(first.text)
      ? (2...).lazy.map { first.numbered($0) }.first { !taken.contains($0.text) } ?? first : first
    var request = SaveRequest(
      version: name.text, input: .tree(root: target, sources: paths.sorted()), host: hostName(),
      user: ProcessEnvironment.userName())
    request.tags = [ListedSnapshot.safetyTag]
    request.message = "what restoring \(version.version) overwrote"
    // Everything that is about to be lost must be in it, whatever the rules say.
    request.walk.usesDefaultIgnores = false
    request.walk.usesSnapIgnore = false
    request.walk.neverEnter = settings.neverEnter
    let outcome = try Archiver.save(request, to: repository, events: SaveReporter(session: session, expected: nil))
    if let error = outcome.errors.first {
      throw SnapFault(
        .refused,
        "'\(error.path)' would be overwritten and could not be saved first: \(error.reason); nothing restored",
        hint: "--to DIR restores beside it")
    }
    return outcome.snapshot
  }

  private func report(_ summary: RestoreSummary, seconds: Double, safety: Snapshot?) throws {
    if session.isJSON { return try session.json(json(summary, seconds, safety)) }
    for note in summary.notes { session.console.note(note) }
    if summary.faultCount > 0 {
      session.console.warn(
        "\(counted(summary.faultCount, "item")) not restored as \(version.version) has \(summary.faultCount == 1 ? "it" : "them")"
      )
    }
    guard !session.isQuiet else { return }
    let isDryRun = summary.isDryRun
    var parts = [
      counted(summary.files, "file")
        + " \(isDryRun ? "to write" : "written") (\(formatted(byteCount: summary.bytesWritten)))"
    ]
    let others = summary.symbolicLinks + summary.hardLinks + summary.specialFiles
    if others > 0 { parts.append(counted(others, "link or node", "links and nodes")) }
    parts.append("\(formatted(count: summary.unchanged)) unchanged")
    if summary.kept > 0 { parts.append("\(formatted(count: summary.kept)) kept") }
    if summary.deleted > 0 {
      parts.append("\(formatted(count: summary.deleted)) \(isDryRun ? "to delete" : "deleted")")
    }
    try session.output.line("Files:   \(parts.joined(separator: ", "))")
    if let safety {
      try session.output.line("Before:  saved as \(safety.version); snap undo goes back to it")
    }
    let verb = isDryRun ? "would restore" : "restored"
    try session.output.line("\(verb) \(version.version) to \(displayText(target))  in \(TimeText.elapsed(seconds))")
  }

  private func json(_ summary: RestoreSummary, _ seconds: Double, _ safety: Snapshot?) -> JSONObject {
    var object = JSONObject([
      "message_type": "summary", "dry_run": .boolean(summary.isDryRun), "version": .string(version.version),
      "snapshot_id": .string(version.id.hexadecimal), "files_restored": .count(summary.files),
      "dirs_restored": .count(summary.folders), "links_restored": .count(summary.symbolicLinks + summary.hardLinks),
      "others_restored": .count(summary.specialFiles), "files_unchanged": .count(summary.unchanged),
      "files_skipped": .count(summary.kept), "files_deleted": .count(summary.deleted),
      "bytes_restored": .unsigned(summary.bytesWritten), "errors": .count(summary.faultCount),
      "total_duration": .number(seconds),
    ])
    object.setPath(named: "target", target)
    object["safety_version"] = safety.map { .string($0.version) } ?? .null
    object["notes"] = .strings(summary.notes)
    return object
  }
}

/// Finds what a restore would take away, in a rehearsal.
private final class OverwriteFinder: RestoreEvents {
  private let target: [UInt8]
  private let found = Mutex<Set<ArchivePath>>([])

  init(target: [UInt8]) { self.target = target }

  var paths: [ArchivePath] { found.withLock { $0.sorted() } }
  var shouldStop: Bool { Interruption.isRequested }

  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    switch action {
    case .replaced, .deleted: found.withLock { _ = $0.insert(path) }
    case .created: if let inTheWay = inTheWay(of: path) { found.withLock { _ = $0.insert(inTheWay) } }
    case .unchanged, .kept: break
    }
  }

  /// What must go so that `path` can be created: a file where one of its folders shall be.
  private func inTheWay(of path: ArchivePath) -> ArchivePath? {
    var folder = ArchivePath.root
    for component in path.components {
      guard let next = folder.appending(component) else { return nil }
      let place = target + [UInt8(ascii: "/")] + next.bytes
      if FileSystemPath.exists(place), !FileSystemPath.isRealFolder(place) { return next }
      folder = next
    }
    return nil
  }

  func restore(failed fault: SnapFault, path: ArchivePath) {}
}

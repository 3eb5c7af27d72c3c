import FileTrees
import Repositories
import SnapshotModel

/// Takes back one restore in place: what it made goes, what it overwrote comes back.
///
/// It is a restore in place itself: what it takes away is saved first, and another undo goes back to that.
struct UndoRun {
  private let repository: Repository
  private let operation: OperationRecord
  private let safety: Snapshot?
  private let session: Session
  private let target: [UInt8]
  private let settings: RestoreOptions

  /// - Parameter safety: what was saved before the restore; `nil` when it took nothing away.
  init(_ operation: OperationRecord, safety: Snapshot?, _ repository: Repository, _ session: Session) {
    self.repository = repository
    self.operation = operation
    self.safety = safety
    self.session = session
    target = session.target(of: operation, in: repository)
    var settings = RestoreOptions(overwrite: .ifChanged)
    settings.requiresEmptyTarget = false
    // What was overwritten comes back as it was, set-user-id and all.
    settings.preservesPrivileged = true
    settings.snapshotName = safety?.version ?? ""
    settings.neverEnter = repository.neverEnter
    self.settings = settings
  }

  /// - Returns: why the exit status is not 0.
  func run() throws -> FaultCode? {
    let started = monotonicSeconds()
    guard FileSystemPath.isFolder(target) else {
      throw SnapFault(
        .refused, "\(displayText(target)), which was restored into, is not there any more; nothing undone",
        hint: safety.map { "snap restore \($0.version) --to DIR has what was overwritten" }, path: displayText(target))
    }
    if safety == nil, !operation.snapshots.isEmpty {
      session.console.warn("what the restore overwrote does not come back: the version that was saved first is gone")
    }
    let made = try entriesMade()
    let restore = try safety.map {
      RestoreRun(
        repository: repository, version: $0, manifest: try repository.manifest(of: $0), target: target,
        settings: settings, isInPlace: true, session: session)
    }
    let listener = RehearsalListener()
    _ = try remove(made, isDryRun: true, listener)
    var plan = listener.plan
    if let restore { plan.add(changesOf: try restore.rehearse()) }
    // Their folders get a new time.
    plan.created = listener.plan.changed.union(listener.plan.changedFolders)
    let saved = try SafetySave(repository: repository, target: target, session: session)
      .save(plan, message: "what undoing the restore of \(operation.summary) took away")
    let remover = try remove(made, isDryRun: false, RestoreReporter(session: session, expected: SnapshotStatistics()))
    var summary = try restoreOverwritten(restore, saved)
    try OperationLog.finishUndo(of: operation, in: repository)
    summary.deleted += remover.paths.count
    var report = RestoreReport(summary, target: target, seconds: monotonicSeconds() - started)
    report.safety = saved
    report.left = remover.left
    try report.write(.undone(operation.summary, safety: safety), in: session)
    return summary.outcome ?? (remover.left.isEmpty ? nil : .warnings)
  }

  /// Notes what it does for another undo, and does it.
  private func restoreOverwritten(_ restore: RestoreRun?, _ saved: Snapshot?) throws -> RestoreSummary {
    let name = "undo of \(operation.summary)"
    guard let restore else {
      if let saved {
        try OperationLog.append(.restore, name, [saved.id], target: operation.target, in: repository)
      }
      return RestoreSummary()
    }
    // Once more, as something may have gone that stood in the way.
    let plan = try restore.rehearse()
    if !plan.isEmpty || saved != nil { try restore.log(plan, name, saved) }
    return try restore.perform()
  }

  private func remove(
    _ made: [ManifestEntry], isDryRun: Bool, _ events: any RestoreEvents
  ) throws -> CreationRemover {
    var options = settings
    options.isDryRun = isDryRun
    options.preservesPrivileged = false
    options.stripComponents = operation.trace?.stripComponents ?? 0
    let remover = CreationRemover(target: target, options: options, content: repository.reader(), events: events)
    do {
      if !made.isEmpty { try remover.remove(made) }
    } catch var fault as SnapFault where fault.code == .interrupted {
      fault.hint = "snap undo goes on with it"
      throw fault
    }
    return remover
  }

  /// What the restore made, as the version has it, in path order.
  private func entriesMade() throws -> [ManifestEntry] {
    guard let trace = operation.trace else { return [] }
    let known = try repository.snapshots() + repository.trashed()
    guard let version = known.first(where: { $0.snapshot.id == trace.snapshot })?.snapshot else {
      session.console.warn("what the restore made stays: the version that it restored is gone")
      return []
    }
    var options = RestoreOptions()
    options.stripComponents = trace.stripComponents
    let created = Set(trace.created)
    var made: [ManifestEntry] = []
    try repository.manifest(of: version).forEach { entry in
      var path = options.targetPath(of: entry.path)
      while let candidate = path {
        if created.contains(candidate) { return made.append(entry) }
        path = trace.coversFolders ? candidate.parent : nil
      }
    }
    return made
  }
}

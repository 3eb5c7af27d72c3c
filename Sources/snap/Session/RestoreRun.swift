import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// One restore of a version into a folder.
struct RestoreRun {
  var repository: Repository
  var version: Snapshot
  var manifest: Manifest
  var target: [UInt8]
  var settings: RestoreOptions
  /// Whether what was done can be taken back.
  var isInPlace = false
  /// Whether owners or attributes that could not be restored make the exit status 3.
  var isStrict = false
  var session: Session
  /// Keeps a record of it.
  var incident: IncidentRecorder?

  /// - Returns: why the exit status is not 0.
  func restore() throws -> FaultCode? {
    let started = monotonicSeconds()
    return try finish(try perform(), safety: nil, started)
  }

  /// Says of each item what would become of it, and does nothing.
  func list() throws -> FaultCode? {
    let started = monotonicSeconds()
    var rehearsal = self
    rehearsal.settings.isDryRun = true
    let listing = RestoreListing(reporter: RestoreReporter(session: session, expected: version.statistics))
    let summary = try rehearsal.perform(listing)
    var sizes: [ArchivePath: UInt64] = [:]
    try settings.selection.forEachCandidate(in: manifest) { entry in
      if entry.kind == .file, let path = settings.targetPath(of: entry.path) { sizes[path] = entry.size }
    }
    try listing.write(sizes: sizes, to: session)
    // What follows goes to standard error.
    try session.output.flush()
    var report = RestoreReport(summary, target: target, seconds: monotonicSeconds() - started)
    report.followsListing = true
    try report.write(.restored(version), in: session)
    return outcome(of: summary)
  }

  /// Saves what would be overwritten, deleted or corrected, and notes what would be made; then restores.
  func restoreInPlace() throws -> FaultCode? {
    let started = monotonicSeconds()
    let plan = try rehearse()
    let safety = try SafetySave(repository: repository, target: target, session: session)
      .save(plan, message: "what restoring \(version.version) overwrote")
    // Before anything is changed, so that a restore that is cut short can be taken back.
    if !plan.isEmpty, !repository.isReadOnly { try log(plan, "\(version.version) into \(displayText(target))", safety) }
    if let safety { try incident?.hold(safety) }
    return try finish(try perform(), safety: safety, started)
  }

  private func finish(_ summary: RestoreSummary, safety: Snapshot?, _ started: Double) throws -> FaultCode? {
    let code = outcome(of: summary)
    let isRecorded = incident?.end(with: summary, code: code) ?? true
    var report = RestoreReport(summary, target: target, seconds: monotonicSeconds() - started)
    report.safety = safety
    report.incident = incident?.incident.id.short
    try report.write(.restored(version), in: session)
    return code ?? (isRecorded ? nil : .warnings)
  }

  private func outcome(of summary: RestoreSummary) -> FaultCode? {
    let lacksMetadata = summary.ownersNotRestored + summary.attributesNotRestored + summary.privilegesWithheld > 0
    return summary.outcome ?? (isStrict && lacksMetadata ? .warnings : nil)
  }

  func log(_ plan: InPlacePlan, _ summary: String, _ safety: Snapshot?) throws {
    // With all of a version, what is below a folder that is made is made too.
    let isWhole = settings.selection.selectsEverything && settings.stripComponents == 0
    let trace = RestoreTrace(
      snapshot: version.id, created: Array(plan.created), stripComponents: settings.stripComponents,
      coversFolders: isWhole)
    try OperationLog.append(
      .restore, summary, safety.map { [$0.id] } ?? [], target: session.recorded(target, in: repository),
      trace: trace.created.isEmpty ? nil : trace, in: repository)
  }

  /// Finds out what the restore would do.
  func rehearse() throws -> InPlacePlan {
    var rehearsal = self
    rehearsal.settings.isDryRun = true
    let listener = RehearsalListener()
    _ = try rehearsal.perform(listener)
    return listener.plan
  }

  func perform() throws -> RestoreSummary {
    let reporter = RestoreReporter(session: session, expected: version.statistics)
    do {
      return try perform(reporter)
    } catch var fault as SnapFault where fault.code == .interrupted && !settings.isDryRun {
      fault.hint = isInPlace ? "snap undo takes back what was done" : "--overwrite if-changed goes on with it"
      throw fault
    }
  }

  private func perform(_ events: any RestoreEvents) throws -> RestoreSummary {
    let restorer = Restorer(target: target, options: settings, content: repository.reader(), events: events)
    defer { session.console.clearProgress() }
    var segments = settings.selection.segments(of: manifest)[...]
    return try restorer.restore { try segments.popFirst().map { try manifest.entries(ofSegment: $0) } }
  }
}

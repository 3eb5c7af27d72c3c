import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// Keeps the record that `restore --incident` asks for: begun before anything is changed, ended with what came of it.
final class IncidentRecorder {
  private(set) var incident: Incident
  /// What had happened.
  private let text: String
  private let version: Snapshot
  private var safety: Snapshot?
  /// As the log of operations names it.
  private let target: String
  private let repository: Repository
  private let session: Session
  private let started = monotonicSeconds()
  private var hasEnded = false

  /// - Throws: `SnapFault` when the record cannot be written: then nothing may be restored.
  init(
    _ text: String, version: Snapshot, patterns: [String], target: [UInt8]? = nil, command: String = "",
    _ repository: Repository, _ session: Session
  ) throws {
    self.text = text
    self.version = version
    self.target = target.map { session.recorded($0, in: repository) } ?? ""
    self.repository = repository
    self.session = session
    incident = Incident(
      began: currentTime(), user: ProcessEnvironment.userName(), host: hostName(), version: version.version,
      patterns: patterns, command: command)
    if repository.isReadOnly {
      throw SnapFault(
        .refused, "the repository is read-only, so the incident cannot be recorded; nothing restored",
        hint: "without --incident it is restored")
    }
    try note()
  }

  /// Names what was saved before the restore, and keeps it from being forgotten.
  func hold(_ safety: Snapshot) throws {
    self.safety = safety
    incident.safetyVersion = safety.version
    guard var labels = try repository.snapshots().first(where: { $0.snapshot.id == safety.id })?.labels else { return }
    labels.holds[incident.holdName] = text
    try repository.setLabels(labels, of: safety.id)
    try note()
  }

  /// - Returns: `false` when it could not be recorded, which is told.
  func end(with summary: RestoreSummary, code: FaultCode?) -> Bool {
    incident.files = UInt64(summary.files)
    incident.bytes = summary.bytesWritten
    incident.deleted = UInt64(summary.deleted)
    let count = max(summary.faultCount + summary.notRestored, summary.damaged.count)
    return end(
      code == nil ? .restored : .partial, reason: count > 0 ? "\(counted(count, "item")) not restored as saved" : "")
  }

  /// - Returns: `false` when it could not be recorded, which is told.
  func end(pipedBytes: UInt64) -> Bool {
    incident.bytes = pipedBytes
    return end(.restored, reason: "")
  }

  /// A failure before the end; nothing after it.
  func end(with fault: SnapFault) { if !hasEnded { _ = end(.failed, reason: PathText.shown(fault.message)) } }

  private func end(_ outcome: Incident.Outcome, reason: String) -> Bool {
    hasEnded = true
    incident.outcome = outcome
    incident.reason = reason
    incident.durationMilliseconds = UInt64((monotonicSeconds() - started) * 1000)
    do {
      try note()
      return true
    } catch {
      session.console.warn(
        "incident \(incident.id.short) lacks its end: \(snapFault(for: error)?.message ?? "\(error)")")
      return false
    }
  }

  private func note() throws {
    try OperationLog.note(
      incident, text, [version.id] + (safety.map { [$0.id] } ?? []), target: target, in: repository)
  }
}

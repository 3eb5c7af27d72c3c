import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// One drill: a version is restored to a temporary folder, read back, looked at by check commands, and removed; what came of it
/// is recorded.
struct DrillRun {
  var repository: Repository
  var version: Snapshot
  var checks: [CheckCommand]
  /// How long each of them may run.
  var checkSecondsMax: Int
  /// Where the temporary folder is made.
  var parent: [UInt8]
  /// Whether the folder stays when something fails.
  var keepsFolder: Bool
  var session: Session

  /// A check command that was run.
  struct Check {
    var command: CheckCommand
    /// Why it did not pass: `exited with 3`.
    var failure: String?
    var seconds: Double
  }

  /// - Throws: the `SnapFault` that tells why the drill did not pass, after it was recorded.
  func run() throws -> FaultCode? {
    let started = monotonicSeconds()
    var summary = RestoreSummary()
    var checks: [Check] = []
    var failure: SnapFault?
    do {
      let folder = try makeFolder()
      defer { remove(folder, failed: failure != nil) }
      do {
        summary = try restore(to: folder.path)
        failure = fault(of: summary)
        for command in self.checks where failure == nil {
          let check = try run(command, in: folder.path)
          checks.append(check)
          if check.failure != nil { failure = fault(of: check) }
        }
      } catch {
        failure = snapFault(for: error)
        if failure == nil { throw error }
      }
    }
    if let failure, [.interrupted, .terminated].contains(failure.code) { throw failure }
    let seconds = monotonicSeconds() - started
    let isRecorded = try record(summary, failure, seconds)
    if var failure {
      failure.message = "drill of \(version.version) failed: \(failure.message)"
      throw failure
    }
    try report(summary, checks, seconds)
    return isRecorded ? nil : .warnings
  }

  private func makeFolder() throws(SnapFault) -> PrivateFolder {
    do throws(SystemError) {
      return try PrivateFolder(in: parent, prefix: "snap-drill-")
    } catch {
      throw SnapFault(
        error.errno == 28 ? .noSpace : .failed, "cannot make a folder in \(displayText(parent)): \(error)",
        hint: "--in DIR, or TMPDIR, names another place", path: displayText(parent))
    }
  }

  private func remove(_ folder: PrivateFolder, failed: Bool) {
    if keepsFolder, failed {
      return session.console.note("the restored files are in \(displayText(folder.path)); remove them when done")
    }
    do throws(SystemError) {
      try folder.remove()
    } catch {
      session.console.warn("\(displayText(folder.path)) could not be removed: \(error)")
    }
  }

  private func restore(to folder: [UInt8]) throws -> RestoreSummary {
    var settings = RestoreOptions()
    settings.verifies = true
    settings.snapshotName = version.version
    let run = RestoreRun(
      repository: repository, version: version, manifest: try repository.manifest(of: version), target: folder,
      settings: settings, session: session)
    do {
      return try run.perform()
    } catch var fault as SnapFault where [.interrupted, .terminated].contains(fault.code) {
      // What was restored goes, so there is nothing to go on with.
      fault.message = "interrupted; the drill is not recorded"
      fault.hint = nil
      throw fault
    }
  }

  private func run(_ command: CheckCommand, in folder: [UInt8]) throws -> Check {
    let started = monotonicSeconds()
    var check = Check(command: command, failure: nil, seconds: 0)
    let waited = try command.run(in: folder, secondsMax: checkSecondsMax, shouldStop: { Interruption.isRequested })
    if Interruption.isRequested { throw SnapFault(.interrupted, "interrupted; the drill is not recorded") }
    switch waited {
    case .interrupted: check.failure = "was stopped"
    case .timedOut:
      check.failure = "was stopped: it ran longer than its timeout of \(counted(checkSecondsMax, "second"))"
    case .ended(let ending): check.failure = ending.isSuccess ? nil : ending.words
    }
    check.seconds = monotonicSeconds() - started
    return check
  }

  private func fault(of summary: RestoreSummary) -> SnapFault? {
    guard let code = summary.outcome else { return nil }
    let count = max(summary.faultCount + summary.notRestored, summary.damaged.count)
    return SnapFault(
      code, "\(counted(count, "item")) did not come back as saved", hint: code == .damage ? "snap verify" : nil)
  }

  private func fault(of check: Check) -> SnapFault {
    SnapFault(
      .commandFailed, "check '\(check.command.shown)' \(check.failure ?? "passed")",
      hint: keepsFolder ? nil : "--keep leaves the restored files for a look")
  }

  /// - Returns: `false` when the repository takes no record.
  private func record(_ summary: RestoreSummary, _ failure: SnapFault?, _ seconds: Double) throws -> Bool {
    let outcome: DrillResult.Outcome =
      switch failure?.code {
      case nil: .passed
      case .damage: .damaged
      case .commandFailed: .checkFailed
      default: .incomplete
      }
    let result = DrillResult(
      outcome: outcome, durationMilliseconds: UInt64(seconds * 1000), files: UInt64(summary.files),
      bytes: summary.bytesWritten, reason: failure?.message ?? "")
    let text = failure.map { "failed: \($0.message)" } ?? "passed in \(TimeText.elapsed(seconds))"
    if repository.isReadOnly {
      session.console.warn("the drill is not recorded: the repository is read-only")
      return false
    }
    try OperationLog.append(.drill, "\(version.version) \(text)", [version.id], drill: result, in: repository)
    return true
  }

  private func report(_ summary: RestoreSummary, _ checks: [Check], _ seconds: Double) throws {
    if session.isJSON {
      let list = checks.map { check -> JSONValue in
        .object(
          JSONObject([
            "command": .string(check.command.shown), "passed": .boolean(check.failure == nil),
            "duration": .number(check.seconds),
          ]))
      }
      return try session.json(
        JSONObject([
          "message_type": "summary", "version": .string(version.version),
          "snapshot_id": .string(version.id.hexadecimal), "passed": .boolean(true),
          "files_restored": .count(summary.files), "bytes_restored": .unsigned(summary.bytesWritten),
          "checks": .array(list), "total_duration": .number(seconds),
        ]))
    }
    if session.isQuiet { return }
    for note in summary.notes { session.console.note(note) }
    try session.output.line(
      "Files:   \(counted(summary.files, "file")) restored and read back (\(formatted(byteCount: summary.bytesWritten)))"
    )
    for check in checks {
      try session.output.line(
        "Check:   '\(check.command.shown)' passed  in \(TimeText.elapsed(check.seconds))")
    }
    try session.output.line("drill of \(version.version) passed  in \(TimeText.elapsed(seconds))")
  }
}

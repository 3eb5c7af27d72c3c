import FileTrees
import Repositories
import SnapshotModel
import Synchronization
import Workflows

/// Tells how a save goes: a line that redraws itself on a terminal, one plain line a minute elsewhere, `status` objects
/// with `--json`.
final class SaveReporter: SaveEvents {
  private let session: Session
  /// The last version's figures: about what to expect.
  private let expected: SnapshotStatistics?
  private let meter: ProgressMeter
  private let failureCount = Mutex(0)

  /// What is told of more items would scroll the first ones away.
  private static let failuresShownMax = 100

  init(session: Session, expected: SnapshotStatistics?) {
    self.session = session
    self.expected = expected
    meter = ProgressMeter(session: session)
  }

  func note(_ message: String) { session.console.note(message) }
  func warn(_ message: String) { session.console.warn(message) }
  var shouldStop: Bool { Interruption.isRequested }

  func progress(_ progress: SaveProgress) {
    guard let seconds = meter.due() else { return }
    let files = expected.map { Int($0.fileCount) } ?? 0
    let isKnown = files >= progress.filesDone && files > 0
    let share = isKnown ? Double(progress.filesDone) / Double(files) : nil
    if session.isJSON {
      var object = JSONObject(["message_type": "status", "seconds_elapsed": .number(seconds.rounded())])
      object["percent_done"] = .number(share ?? 0)
      object["total_files"] = .count(isKnown ? files : progress.filesDone)
      object["files_done"] = .count(progress.filesDone)
      object["total_bytes"] = .unsigned(max(progress.bytesDone, expected?.bytesLogical ?? 0))
      object["bytes_done"] = .unsigned(progress.bytesDone)
      object["error_count"] = .count(progress.errors)
      object["current_files"] = .strings(progress.currentPath.map { [$0.description] } ?? [])
      // The progress of a command whose output cannot be written ends with that write, not here.
      try? session.json(object)
      try? session.output.flush()
      return
    }
    let fileText =
      isKnown
      ? "\(formatted(count: progress.filesDone))/~\(formatted(count: files))" : formatted(count: progress.filesDone)
    var parts = [
      "\(fileText) files", formatted(byteCount: progress.bytesDone),
      "\(formatted(byteCount: UInt64(Double(progress.bytesDone) / max(seconds, 0.1))))/s",
    ]
    if progress.errors > 0 { parts.append(counted(progress.errors, "error")) }
    if let share, share > 0.02 { parts.append("\(TimeText.elapsed(seconds / share - seconds)) left") }
    meter.show(parts.joined(separator: ", "), item: progress.currentPath?.description)
  }

  func itemFailed(_ path: ArchivePath, _ reason: String) {
    let number = failureCount.withLock { count in
      count += 1
      return count
    }
    let isChange = reason.hasPrefix("changed")
    let text =
      isChange
      ? "changed while being saved: \(path) (saved as read)"
      : SaveOutcome.isSavedAsRead(reason) ? "warning: \(path): \(reason)" : "skipped: \(path): \(reason)"
    if number <= Self.failuresShownMax || session.isVerbose {
      session.console.itemFailed(path: path.bytes, message: text)
    }
    if number == Self.failuresShownMax + 1, !session.isVerbose {
      session.console.warn("more such items follow; -v names them")
    }
  }

  func ignored(_ path: ArchivePath, isDirectory: Bool, decision: IgnoreDecision) {
    guard session.isVerbose else { return }
    session.console.detail("ignored: \(path)\(isDirectory ? "/" : "")  \(IgnoreText.cause(decision))")
  }

  func finish() { session.console.clearProgress() }
}

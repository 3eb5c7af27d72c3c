import FileTrees
import SnapshotModel
import Synchronization

/// Tells how a restore goes; called from several threads.
final class RestoreReporter: RestoreEvents {
  private struct State {
    var files = 0
    var bytes: UInt64 = 0
    var faults = 0
  }

  private let session: Session
  private let expected: SnapshotStatistics
  private let meter: ProgressMeter
  private let state = Mutex(State())

  /// What is told of more items would scroll the first ones away.
  private static let faultsShownMax = 100

  init(session: Session, expected: SnapshotStatistics) {
    self.session = session
    self.expected = expected
    meter = ProgressMeter(session: session)
  }

  var shouldStop: Bool { Interruption.isRequested }

  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    if session.isVerbose { session.console.detail("\(action.rawValue)  \(path.isRoot ? "." : path.description)") }
    let now = state.withLock { state in
      if kind == .file { state.files += 1 }
      state.bytes = saturatingSum(state.bytes, byteCount)
      return state
    }
    guard let seconds = meter.due() else { return }
    let total = expected.fileCount
    if session.isJSON {
      // The progress of a command whose output cannot be written ends with that write, not here.
      try? session.json(
        JSONObject([
          "message_type": "status", "seconds_elapsed": .number(seconds.rounded()),
          "percent_done": .number(total > 0 ? min(1, Double(now.files) / Double(total)) : 0),
          "total_files": .unsigned(total), "files_restored": .count(now.files),
          "total_bytes": .unsigned(expected.bytesLogical), "bytes_restored": .unsigned(now.bytes),
        ]))
      try? session.output.flush()
      return
    }
    let rate = formatted(byteCount: UInt64(Double(now.bytes) / max(seconds, 0.1)))
    meter.show(
      "\(formatted(count: now.files))/\(formatted(count: total)) files, \(formatted(byteCount: now.bytes)), \(rate)/s",
      item: path.description)
  }

  func restore(failed fault: SnapFault, path: ArchivePath) {
    let number = state.withLock { state in
      state.faults += 1
      return state.faults
    }
    if number <= Self.faultsShownMax { session.console.itemFailed(path: path.bytes, message: fault.message) }
    if number == Self.faultsShownMax + 1 { session.console.warn("more such items follow; the summary counts them") }
  }
}

import Glibc
import Repositories
import SnapshotModel
import Workflows

/// Streams one file of a version into a command.
///
/// Each chunk is checked before the command gets it. Where one cannot be had, the command is killed before it could take
/// the end of its input for the end of the file.
struct PipeRun {
  var entry: ManifestEntry
  var version: Snapshot
  /// A line for the shell.
  var command: String
  var session: Session
  /// Keeps a record of it.
  var incident: IncidentRecorder?

  /// - Returns: why the exit status is not 0.
  func run(from repository: Repository) throws -> FaultCode? {
    try session.checkIsFile(entry, version)
    let shown = withoutSecrets(ArgumentText.display(command))
    if PipeShell.hidesFailure(in: ArgumentText.encode(command)) {
      session.console.warn("no shell here knows pipefail: only the last command of the pipe '\(shown)' is seen to fail")
    }
    let child = try ChildProcess(
      PipeShell.arguments(for: ArgumentText.encode(command)), input: .piped,
      output: session.isJSON ? .toError : .inherited, leadsSession: true)
    do {
      try EntryContent.forEachPiece(of: entry, from: repository.reader()) { piece in
        try stopIfAsked()
        guard child.write(piece, shouldStop: { Interruption.isRequested }) else {
          try stopIfAsked()
          throw ReaderGone()
        }
      }
    } catch is ReaderGone {
      child.closeInput()
      try wait(for: child, shown)
      throw SnapFault(
        .commandFailed, "'\(shown)' ended before it had read all of '\(entry.path)' of \(version.version)",
        path: entry.path.description)
    } catch let fault as SnapFault where fault.code == .interrupted {
      child.end()
      throw fault
    } catch {
      child.stop(signal: SIGKILL)
      guard var fault = snapFault(for: error) else { throw error }
      if fault.code == .damage {
        fault.message += "; '\(shown)' was stopped before it got the damaged part"
        fault.hint = "what it had done before may have to be undone; snap verify tells what else is damaged"
      }
      throw fault
    }
    child.closeInput()
    try wait(for: child, shown)
    let isRecorded = incident?.end(pipedBytes: entry.size) ?? true
    if session.isJSON {
      var object = JSONObject([
        "message_type": "summary", "version": .string(version.version), "bytes_piped": .unsigned(entry.size),
      ])
      object["incident"] = incident.map { .string($0.incident.id.short) } ?? .null
      object.setPath(entry.path.bytes)
      try session.json(object)
    } else {
      session.console.note(
        "piped \(entry.path) of \(version.version) (\(formatted(byteCount: entry.size))) into '\(shown)'")
      if let incident { session.console.hint("snap incident \(incident.incident.id.short) prints the report") }
    }
    return isRecorded ? nil : .warnings
  }

  private struct ReaderGone: Error {}

  private static let interruption = SnapFault(.interrupted, "interrupted; the command was stopped")

  private func stopIfAsked() throws {
    if Interruption.isRequested { throw Self.interruption }
  }

  /// It may work for long on what it has read.
  private func wait(for child: ChildProcess, _ shown: String) throws {
    switch child.wait(shouldStop: { Interruption.isRequested }) {
    case .ended(let ending): try check(ending, shown)
    case .interrupted, .timedOut: throw Self.interruption
    }
  }

  private func check(_ ending: ChildProcess.Ending, _ shown: String) throws {
    let what: String
    switch ending {
    case .exited(0): return
    case .exited(let status): what = "exited with \(status)"
    case .killed(let signal): what = "was killed by signal \(signal)"
    }
    throw SnapFault(
      .commandFailed, "'\(shown)' \(what), with '\(entry.path)' of \(version.version) as its input",
      path: entry.path.description)
  }
}

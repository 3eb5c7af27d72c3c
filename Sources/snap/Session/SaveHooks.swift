import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// What the project's configuration wants to happen around a save: hooks, then who is told.
///
/// `before-save`, the save, `after-save` (also when either failed: it undoes what the first may have done), `on-success` or
/// `on-failure`, notifications. What fails after the save is told and makes the status 3; the version stands.
struct SaveHooks {
  private let configuration: ProjectConfiguration
  private let session: Session
  /// The project's.
  private let folder: [UInt8]
  private let version: String
  private let started = monotonicSeconds()

  init(_ configuration: ProjectConfiguration, _ session: Session, folder: [UInt8], version: String) {
    self.configuration = configuration
    self.session = session
    self.folder = folder
    self.version = version
  }

  /// Runs `save` with all that belongs around it.
  ///
  /// - Returns: why the exit status is not 0.
  func around(_ save: () throws -> (outcome: SaveOutcome, code: FaultCode?)) throws -> FaultCode? {
    do {
      try runBefore()
      let (outcome, code) = try save()
      return finish(Ending(outcome: outcome, code: code, fault: nil)) ? code : code ?? .warnings
    } catch {
      let fault = Interruption.named(snapFault(for: error) ?? SnapFault(.internalError, "internal error"))
      _ = finish(Ending(outcome: nil, code: fault.code, fault: fault))
      throw error
    }
  }

  /// How a save ended.
  private struct Ending {
    var outcome: SaveOutcome?
    var code: FaultCode?
    var fault: SnapFault?

    var isGood: Bool { fault == nil && code != .suspect }
    var result: String {
      if fault != nil { return "failure" }
      return code == .suspect ? "suspect" : code == nil ? "success" : "warnings"
    }
    var message: String {
      let suspect = code == .suspect ? "\(outcome?.snapshot.version ?? "") is saved, but suspect" : ""
      return PathText.shown(fault?.message ?? suspect)
    }
  }

  private func runBefore() throws {
    guard let command = configuration.hooks[.beforeSave] else { return }
    do throws(SnapFault) {
      try HookRun.run(
        command, name: "before-save", variables: [("SNAP_VERSION", version), ("SNAP_PROJECT", displayText(folder))],
        folder: folder, secondsMax: configuration.hookSecondsMax, shouldStop: { Interruption.isRequested })
    } catch {
      var fault = error
      if fault.code == .commandFailed {
        fault.message += "; nothing was saved"
        fault.hint = "--no-hooks saves without hooks"
      }
      throw fault
    }
  }

  /// - Returns: whether all went well.
  private func finish(_ ending: Ending) -> Bool {
    var isFine = run(.afterSave, ending)
    isFine = run(ending.isGood ? .onSuccess : .onFailure, ending) && isFine
    for notification in configuration.notifications { isFine = tell(notification, ending) && isFine }
    return isFine
  }

  private func run(_ event: ProjectConfiguration.HookEvent, _ ending: Ending) -> Bool {
    guard let command = configuration.hooks[event] else { return true }
    return attempt {
      // What an interruption left to be done is done: a second one ends this, too.
      try HookRun.run(
        command, name: event.rawValue, variables: variables(ending), folder: folder,
        secondsMax: configuration.hookSecondsMax, shouldStop: { false })
    }
  }

  private func tell(_ notification: Notification, _ ending: Ending) -> Bool {
    attempt {
      switch notification {
      case .healthcheck(let url) where ending.isGood:
        try Notifier.send(.ping, to: url, kind: "healthcheck")
      case .healthcheck(let url):
        try Notifier.send(.text(ending.message), to: url, kind: "healthcheck", suffix: "/fail")
      case .webhook(let url): try Notifier.send(.json(report(ending).text), to: url, kind: "webhook")
      case .prometheus(let path):
        let state = try ProjectState(session.openRepository(), session, readsTree: false)
        try SmallFile.replace(
          FileSystemPath.joined(folder, below: Array(path.utf8)), with: Array(try state.prometheus().utf8))
      case .command(let command):
        try HookRun.run(
          command, name: "notify", variables: variables(ending), folder: folder,
          secondsMax: configuration.hookSecondsMax, shouldStop: { false })
      }
    }
  }

  private func attempt(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return true
    } catch {
      let fault = snapFault(for: error)
      session.console.warn(fault?.message ?? "\(error)")
      if let hint = fault?.hint { session.console.hint(hint) }
      return false
    }
  }

  private func variables(_ ending: Ending) -> [(name: String, value: String)] {
    let snapshot = ending.outcome?.snapshot
    return [
      ("SNAP_VERSION", snapshot?.version ?? version), ("SNAP_ID", snapshot?.id.hexadecimal ?? ""),
      ("SNAP_PROJECT", displayText(folder)), ("SNAP_RESULT", ending.result),
      ("SNAP_STATUS", String(ending.code?.rawValue ?? 0)), ("SNAP_MESSAGE", ending.message),
      ("SNAP_BYTES_ADDED", String(snapshot?.statistics.bytesStored ?? 0)),
    ]
  }

  /// What a webhook gets.
  private func report(_ ending: Ending) -> JSONObject {
    var object = JSONObject(["event": "save", "result": .string(ending.result)])
    let snapshot = ending.outcome?.snapshot
    object["version"] = .string(snapshot?.version ?? version)
    object["snapshot_id"] = snapshot.map { .string($0.id.hexadecimal) } ?? .null
    object["saved"] = .boolean(ending.outcome?.wasSaved ?? false)
    object["status"] = .integer(Int64(ending.code?.rawValue ?? 0))
    object["message"] = .string(ending.message)
    object["host"] = .string(hostName())
    object.setPath(named: "project", folder)
    object["duration"] = .number((monotonicSeconds() - started).rounded())
    if let statistics = snapshot?.statistics {
      object["bytes_added"] = .unsigned(statistics.bytesStored)
      object["bytes_logical"] = .unsigned(statistics.bytesLogical)
      object["errors"] = .unsigned(statistics.itemsWithErrors)
    }
    return object
  }
}

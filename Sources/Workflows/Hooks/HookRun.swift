import SnapshotModel

/// One command of the project's configuration that is run for what it does, not for what it writes.
package enum HookRun {
  /// The variable that every hook gets: a `snap` that finds it set runs none, or hooks would call themselves.
  package static let variable = "SNAP_HOOK"

  /// Whether this process was started by a hook.
  package static var isInside: Bool { ProcessEnvironment.value(variable) != nil }

  /// Runs it to its end; what it writes goes to standard error.
  ///
  /// - Parameters:
  ///   - name: as the configuration calls it.
  ///   - variables: for its environment, beside this process's own.
  ///   - secondsMax: after it the command is stopped.
  ///   - shouldStop: asked often; the command is then stopped.
  /// - Throws: `SnapFault` `.commandFailed` that names hook and command.
  package static func run(
    _ command: ProjectCommand, name: String, variables: [(name: String, value: String)], folder: [UInt8],
    secondsMax: Int, shouldStop: () -> Bool
  ) throws(SnapFault) {
    let all = variables + [(variable, name)]
    let names = all.map { Array("\($0.name)=".utf8) }
    let kept = ProcessEnvironment.entries().filter { entry in !names.contains { entry.starts(with: $0) } }
    // A C string ends at its first NUL.
    let added = all.map { Array("\($0.name)=\($0.value)".utf8).filter { $0 != 0 } }
    let child: ChildProcess
    do throws(SnapFault) {
      child = try ChildProcess(
        command.arguments, environment: kept + added, output: .toError, folder: folder, leadsSession: true)
    } catch {
      throw SnapFault(error.code, "hook '\(name)' failed: \(error.message)")
    }
    switch child.wait(secondsMax: secondsMax, shouldStop: shouldStop) {
    case .interrupted:
      throw SnapFault(.interrupted, "interrupted; hook '\(name)' was stopped; nothing was added to history")
    case .timedOut:
      throw SnapFault(
        .commandFailed,
        "hook '\(name)' was stopped: it ran longer than the timeout of \(counted(secondsMax, "second"))")
    case .ended(let ending) where !ending.isSuccess:
      throw SnapFault(.commandFailed, "hook '\(name)' failed: '\(command.shown)' \(ending.words)")
    case .ended: return
    }
  }
}

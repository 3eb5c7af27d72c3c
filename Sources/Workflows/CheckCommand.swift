import SnapshotModel

/// A command that tells by its exit status whether something is in order.
package struct CheckCommand: Hashable, Sendable {
  private var arguments: [[UInt8]]
  private var text: String

  /// - Parameter line: what `sh -c` gets.
  package init(line: [UInt8]) {
    arguments = ["sh", "-c"].map { Array($0.utf8) } + [line]
    text = displayText(line)
  }

  package init(_ command: ProjectCommand) {
    arguments = command.arguments
    text = command.shown
  }

  /// Runs it in a folder, without standard input; what it prints goes to standard error, for standard output is data.
  ///
  /// - Parameters:
  ///   - secondsMax: after it the command, with what it has started, is stopped.
  ///   - shouldStop: asked often; the command is then stopped.
  /// - Throws: `SnapFault` `.commandFailed` when it cannot be started.
  package func run(
    in folder: [UInt8], secondsMax: Int, shouldStop: () -> Bool
  ) throws(SnapFault) -> ChildProcess.Waited {
    do throws(SnapFault) {
      return try ChildProcess(arguments, output: .toError, folder: folder, leadsSession: true)
        .wait(secondsMax: secondsMax, shouldStop: shouldStop)
    } catch {
      throw SnapFault(error.code, "check '\(shown)': \(error.message)", hint: error.hint)
    }
  }

  /// For messages and records: without user name and password in a URL, and not endless.
  package var shown: String {
    let text = GitProbe.withoutCredentials(text)
    return text.count > 100 ? text.prefix(100) + "…" : text
  }
}

import Glibc
import SnapshotModel

/// A line of shell that tells by its exit status whether something is in order.
package struct CheckCommand: Hashable, Sendable {
  /// What `sh -c` gets.
  package var line: [UInt8]

  package init(line: [UInt8]) { self.line = line }

  /// Runs it in a folder, without standard input; what it prints goes to standard error, for standard output is data.
  ///
  /// - Throws: `SnapFault` `.commandFailed` when there is no shell.
  package func run(in folder: [UInt8]) throws(SnapFault) -> ChildProcess.Ending {
    // The folder and the line come as arguments, so that neither is taken for shell.
    let script = #"cd -- "$1" && exec sh -c "$2""#
    let words = ["sh", "-c", script, "snap"].map { Array($0.utf8) }
    return try ChildProcess(words + [folder, line], output: .toError).wait()
  }

  /// For messages and records: without user name and password in a URL, and not endless.
  package var shown: String {
    let text = GitProbe.withoutCredentials(displayText(line))
    return text.count > 100 ? text.prefix(100) + "…" : text
  }
}

extension ChildProcess.Ending {
  /// `exited with 3`, `was killed by signal 9`.
  package var words: String {
    switch self {
    case .exited(let status): "exited with \(status)"
    case .killed(let signal): "was killed by signal \(signal)"
    }
  }
}

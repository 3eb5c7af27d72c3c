import SnapshotModel

/// A command line that `snap.yml` names.
package enum ProjectCommand: Hashable, Sendable {
  /// A line for `/bin/sh -c`.
  case shell(String)
  /// A program, searched on the `PATH`, and its arguments; no shell looks at them.
  case words([String])

  package var arguments: [[UInt8]] {
    switch self {
    case .shell(let line): ["/bin/sh", "-c", line].map { Array($0.utf8) }
    case .words(let words): words.map { Array($0.utf8) }
    }
  }

  /// For a command whose output is kept: a failure anywhere in a pipe counts, where a shell can tell.
  package var pipeArguments: [[UInt8]] {
    switch self {
    case .shell(let line): PipeShell.arguments(for: Array(line.utf8))
    case .words: arguments
    }
  }

  /// Whether `pipeArguments` hide a failure all the same.
  package var hidesFailure: Bool {
    switch self {
    case .shell(let line): PipeShell.hidesFailure(in: Array(line.utf8))
    case .words: false
    }
  }

  /// As it is written, on one line, with what looks like a secret left out.
  package var shown: String {
    let text =
      switch self {
      case .shell(let line): withoutSecrets(line)
      case .words(let words): withoutSecrets(words: words).joined(separator: " ")
      }
    return displayText(text.split(whereSeparator: \.isNewline).joined(separator: " ").utf8)
  }
}

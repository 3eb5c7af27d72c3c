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

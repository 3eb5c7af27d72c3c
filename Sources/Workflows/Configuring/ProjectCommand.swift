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
      case .shell(let line): line
      case .words(let words): words.joined(separator: " ")
      }
    return withoutSecrets(displayText(text.split(whereSeparator: \.isNewline).joined(separator: " ").utf8))
  }
}

/// `text` without the passwords and other secrets that stand in it.
package func withoutSecrets(_ text: String) -> String {
  String(decoding: SecretText.masked(Array(text.utf8)), as: UTF8.self)
}

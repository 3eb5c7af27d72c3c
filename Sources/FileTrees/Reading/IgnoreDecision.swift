import SnapshotModel

/// Whether something is left out, and what decided.
package struct IgnoreDecision: Hashable, Sendable {
  /// What can leave something out.
  package enum Cause: Hashable, Sendable {
    case rule(IgnoreRule)
    /// Its folder, or it itself, holds a valid `CACHEDIR.TAG`.
    case cacheFolder
    /// Its folder, or it itself, holds a file of this name.
    case marker([UInt8])
    /// It has more bytes than this.
    case largerThan(UInt64)
    case otherFileSystem
  }

  package var isIgnored: Bool
  /// `nil` when nothing spoke about it; a rule that begins with `!` decides too, and does not ignore.
  package var cause: Cause?

  package init(isIgnored: Bool, cause: Cause?) {
    self.isIgnored = isIgnored
    self.cause = cause
  }

  init(_ rule: IgnoreRule) { self.init(isIgnored: !rule.isNegative, cause: .rule(rule)) }

  package static let kept = IgnoreDecision(isIgnored: false, cause: nil)

  /// The deciding pattern, where it was a pattern.
  package var rule: IgnoreRule? {
    if case .rule(let rule)? = cause { rule } else { nil }
  }
}

/// One pattern of an ignore file or a command line.
package struct IgnoreRule: Hashable, Sendable {
  /// As written, less trailing spaces and the line's end; with `!` in front where it takes in again.
  package var pattern: [UInt8]
  package var source: IgnoreSource
  /// Counted from 1.
  package var line: Int

  package init(pattern: [UInt8], source: IgnoreSource, line: Int) {
    self.pattern = pattern
    self.source = source
    self.line = line
  }

  package var isNegative: Bool { pattern.first == UInt8(ascii: "!") }
}

/// Where a pattern stands.
package enum IgnoreSource: Hashable, Sendable {
  case builtIn
  case commandLine
  /// The project's configuration.
  case configuration
  /// An ignore file inside the tree.
  case file(ArchivePath)
  /// An ignore file named on the command line.
  case excludeFile([UInt8])
}

import SnapshotModel

/// The patterns of one ignore file, built-in list or command line, compiled.
final class IgnoreRuleList: Sendable {
  fileprivate struct Compiled: Sendable {
    /// What the pattern is compared with.
    enum Subject {
      case name
      /// The path below the folder of the ignore file.
      case path
    }
    let subject: Subject
    let isOnlyForDirectories: Bool
    /// What the subject must begin with; when there is no glob, all of it.
    let literal: [UInt8]
    /// What must match the rest; `nil` when the literal is all.
    let glob: GlobPattern?
    /// `*` and nothing special after it: what the name must end in.
    let suffix: [UInt8]?
    let rule: IgnoreRule
  }

  private let rules: [Compiled]
  /// Where the paths that the patterns see begin: after the ignore file's folder and its `/`.
  private let baseLength: Int

  /// Reads an ignore file's text as git does: `#` comments, escaped and trailing spaces, CR LF, a byte order mark.
  ///
  /// - Parameter folder: what the patterns are relative to.
  init(text: [UInt8], source: IgnoreSource, folder: ArchivePath) {
    baseLength = folder.isRoot ? 0 : folder.bytes.count + 1
    var rest = text[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    var line = 0
    var rules: [Compiled] = []
    while !rest.isEmpty {
      line += 1
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      var pattern = rest[..<(end ?? rest.endIndex)]
      rest = end.map { rest[($0 + 1)...] } ?? []
      guard let first = pattern.first, first != UInt8(ascii: "#") else { continue }
      if pattern.last == UInt8(ascii: "\r") { pattern = pattern.dropLast() }
      pattern = pattern.prefix { $0 != 0 }
      let rule = IgnoreRule(pattern: Array(Self.trimmingSpaces(pattern)), source: source, line: line)
      if let compiled = Self.compiled(rule) { rules.append(compiled) }
    }
    self.rules = rules
  }

  /// - Parameter patterns: one rule each, taken as they are, relative to the root.
  init(patterns: [[UInt8]], source: IgnoreSource) {
    baseLength = 0
    rules = patterns.enumerated().compactMap { index, pattern in
      Self.compiled(IgnoreRule(pattern: pattern, source: source, line: index + 1))
    }
  }

  /// - Parameter configured: as above, with the lines that they stand on.
  init(configured: [(pattern: String, line: Int)]) {
    baseLength = 0
    rules = configured.compactMap { pattern, line in
      Self.compiled(IgnoreRule(pattern: Array(pattern.utf8), source: .configuration, line: line))
    }
  }

  var isEmpty: Bool { rules.isEmpty }

  /// Without the spaces at the end, but for an escaped one.
  private static func trimmingSpaces(_ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = pattern.startIndex
    var at = pattern.startIndex
    while at < pattern.endIndex {
      if pattern[at] == UInt8(ascii: "\\") {
        guard at + 1 < pattern.endIndex else { return pattern }
        at += 1
        end = at + 1
      } else if pattern[at] != UInt8(ascii: " ") {
        end = at + 1
      }
      at += 1
    }
    return pattern[..<end]
  }

  /// Compiles a rule, or leaves it out when it can match nothing.
  private static func compiled(_ rule: IgnoreRule) -> Compiled? {
    let slash = UInt8(ascii: "/")
    var pattern = rule.pattern[...]
    if rule.isNegative { pattern = pattern.dropFirst() }
    let isOnlyForDirectories = pattern.last == slash
    if isOnlyForDirectories { pattern = pattern.dropLast() }
    let subject: Compiled.Subject = pattern.contains(slash) ? .path : .name
    if subject == .path, pattern.first == slash { pattern = pattern.dropFirst() }
    guard !pattern.isEmpty else { return nil }
    let literal = pattern.prefix { !isSpecial($0) }
    let rest = pattern.dropFirst(literal.count)
    var glob: GlobPattern?
    var suffix: [UInt8]?
    if !rest.isEmpty {
      if subject == .name, literal.isEmpty, rest.first == UInt8(ascii: "*"),
        !rest.dropFirst().contains(where: isSpecial)
      {
        suffix = Array(rest.dropFirst())
      }
      // Git, too, gives its matcher only what follows the literal beginning: so `x/y**/z` crosses folders.
      guard let compiled = GlobPattern(rest) else { return nil }
      glob = compiled
    }
    return Compiled(
      subject: subject, isOnlyForDirectories: isOnlyForDirectories, literal: Array(literal), glob: glob,
      suffix: suffix, rule: rule)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\"): true
    default: false
    }
  }
}

extension IgnoreRuleList {
  /// The last rule that matches.
  ///
  /// - Parameter path: from the root; it lies below this list's folder.
  /// - Parameter nameStart: where the last component begins.
  /// - Complexity: O(rules), most of them decided by one comparison; allocates nothing.
  func lastMatch(_ path: Span<UInt8>, nameStart: Int, isDirectory: Bool) -> IgnoreRule? {
    let name = path.extracting(nameStart..<path.count)
    var index = rules.count
    while index > 0 {
      index -= 1
      if rules[index].isOnlyForDirectories && !isDirectory { continue }
      let isMatch =
        switch rules[index].subject {
        case .name: rules[index].matches(name)
        case .path: rules[index].matches(path.extracting(baseLength..<path.count))
        }
      if isMatch { return rules[index].rule }
    }
    return nil
  }
}

extension IgnoreRuleList.Compiled {
  fileprivate func matches(_ text: Span<UInt8>) -> Bool {
    if let suffix {
      guard text.count >= suffix.count else { return false }
      return isEqual(text.extracting((text.count - suffix.count)..<text.count), suffix)
    }
    guard text.count >= literal.count else { return false }
    guard isEqual(text.extracting(0..<literal.count), literal) else { return false }
    guard let glob else { return text.count == literal.count }
    return glob.matches(text.extracting(literal.count..<text.count))
  }
}

/// - Parameter bytes: as many as in `text`.
private func isEqual(_ text: Span<UInt8>, _ bytes: [UInt8]) -> Bool {
  for index in text.indices where text[index] != bytes[index] { return false }
  return true
}

import SnapshotModel

/// The keys of one mapping of `snap.yml`, and what they hold, checked word by word.
///
/// Everything it throws is a `SnapFault` `.usage` that begins with `snap.yml:LINE: `.
struct ConfigurationSection {
  /// The way to it, `retention.`, as messages put it before a key; empty for the file itself.
  let prefix: String
  let line: Int
  let members: [YAMLMember]

  /// - Parameter keys: all that may stand in it; any others are refused.
  init(_ node: YAMLNode, prefix: String = "", keys: [String]) throws(SnapFault) {
    guard case .mapping(let members) = node.content else {
      throw Self.fault(node.line, "\(Self.quoted(prefix)) must be keys with values, one 'key: value' a line")
    }
    self.prefix = prefix
    line = node.line
    self.members = members
    if let unknown = members.first(where: { !keys.contains($0.key) }) {
      let nearest = nearestName(to: unknown.key, among: keys).map { " (did you mean '\($0)'?)" }
      let place = prefix.isEmpty ? "" : " in '\(prefix.dropLast())'"
      let remedy = nearest ?? "; known are \(keys.joined(separator: ", "))"
      throw Self.fault(unknown.line, "unknown key '\(displayText(unknown.key.utf8))'\(place)\(remedy)")
    }
  }

  /// - Returns: `nil` when the key is missing or has no value.
  func node(_ key: String) -> YAMLNode? {
    members.first { $0.key == key }.flatMap { $0.value.isNull ? nil : $0.value }
  }

  func section(_ key: String, keys: [String]) throws(SnapFault) -> ConfigurationSection? {
    guard let node = node(key) else { return nil }
    return try ConfigurationSection(node, prefix: "\(prefix)\(key).", keys: keys)
  }

  /// A value of one word or line.
  ///
  /// - Parameter read: what it means; `nil` for nothing, which is refused as no `noun`.
  func value<Value>(_ key: String, _ noun: String, _ read: (String) -> Value?) throws(SnapFault) -> Value? {
    guard let node = node(key) else { return nil }
    guard let value = read(try text(of: node, key)) else {
      throw fault(node.line, key, "'\(displayText(try text(of: node, key).utf8))' is not \(noun)")
    }
    return value
  }

  func text(_ key: String) throws(SnapFault) -> String? { try value(key, "a text") { $0.isEmpty ? nil : $0 } }

  func flag(_ key: String) throws(SnapFault) -> Bool? {
    try value(key, "true or false") {
      switch $0.lowercased() {
      case "true", "yes", "on": true
      case "false", "no", "off": false
      default: nil
      }
    }
  }

  func byteCount(_ key: String) throws(SnapFault) -> UInt64? {
    try value(key, "a size (like 10M)") { parsedByteCount($0) }
  }

  /// - Returns: a duration of no calendar units, in seconds.
  func seconds(_ key: String) throws(SnapFault) -> Int? {
    try value(key, "a time (like 90s or 30min)") { text in
      guard let duration = CalendarDuration(text), !duration.isZero, duration.years == 0, duration.months == 0 else {
        return nil
      }
      return ((duration.days * 24 + duration.hours) * 60 + duration.minutes) * 60 + duration.seconds
    }
  }

  /// One text or a list of them, each with its line.
  func texts(_ key: String) throws(SnapFault) -> [(text: String, line: Int)] {
    guard let node = node(key) else { return [] }
    guard case .sequence(let nodes) = node.content else { return [(try text(of: node, key), node.line)] }
    var texts: [(text: String, line: Int)] = []
    for node in nodes { texts.append((try text(of: node, key), node.line)) }
    return texts
  }

  /// A line for the shell, or a list of a program and its arguments.
  func command(_ key: String) throws(SnapFault) -> ProjectCommand? {
    guard let node = node(key) else { return nil }
    guard case .sequence(let nodes) = node.content else {
      let line = try text(of: node, key)
      if line.allSatisfy(\.isWhitespace) { throw fault(node.line, key, "the command is missing") }
      return .shell(line)
    }
    var words: [String] = []
    for node in nodes { words.append(try text(of: node, key)) }
    guard let program = words.first, !program.isEmpty else { throw fault(node.line, key, "the program is missing") }
    return .words(words)
  }

  func fault(_ line: Int, _ key: String, _ reason: String) -> SnapFault {
    Self.fault(line, "\(prefix)\(key): \(reason)")
  }

  static func fault(_ line: Int, _ text: String) -> SnapFault {
    SnapFault(.usage, "\(ProjectConfiguration.fileName):\(line): \(text)", path: ProjectConfiguration.fileName)
  }

  private func text(of node: YAMLNode, _ key: String) throws(SnapFault) -> String {
    guard case .scalar(let text, _) = node.content else {
      throw fault(node.line, key, "one value is expected here, not a list or keys")
    }
    guard !text.unicodeScalars.contains("\0"), !(text.isEmpty && node.isNull) else {
      throw fault(node.line, key, "a value is missing")
    }
    return text
  }

  private static func quoted(_ prefix: String) -> String { prefix.isEmpty ? "the file" : "'\(prefix.dropLast())'" }
}

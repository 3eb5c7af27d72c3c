import Repositories
import SnapshotModel
import Workflows

/// Writes changes by key: of JSON, YAML, TOML, INI and .env files the keys, rows and fields that differ, of other text the
/// changed lines, of the rest the sizes. Secrets are masked, in lines, too.
struct KeyedPrinter {
  struct Style {
    /// Names of members that tell rows apart, before the usual ones.
    var keys: [[UInt8]] = []
    var showsSecrets = false
    /// What stands before each line.
    var indent = ""
  }

  private let style: Style
  private let session: Session
  private let sides: DiffSides
  private let patches: PatchPrinter

  /// What a line shows of a value: more is in `--json`.
  private static let valueByteCountMax = 120

  init(style: Style, session: Session, sides: DiffSides) {
    self.style = style
    self.session = session
    self.sides = sides
    patches = PatchPrinter(
      session: session, sides: sides, shown: style.showsSecrets ? { $0 } : { SecretText.masked(lines: $0) })
  }

  func write(_ change: ManifestChange) throws {
    guard let old = change.old, let new = change.new, old.kind == .file, new.kind == .file else {
      return try writeWhole(change)
    }
    guard change.kind == .modified, let format = KeyedFormat(ofFile: change.path.name) else {
      return try change.kind == .modified ? writeText(change) : writeWhole(change)
    }
    let limit = format.byteCountMax
    guard let before = try sides.bytes(of: old, isNew: false, byteCountMax: limit),
      let after = try sides.bytes(of: new, isNew: true, byteCountMax: limit)
    else {
      session.console.note("\(change.path) is larger than \(formatted(byteCount: limit)): compared by size")
      return try writeWhole(change)
    }
    do {
      try write(change, format.compare(before, after, keys: style.keys))
    } catch let fault as KeyedFault {
      session.console.note("\(change.path) is compared as text: \(fault.reason)")
      try writeText(change)
    }
  }

  // MARK: By key

  private func write(_ change: ManifestChange, _ comparison: KeyedComparison) throws {
    let missing =
      style.keys.isEmpty || comparison.matchings.isEmpty
      || comparison.matchings.contains { matching in
        if case .key(let key) = matching { style.keys.contains(key) } else { false }
      }
    if !missing {
      let asked = style.keys.map { displayText($0) }.joined(separator: ", ")
      let used = comparison.matchings.map(\.words).joined(separator: ", ")
      session.console.note("\(change.path): '\(asked)' does not tell all rows apart; they are compared \(used)")
    }
    if session.isJSON {
      var object = change.json
      object["rows"] = .strings(comparison.matchings.map(\.words))
      try session.json(object)
    } else {
      try line(Array("\(change.letter)  ".utf8) + change.shownPath + Array("  \(Self.summary(comparison))".utf8))
    }
    for keyed in comparison.changes {
      let name = keyed.name(showsSecrets: style.showsSecrets)
      let texts = comparison.texts(of: keyed, showsSecrets: style.showsSecrets)
      if session.isJSON {
        try session.json(Self.json(keyed, named: name, texts, of: change))
      } else {
        try line(Array("   \(Self.text(keyed, named: name, texts))".utf8))
      }
    }
  }

  /// `2 added, 0 removed, 1 changed; rows by id`.
  private static func summary(_ comparison: KeyedComparison) -> String {
    if comparison.changes.isEmpty { return "only blanks, comments or the order of keys and rows" }
    func count(_ kinds: KeyedChange.Kind...) -> String {
      formatted(count: comparison.changes.count { kinds.contains($0.kind) })
    }
    let rows = comparison.matchings.isEmpty ? "" : "; rows \(comparison.matchings.map(\.words).joined(separator: ", "))"
    return "\(count(.added)) added, \(count(.removed)) removed, \(count(.changed, .reordered)) changed\(rows)"
  }

  private static func text(_ change: KeyedChange, named name: String, _ texts: KeyedComparison.Texts) -> String {
    let (old, new) = (texts.old.map(shortened), texts.new.map(shortened))
    switch change.kind {
    case .added: return "+ \(name)  \(new ?? "")"
    case .removed: return "- \(name)  \(old ?? "")"
    case .changed:
      let hint = texts.isSecretChanged ? "  (secret changed)" : ""
      return "M \(name)  \(old ?? "") -> \(new ?? "")\(hint)"
    case .reordered: return "M \(name)  the same items in another order"
    }
  }

  private static func shortened(_ json: [UInt8]) -> String {
    guard json.count > valueByteCountMax else { return String(decoding: json, as: UTF8.self) }
    // Not within a character.
    var end = valueByteCountMax
    while end > 0, json[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: json[..<end], as: UTF8.self) + "... (\(formatted(byteCount: UInt64(json.count))))"
  }

  private static func json(
    _ keyed: KeyedChange, named name: String, _ texts: KeyedComparison.Texts, of change: ManifestChange
  ) -> JSONObject {
    var object = JSONObject(["message_type": "key_change"])
    object.setPath(change.path.bytes)
    object["modifier"] = keyed.kind == .added ? "+" : keyed.kind == .removed ? "-" : "M"
    object["key"] = .string(name)
    if keyed.kind == .reordered { object["reordered"] = .boolean(true) }
    object["old"] = texts.old.map { .written(String(decoding: $0, as: UTF8.self)) } ?? .null
    object["new"] = texts.new.map { .written(String(decoding: $0, as: UTF8.self)) } ?? .null
    object["masked"] = .boolean(texts.isMasked)
    object["secret_changed"] = .boolean(texts.isSecretChanged)
    return object
  }

  // MARK: Other files

  private func writeText(_ change: ManifestChange) throws {
    if session.isJSON { return try session.json(change.json) }
    try patches.write(change) { try writeSizes(change) }
  }

  /// Added, removed, of another type, or changed in metadata alone: of a text its lines, of all else one line.
  private func writeWhole(_ change: ManifestChange) throws {
    if session.isJSON { return try session.json(change.json) }
    let isFile = (change.new ?? change.old)?.kind == .file
    if isFile, change.kind == .added || change.kind == .removed, KeyedFormat(ofFile: change.path.name) == nil {
      return try writeText(change)
    }
    try writeSizes(change)
  }

  private func writeSizes(_ change: ManifestChange) throws {
    let files = [change.old, change.new].compactMap { $0 }.filter { $0.kind == .file }
    let sizes = change.kind == .metadata ? [] : files.map { formatted(byteCount: $0.size) }
    let text = sizes.isEmpty ? "" : "  \(sizes.joined(separator: " -> "))"
    try line(Array("\(change.letter)  ".utf8) + change.shownPath + Array(text.utf8))
  }

  private func line(_ bytes: [UInt8]) throws { try session.outputLine(Array(style.indent.utf8) + bytes) }
}

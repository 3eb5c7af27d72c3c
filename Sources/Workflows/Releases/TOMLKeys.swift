/// Finds a string in a table of a TOML file, as `pyproject.toml` and `Cargo.toml` have them, without making anything of the rest.
///
/// Strings of several lines are passed over, so that what stands in them is not taken for a table.
enum TOMLKeys {
  /// - Parameter table: its full name, `tool.poetry`.
  static func string(_ key: String, inTable table: String, of bytes: [UInt8]) -> String? {
    var current = ""
    var fence: String?
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let text = String(validating: line, as: UTF8.self).map({ String($0.trimming { $0.isWhitespace }) }) else {
        continue
      }
      if let open = fence {
        if !text.ranges(of: open).isEmpty { fence = nil }
        continue
      }
      if text.hasPrefix("[") {
        current = name(ofTable: text) ?? ""
        continue
      }
      guard let equals = text.firstIndex(of: "=") else { continue }
      let name = String(text[..<equals]).trimming { $0.isWhitespace || "\"'".contains($0) }
      let value = String(text[text.index(after: equals)...]).trimming { $0.isWhitespace }
      if current == table, name == key { return string(value) }
      for quotes in ["\"\"\"", "'''"] where value.hasPrefix(quotes) && value.ranges(of: quotes).count == 1 {
        fence = quotes
      }
    }
    return nil
  }

  /// `tool.poetry` of `[ tool . "poetry" ]  # comment`; `nil` for an array of tables.
  private static func name(ofTable line: String) -> String? {
    guard !line.hasPrefix("[["), let end = line.firstIndex(of: "]") else { return nil }
    return line[line.index(after: line.startIndex)..<end].filter { !$0.isWhitespace && !"\"'".contains($0) }
  }

  /// What stands between the quotes; a version holds nothing that is escaped.
  private static func string(_ value: Substring) -> String? {
    guard let quote = value.first, "\"'".contains(quote) else { return nil }
    let rest = value.dropFirst()
    guard let end = rest.firstIndex(of: quote), !rest[..<end].contains("\\") else { return nil }
    return String(rest[..<end])
  }
}

import SnapshotModel

/// A file of `NAME=value` lines, as `docker compose` and the dotenv libraries read it.
///
/// A line may begin with `export`; values may stand in single or double quotes; ` #` begins a comment outside of
/// quotes. Nothing is expanded. Lines of another form are passed over, as those programs do.
package enum EnvironmentFile {
  package static func variables(_ bytes: [UInt8]) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      var line = line.drop { " \t".contains($0) }
      if line.hasPrefix("export ") { line = line.dropFirst(7).drop { $0 == " " } }
      guard let sign = line.firstIndex(of: "=") else { continue }
      let name = String(line[..<sign].filter { $0 != " " })
      guard isName(name) else { continue }
      found.append((name, value(line[line.index(after: sign)...])))
    }
    return found
  }

  /// Whether it can be the name of a variable.
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
  }

  private static func value(_ text: Substring) -> String {
    let text = text.drop { " \t".contains($0) }
    if let quote = text.first, "'\"".contains(quote), let end = text.dropFirst().firstIndex(of: quote) {
      return String(text[text.index(after: text.startIndex)..<end])
    }
    var value = ""
    for character in text {
      if character == "#", value.isEmpty || " \t".contains(value.last ?? " ") { break }
      value.append(character)
    }
    while let last = value.last, " \t".contains(last) { value.removeLast() }
    return value
  }
}

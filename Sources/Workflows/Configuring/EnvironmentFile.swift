import SnapshotModel

/// A file of `NAME=value` lines, as `docker compose` and the dotenv libraries read it.
///
/// A line may begin with `export`; values may stand in single or double quotes, then on several lines, too; ` #` begins a
/// comment outside of quotes. Nothing is expanded. Lines of another form are passed over, as those programs do.
package enum EnvironmentFile {
  package static func variables(_ bytes: [UInt8]) -> [(name: String, value: String)] { read(bytes).variables }

  /// - Returns: also the first line that is neither empty, a comment nor a variable, counted from 1.
  static func read(_ bytes: [UInt8]) -> (variables: [(name: String, value: String)], strayLine: Int?) {
    var found: [(name: String, value: String)] = []
    var strayLine: Int?
    let lines = String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    var next = 0
    while next < lines.count {
      let number = next + 1
      var line = lines[next].drop { " \t".contains($0) }
      next += 1
      if line.isEmpty || line.hasPrefix("#") { continue }
      if line.hasPrefix("export ") { line = line.dropFirst(7).drop { $0 == " " } }
      guard let sign = line.firstIndex(of: "=") else {
        strayLine = strayLine ?? number
        continue
      }
      let name = String(line[..<sign].filter { $0 != " " })
      guard isName(name) else {
        strayLine = strayLine ?? number
        continue
      }
      let text = line[line.index(after: sign)...]
      if let count = lineCount(ofQuoted: text, lines[next...]) {
        found.append((name, value(Substring(([text] + lines[next..<next + count]).joined(separator: "\n")))))
        next += count
      } else {
        found.append((name, value(text)))
      }
    }
    return (found, strayLine)
  }

  /// How many of the lines after it belong to a value whose quote does not end where it begins; `nil` for another value.
  private static func lineCount(ofQuoted text: Substring, _ rest: ArraySlice<Substring>) -> Int? {
    let text = text.drop { " \t".contains($0) }
    guard let quote = text.first, "'\"".contains(quote), !text.dropFirst().contains(quote) else { return nil }
    return rest.firstIndex { $0.contains(quote) }.map { $0 - rest.startIndex + 1 }
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

/// Writes what an INI or properties file holds as JSON: sections, and below them keys with texts.
///
/// `=` or `:` stands behind a key, `#`, `;` or `!` before a comment; an indented line, or one after a backslash, goes on
/// with the value before it. A line of one word is a key without a value.
enum INIAsJSON {
  static func convert(_ bytes: [UInt8]) throws(KeyedFault) -> [UInt8] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw KeyedFault("it is not UTF-8") }
    var table = KeyedTable()
    var section: [[UInt8]] = []
    var name: [UInt8]?
    var value: [UInt8]?
    var goesOn = false
    func finish() {
      guard let known = name else { return }
      table.add(section + [known], value.map { Array(JSONText.quoted($0).utf8) } ?? Array("null".utf8))
      name = nil
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (place, line) in lines.enumerated() {
      let text = trimmed(line)
      let isIndented = line.first.map { $0 == 0x20 || $0 == 0x09 } ?? false
      let isIndentedText = isIndented && !text.isEmpty && !"#;".utf8.contains(text[text.startIndex])
      if name != nil, goesOn || isIndentedText {
        goesOn = text.last == UInt8(ascii: "\\")
        // In place: a value may have as many lines as the file.
        value = value ?? []
        value?.append(UInt8(ascii: "\n"))
        value?.append(contentsOf: goesOn ? text.dropLast() : text)
        continue
      }
      guard let first = text.first, !"#;!".utf8.contains(first) else { continue }
      finish()
      if first == UInt8(ascii: "[") {
        guard let end = text.lastIndex(of: UInt8(ascii: "]")) else {
          throw KeyedFault("line \(place + 1) begins a section without an end")
        }
        section = [Array(text[(text.startIndex + 1)..<end])]
        table.addSection(section)
        continue
      }
      guard let sign = text.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
        guard !text.contains(where: { $0 == 0x20 || $0 == 0x09 }) else {
          throw KeyedFault("line \(place + 1) is no key with a value")
        }
        (name, value) = (Array(text), nil)
        continue
      }
      let rest = trimmed(text[(sign + 1)...])
      goesOn = rest.last == UInt8(ascii: "\\")
      (name, value) = (Array(trimmed(text[..<sign])), Array(goesOn ? rest.dropLast() : rest))
    }
    finish()
    return table.json
  }

  static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line.drop { " \t\r".utf8.contains($0) }
    while let last = line.last, " \t\r".utf8.contains(last) { line = line.dropLast() }
    return line
  }
}

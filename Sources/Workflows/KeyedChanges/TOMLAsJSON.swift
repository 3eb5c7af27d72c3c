/// Writes the tables and keys of a TOML text as JSON.
///
/// A value that reads the same in JSON becomes that; any other stays the text that it is, with its quotes.
/// Arrays of tables are counted: the second `[[bin]]` is `bin.2`.
struct TOMLAsJSON {
  /// Each is a level of the JSON, and an array of tables one more.
  private static let namePartsMax = 32

  private let bytes: [UInt8]
  private var at = 0
  private var line = 1

  static func convert(_ bytes: [UInt8]) throws(KeyedFault) -> [UInt8] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw KeyedFault("it is not UTF-8") }
    var reader = TOMLAsJSON(bytes)
    return try reader.table()
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func table() throws(KeyedFault) -> [UInt8] {
    var table = KeyedTable()
    var section: [[UInt8]] = []
    var counts: [[[UInt8]]: Int] = [:]
    while let first = nextOfLine() {
      if first == UInt8(ascii: "[") {
        let isArray = bytes[(at + 1)...].first == first
        at += isArray ? 2 : 1
        section = try name(endingIn: UInt8(ascii: "]"))
        if isArray {
          try expect(UInt8(ascii: "]"))
          counts[section, default: 0] += 1
          section.append(Array("\(counts[section, default: 0])".utf8))
        }
        table.addSection(section)
      } else {
        let key = try name(endingIn: UInt8(ascii: "="))
        table.add(section + key, try value())
      }
      skipBlanks()
      if at < bytes.count, bytes[at] == UInt8(ascii: "#") { skipComment() }
      if at < bytes.count, bytes[at] != 0x0A { throw fault("goes on behind its value") }
    }
    return table.json
  }

  /// The first byte of the next line that says something.
  private mutating func nextOfLine() -> UInt8? {
    while at < bytes.count {
      switch bytes[at] {
      case 0x0A:
        line += 1
        at += 1
      case 0x20, 0x09, 0x0D: at += 1
      case UInt8(ascii: "#"): skipComment()
      default: return bytes[at]
      }
    }
    return nil
  }

  private mutating func skipComment() { while at < bytes.count, bytes[at] != 0x0A { at += 1 } }
  private mutating func skipBlanks() { while at < bytes.count, " \t\r".utf8.contains(bytes[at]) { at += 1 } }

  private func fault(_ reason: String) -> KeyedFault { KeyedFault("line \(line) \(reason)") }

  private mutating func expect(_ byte: UInt8) throws(KeyedFault) {
    guard at < bytes.count, bytes[at] == byte else { throw fault("is not TOML") }
    at += 1
  }

  /// `tool . "poetry"`, and the byte behind it.
  private mutating func name(endingIn end: UInt8) throws(KeyedFault) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    while true {
      skipBlanks()
      guard at < bytes.count else { throw fault("is not TOML") }
      let start = at
      if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") {
        try skipString()
        parts.append(Array(bytes[(start + 1)..<(at - 1)]))
      } else {
        while at < bytes.count, Self.isBare(bytes[at]) { at += 1 }
        guard at > start else { throw fault("is not TOML") }
        parts.append(Array(bytes[start..<at]))
      }
      skipBlanks()
      if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
        at += 1
        guard parts.count < Self.namePartsMax else { throw fault("has a name of more than \(Self.namePartsMax) parts") }
        continue
      }
      try expect(end)
      return parts
    }
  }

  private static func isBare(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_-".utf8.contains(byte)
  }

  private mutating func value() throws(KeyedFault) -> [UInt8] {
    skipBlanks()
    let start = at
    var open: [UInt8] = []
    scan: while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        try skipString()
        continue scan
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        guard open.popLast() == bytes[at] else { throw fault("has brackets that do not match") }
      case UInt8(ascii: "#"):
        if open.isEmpty { break scan }
        skipComment()
        continue scan
      case 0x0A:
        if open.isEmpty { break scan }
        line += 1
      default: break
      }
      at += 1
    }
    guard open.isEmpty else { throw fault("ends within a list") }
    let text = INIAsJSON.trimmed(bytes[start..<at])
    if text.isEmpty { throw fault("lacks a value") }
    return Self.json(text)
  }

  private static func json(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var check = JSONCheck()
    check.add(text)
    if check.isWhole { return Array(text) }
    let isLiteral = text.count >= 2 && text.first == UInt8(ascii: "'") && !text.starts(with: "'''".utf8)
    return Array(JSONText.quoted(isLiteral ? text.dropFirst().dropLast() : text).utf8)
  }

  /// Behind a string of any of the four kinds.
  private mutating func skipString() throws(KeyedFault) {
    let quote = bytes[at]
    let fence = [quote, quote, quote]
    let isLong = bytes[at...].starts(with: fence)
    at += isLong ? 3 : 1
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        at += 2
      } else if isLong, bytes[at...].starts(with: fence) {
        at += 3
        // Quotes of the text may stand before the fence.
        while at < bytes.count, bytes[at] == quote { at += 1 }
        return
      } else if bytes[at] == 0x0A {
        guard isLong else { break }
        line += 1
        at += 1
      } else {
        let isEnd = !isLong && bytes[at] == quote
        at += 1
        if isEnd { return }
      }
    }
    throw fault("has a string without an end")
  }
}

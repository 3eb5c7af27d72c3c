/// Reads a JSON text from front to back, as far as it is asked to.
///
/// - SeeAlso: RFC 8259
struct JSONScan {
  private let bytes: [UInt8]
  private var at: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark, as editors on Windows leave one.
    at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  private mutating func skipBlanks() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  /// Where the next token begins.
  mutating func offset() -> Int {
    skipBlanks()
    return at
  }

  /// Behind what was read last.
  var end: Int { at }

  mutating func take(_ character: Character) -> Bool {
    skipBlanks()
    guard at < bytes.count, bytes[at] == character.asciiValue else { return false }
    at += 1
    return true
  }

  mutating func string() -> String? {
    guard take("\"") else { return nil }
    var text: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = escape() else { return nil }
        text += escaped
      case ..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  /// What follows a backslash; half of a surrogate pair is none.
  private mutating func escape() -> [UInt8]? {
    guard at < bytes.count else { return nil }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      guard let unit = hexadecimal() else { return nil }
      if let scalar = Unicode.Scalar(unit) { return Array(String(Character(scalar)).utf8) }
      guard unit < 0xDC00, at + 2 <= bytes.count, bytes[at] == UInt8(ascii: "\\"),
        bytes[at + 1] == UInt8(ascii: "u")
      else { return nil }
      at += 2
      guard let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else { return nil }
      let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
      return Unicode.Scalar(value).map { Array(String(Character($0)).utf8) }
    default: return nil
    }
  }

  private mutating func hexadecimal() -> UInt16? {
    guard at + 4 <= bytes.count else { return nil }
    defer { at += 4 }
    return UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
  }

  /// Passes over one value, however deep; brackets are counted, not matched.
  mutating func skipValue() -> Bool {
    var depth = 0
    while true {
      skipBlanks()
      guard at < bytes.count else { return false }
      switch bytes[at] {
      case UInt8(ascii: "\""):
        guard string() != nil else { return false }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        at += 1
        if depth < 0 { return false }
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        if depth == 0 { return false }
        at += 1
      default:
        while at < bytes.count, !" \t\r\n,:]}\"{[".utf8.contains(bytes[at]) { at += 1 }
      }
      if depth == 0 { return true }
    }
  }
}

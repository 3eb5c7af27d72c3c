/// A set of byte values: what a bracket expression of a pattern stands for.
struct ByteSet: Hashable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  /// - Returns: `nil` when there is no such class; the classes are ASCII's, whatever the locale.
  init?(className: ArraySlice<UInt8>) {
    let isMember: (UInt8) -> Bool
    switch String(decoding: className, as: UTF8.self) {
    case "alnum": isMember = { Self.isLetter($0) || Self.isDigit($0) }
    case "alpha": isMember = Self.isLetter
    case "blank": isMember = { $0 == 0x20 || $0 == 0x09 }
    case "cntrl": isMember = { $0 < 0x20 || $0 == 0x7F }
    case "digit": isMember = Self.isDigit
    case "graph": isMember = { $0 > 0x20 && $0 < 0x7F }
    case "lower": isMember = { $0 >= 0x61 && $0 <= 0x7A }
    case "print": isMember = { $0 >= 0x20 && $0 < 0x7F }
    case "punct": isMember = { $0 > 0x20 && $0 < 0x7F && !Self.isLetter($0) && !Self.isDigit($0) }
    // As git has it: without vertical tab and form feed.
    case "space": isMember = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    case "upper": isMember = { $0 >= 0x41 && $0 <= 0x5A }
    case "xdigit": isMember = { Self.isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
    default: return nil
    }
    for byte in UInt8.min...UInt8.max where isMember(byte) { insert(byte) }
  }

  func contains(_ byte: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    return switch byte >> 6 {
    case 0: words.0 & bit != 0
    case 1: words.1 & bit != 0
    case 2: words.2 & bit != 0
    default: words.3 & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  mutating func remove(_ byte: UInt8) {
    guard contains(byte) else { return }
    let others = self
    self = ByteSet()
    for other in UInt8.min...UInt8.max where other != byte && others.contains(other) { insert(other) }
  }

  mutating func formUnion(_ other: ByteSet) {
    words.0 |= other.words.0
    words.1 |= other.words.1
    words.2 |= other.words.2
    words.3 |= other.words.3
  }

  mutating func invert() {
    words = (~words.0, ~words.1, ~words.2, ~words.3)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

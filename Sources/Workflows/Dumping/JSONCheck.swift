/// Whether a stream of bytes is one JSON text, told while it passes.
///
/// Keeps one byte for each open bracket and nothing of the content. Takes exactly what RFC 8259 does, UTF-8 included;
/// what a program would make of it (keys twice, numbers beyond a double) is not looked at.
struct JSONCheck {
  /// Deeper texts are refused: no program that reads them back goes as deep.
  static let depthMax = 10_000

  private enum State {
    case value, firstElement, firstKey, key, colon, afterValue
    case string, escape, unicode(left: Int), literal([UInt8])
    case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
    case failed
  }

  private var state = State.value
  private var open: [UInt8] = []
  private var isKey = false
  private var utf8Left = 0
  private var utf8Range: ClosedRange<UInt8> = 0x80...0xBF
  private(set) var offset: UInt64 = 0

  /// Where the text first went wrong, if it did.
  private(set) var failureOffset: UInt64?

  init() {}

  /// Whether all that was added is one whole text.
  var isWhole: Bool {
    guard failureOffset == nil, open.isEmpty else { return false }
    switch state {
    case .afterValue, .zero, .integer, .fraction, .exponentDigits: return true
    default: return false
    }
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    guard failureOffset == nil else { return }
    for byte in bytes {
      step(byte)
      if case .failed = state {
        failureOffset = offset
        return
      }
      offset += 1
    }
  }

  private mutating func step(_ byte: UInt8) {
    switch state {
    case .string: stepInString(byte)
    case .escape:
      if byte == UInt8(ascii: "u") {
        state = .unicode(left: 4)
      } else {
        state = "\"\\/bfnrt".utf8.contains(byte) ? .string : .failed
      }
    case .unicode(let left):
      let isDigit = (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
      state = !isDigit ? .failed : left == 1 ? .string : .unicode(left: left - 1)
    case .literal(let rest):
      guard byte == rest.last else { return state = .failed }
      state = rest.count == 1 ? .afterValue : .literal(rest.dropLast())
    case .minus: state = byte == 48 ? .zero : (49...57).contains(byte) ? .integer : .failed
    case .zero, .integer, .fraction, .exponentDigits: stepInNumber(byte)
    case .point: state = (48...57).contains(byte) ? .fraction : .failed
    case .exponent:
      state = byte == 43 || byte == 45 ? .exponentSign : (48...57).contains(byte) ? .exponentDigits : .failed
    case .exponentSign: state = (48...57).contains(byte) ? .exponentDigits : .failed
    case .value, .firstElement, .firstKey, .key, .colon, .afterValue: stepBetween(byte)
    case .failed: return
    }
  }

  private mutating func stepBetween(_ byte: UInt8) {
    if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
    switch state {
    case .value: beginValue(byte)
    case .firstElement: if byte == UInt8(ascii: "]") { close(UInt8(ascii: "[")) } else { beginValue(byte) }
    case .firstKey: if byte == UInt8(ascii: "}") { close(UInt8(ascii: "{")) } else { beginKey(byte) }
    case .key: beginKey(byte)
    case .colon: state = byte == UInt8(ascii: ":") ? .value : .failed
    default:
      switch byte {
      case UInt8(ascii: ","): state = open.last.map { $0 == UInt8(ascii: "{") ? .key : .value } ?? .failed
      case UInt8(ascii: "]"): close(UInt8(ascii: "["))
      case UInt8(ascii: "}"): close(UInt8(ascii: "{"))
      default: state = .failed
      }
    }
  }

  private mutating func beginValue(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard open.count < Self.depthMax else { return state = .failed }
      open.append(byte)
      state = byte == UInt8(ascii: "{") ? .firstKey : .firstElement
    case UInt8(ascii: "\""): state = .string
    case UInt8(ascii: "t"): state = .literal(Array("eur".utf8))
    case UInt8(ascii: "f"): state = .literal(Array("esla".utf8))
    case UInt8(ascii: "n"): state = .literal(Array("llu".utf8))
    case UInt8(ascii: "-"): state = .minus
    case 48: state = .zero
    case 49...57: state = .integer
    default: state = .failed
    }
  }

  private mutating func beginKey(_ byte: UInt8) {
    isKey = true
    state = byte == UInt8(ascii: "\"") ? .string : .failed
  }

  private mutating func close(_ bracket: UInt8) { state = open.popLast() == bracket ? .afterValue : .failed }

  private mutating func stepInNumber(_ byte: UInt8) {
    switch (state, byte) {
    case (.integer, 48...57), (.fraction, 48...57), (.exponentDigits, 48...57): return
    case (.zero, UInt8(ascii: ".")), (.integer, UInt8(ascii: ".")): state = .point
    case (.zero, 69), (.zero, 101), (.integer, 69), (.integer, 101), (.fraction, 69), (.fraction, 101):
      state = .exponent
    case (.zero, 48...57): state = .failed
    default:
      state = .afterValue
      stepBetween(byte)
    }
  }

  private mutating func stepInString(_ byte: UInt8) {
    if utf8Left > 0 {
      guard utf8Range.contains(byte) else { return state = .failed }
      utf8Left -= 1
      utf8Range = 0x80...0xBF
      return
    }
    switch byte {
    case UInt8(ascii: "\""):
      state = isKey ? .colon : .afterValue
      isKey = false
    case UInt8(ascii: "\\"): state = .escape
    case 0x20..<0x80: return
    // Unicode, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF.
    case 0xC2...0xDF: utf8Left = 1
    case 0xE0...0xEF:
      utf8Left = 2
      utf8Range = byte == 0xE0 ? 0xA0...0xBF : byte == 0xED ? 0x80...0x9F : 0x80...0xBF
    case 0xF0...0xF4:
      utf8Left = 3
      utf8Range = byte == 0xF0 ? 0x90...0xBF : byte == 0xF4 ? 0x80...0x8F : 0x80...0xBF
    default: state = .failed
    }
  }
}

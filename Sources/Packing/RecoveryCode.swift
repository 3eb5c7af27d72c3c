import Sealing

/// 256 random bits as people can copy them to paper: Crockford's base 32 with a checksum, in eight groups of seven.
///
/// - SeeAlso: docs/format/keys.md; https://www.crockford.com/base32.html
package struct RecoveryCode: Sendable {
  /// 32 bytes.
  package let secret: SecretBytes

  private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let secretByteCount = 32
  private static let checkByteCount = 3
  private static let digitCount = 56
  private static let groupDigitCount = 7

  /// A new one.
  package init() { secret = SecretBytes(randomCount: Self.secretByteCount) }

  /// What a person typed: of either case, with or without hyphens and blanks, `O` for 0, `I` and `L` for 1.
  ///
  /// - Returns: `nil` unless it is a code whose checksum is right.
  package init?(reading text: SecretBytes) {
    var values: [UInt8] = []
    defer { wipe(&values) }
    let isCode = unsafe text.withUnsafeBytes { text in
      for at in 0..<text.count {
        let byte = unsafe text[at]
        if byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ") { continue }
        guard let value = Self.value(of: byte), values.count < Self.digitCount else { return false }
        values.append(value)
      }
      return values.count == Self.digitCount
    }
    guard isCode else { return nil }
    var bytes: [UInt8] = []
    defer { wipe(&bytes) }
    bytes.reserveCapacity(Self.secretByteCount + Self.checkByteCount)
    for group in stride(from: 0, to: Self.digitCount, by: 8) {
      let bits = values[group..<group + 8].reduce(UInt64(0)) { $0 << 5 | UInt64($1) }
      for shift in stride(from: 32, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
      }
    }
    var secret = Array(bytes.prefix(Self.secretByteCount))
    defer { wipe(&secret) }
    guard Self.check(of: secret) == Array(bytes.suffix(Self.checkByteCount)) else { return nil }
    self.secret = SecretBytes(copying: secret)
  }

  /// `0123ABC-…`, for the one time that it is shown.
  package var text: String {
    var secret = unsafe self.secret.withUnsafeBytes { unsafe Array($0) }
    defer { wipe(&secret) }
    let bytes = secret + Self.check(of: secret)
    var text: [UInt8] = []
    for group in stride(from: 0, to: bytes.count, by: 5) {
      let bits = bytes[group..<group + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      for shift in stride(from: 35, through: 0, by: -5) {
        if !text.isEmpty, text.count % (Self.groupDigitCount + 1) == Self.groupDigitCount {
          text.append(UInt8(ascii: "-"))
        }
        text.append(Self.digits[Int(bits >> UInt64(shift) & 31)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func check(of secret: [UInt8]) -> [UInt8] {
    Array(sha256(Array("snap recovery code".utf8) + secret).prefix(checkByteCount))
  }

  private static func value(of digit: UInt8) -> UInt8? {
    let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(digit) ? digit - 32 : digit
    switch upper {
    case UInt8(ascii: "O"): return 0
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
    default: return digits.firstIndex(of: upper).map(UInt8.init)
    }
  }
}

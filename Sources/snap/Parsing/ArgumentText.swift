import SnapshotModel

/// Command-line arguments as `String` without losing a byte.
///
/// Arguments are bytes; the argument parser wants text. A byte that is not part of valid UTF-8 becomes the private
/// scalar U+10FF00 + byte, and so does every byte of such a scalar that really stands in an argument: each byte
/// sequence has one text and comes back from it.
enum ArgumentText {
  private static let privateBase: UInt32 = 0x10_FF00

  static func decode(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isPrivate) {
      return text
    }
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      let scalar = String(validating: rest.prefix(length), as: UTF8.self)
      if let scalar, !scalar.unicodeScalars.contains(where: isPrivate) {
        text += scalar
        rest = rest.dropFirst(length)
      } else {
        // U+10FF00...U+10FFFF are all scalars.
        text.unicodeScalars.append(Unicode.Scalar(privateBase + UInt32(first)) ?? "\u{FFFD}")
        rest = rest.dropFirst()
      }
    }
    return text
  }

  static func encode(_ text: some StringProtocol) -> [UInt8] {
    guard text.unicodeScalars.contains(where: isPrivate) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      isPrivate(scalar) ? [UInt8(scalar.value - privateBase)] : Array(String(scalar).utf8)
    }
  }

  /// An argument as messages show it: escaped where it is not text.
  static func display(_ text: some StringProtocol) -> String { displayText(encode(text)) }

  /// An argument as text that is kept, such as a message: newlines stay, what is no UTF-8 is replaced.
  static func prose(_ text: some StringProtocol) -> String { String(decoding: encode(text), as: UTF8.self) }

  /// The arguments of this process without the program's name.
  static func processArguments() -> [String] {
    // The array is the C runtime's, NULL-terminated, and nothing in this program changes it.
    (1..<max(1, Int(CommandLine.argc))).compactMap { at in
      guard let text = unsafe CommandLine.unsafeArgv[at] else { return nil }
      var bytes: [UInt8] = []
      var end = 0
      while unsafe text[end] != 0 {
        bytes.append(unsafe UInt8(bitPattern: text[end]))
        end += 1
      }
      return decode(bytes)
    }
  }

  private static func isPrivate(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= privateBase }
}

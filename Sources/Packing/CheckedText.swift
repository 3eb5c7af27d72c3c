import Sealing
import SnapshotModel

/// A file of a few lines `name: value` under a heading, with a checksum in its last line: what holds a secret, and may
/// pass through a person's hands.
struct CheckedText {
  private static let checksumKey = "checksum: "
  private let body: SecretBytes

  /// - Parameter lines: each with its line feed.
  static func encode(heading: String, _ lines: [UInt8]) -> [UInt8] {
    let text = Array(heading.utf8) + lines
    return text + Array("\(checksumKey)\(hexadecimal(sha256(text)))\n".utf8)
  }

  /// - Throws: `PackingError.damaged` when the heading is another, or the checksum is not right.
  init(decoding bytes: SecretBytes, heading: String, what: String) throws(PackingError) {
    var text = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    defer { wipe(&text) }
    let bodyCount = text.count - (Self.checksumKey.utf8.count + 65)
    guard text.starts(with: heading.utf8), bodyCount > 0,
      text[bodyCount...].elementsEqual(
        "\(Self.checksumKey)\(hexadecimal(sha256(Array(text[..<bodyCount]))))\n".utf8)
    else { throw .damaged(what: what) }
    body = bytes.slice(0..<bodyCount)
  }

  /// - Returns: `nil` when there is no such line, or its value is not UTF-8.
  func text(_ name: String) -> String? {
    unsafe body.withUnsafeBytes { body in
      let line = unsafe body.split(separator: UInt8(ascii: "\n")).first { unsafe $0.starts(with: "\(name): ".utf8) }
      return unsafe line.flatMap { unsafe String(validating: $0.dropFirst(name.utf8.count + 2), as: UTF8.self) }
    }
  }

  /// - Returns: `nil` when there is no such line, or its value is not hexadecimal.
  func hexadecimalValue(_ name: String) -> [UInt8]? { text(name).flatMap { SnapshotModel.bytes(hexadecimal: $0) } }
}

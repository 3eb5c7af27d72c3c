import Sealing
import SnapshotModel

/// A secret in a file, instead of a password: 32 random bytes, as text, for one repository.
///
/// - SeeAlso: docs/format/keys.md
package struct KeyFile: Sendable {
  package let repository: RepositoryID
  /// 32 bytes.
  package let secret: SecretBytes

  private static let what = "key file"
  private static let heading = "snap key file\n"
  private static let secretByteCount = 32

  /// A new one.
  package init(newFor repository: RepositoryID) {
    self.repository = repository
    secret = SecretBytes(randomCount: Self.secretByteCount)
  }

  /// The file's bytes; to be wiped once they are written.
  package func encoded() -> [UInt8] {
    var lines = Array("repository: \(repository.hexadecimal)\nkey: ".utf8)
    unsafe secret.withUnsafeBytes { lines += unsafe Array(hexadecimal($0).utf8) }
    return CheckedText.encode(heading: Self.heading, lines + [UInt8(ascii: "\n")])
  }

  /// - Throws: `PackingError.damaged` when it is no key file, or was changed.
  package init(decoding bytes: SecretBytes) throws(PackingError) {
    let text = try CheckedText(decoding: bytes, heading: Self.heading, what: Self.what)
    guard let repository = text.text("repository").flatMap({ RepositoryID(hexadecimal: $0) }),
      var key = text.hexadecimalValue("key"), key.count == Self.secretByteCount
    else { throw .damaged(what: Self.what) }
    defer { wipe(&key) }
    self.repository = repository
    secret = SecretBytes(copying: key)
  }
}

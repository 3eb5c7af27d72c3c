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
    var text = Array("\(Self.heading)repository: \(repository.hexadecimal)\nkey: ".utf8)
    unsafe secret.withUnsafeBytes { text += unsafe Array(hexadecimal($0).utf8) }
    text.append(UInt8(ascii: "\n"))
    return text + Array("checksum: \(hexadecimal(sha256(text)))\n".utf8)
  }

  /// - Throws: `PackingError.damaged` when it is no key file, or was changed.
  package init(decoding bytes: SecretBytes) throws(PackingError) {
    var text = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    defer { wipe(&text) }
    let checksumCount = "checksum: ".utf8.count + 65
    guard text.starts(with: Self.heading.utf8), text.count > checksumCount else { throw .damaged(what: Self.what) }
    let body = Array(text.dropLast(checksumCount))
    guard text.suffix(checksumCount).elementsEqual("checksum: \(hexadecimal(sha256(body)))\n".utf8) else {
      throw .damaged(what: Self.what)
    }
    let lines = body.split(separator: UInt8(ascii: "\n"))
    func value(_ key: String) -> ArraySlice<UInt8>? {
      lines.first { $0.starts(with: "\(key): ".utf8) }?.dropFirst(key.utf8.count + 2)
    }
    guard
      let id = value("repository").flatMap({ RepositoryID(hexadecimal: String(decoding: $0, as: UTF8.self)) }),
      var key = value("key").flatMap({ SnapshotModel.bytes(hexadecimal: String(decoding: $0, as: UTF8.self)) }),
      key.count == Self.secretByteCount
    else { throw .damaged(what: Self.what) }
    defer { wipe(&key) }
    repository = id
    secret = SecretBytes(copying: key)
  }
}

import Sealing
import SnapshotModel

/// Keeps what the index of an encrypted repository holds of records from whoever copies the file.
///
/// A value is a random nonce of 12 bytes and the record under AES-256-GCM, bound to the row's kind and key. At most 2^32
/// records may be sealed under one key (NIST SP 800-38D, 8.3): one a second for a century.
package struct IndexRecordCipher: Sendable {
  private let key: SecretBytes

  /// - Parameter key: 32 bytes.
  package init(key: SecretBytes) { self.key = key }

  /// What one thread seals and opens with.
  struct Session {
    fileprivate let cipher: AES256GCM

    func seal(_ record: [UInt8], of id: SnapshotID, kind: Int64) -> [UInt8] {
      var random = SecureRandom()
      let nonce = random.bytes(AES256GCM.nonceByteCount)
      return nonce + cipher.sealing(record, nonce: nonce, authenticating: Self.place(of: id, kind: kind))
    }

    /// - Returns: `nil` when it is not what was sealed for this row.
    func open(_ value: [UInt8], of id: SnapshotID, kind: Int64) -> [UInt8]? {
      cipher.opening(
        value.dropFirst(AES256GCM.nonceByteCount), nonce: Array(value.prefix(AES256GCM.nonceByteCount)),
        authenticating: Self.place(of: id, kind: kind))
    }

    private static func place(of id: SnapshotID, kind: Int64) -> [UInt8] {
      [UInt8(truncatingIfNeeded: kind)] + id.bytes
    }
  }

  func session() -> Session { Session(cipher: AES256GCM(key: key)) }
}

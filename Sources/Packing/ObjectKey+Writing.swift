import Sealing
import SnapshotModel

extension ObjectKey {
  /// How the key of an object is made; the raw values stand in headers (docs/format/sealing.md).
  enum Way: UInt8 {
    /// From a secret that whoever reads has.
    case kept = 0
    /// From a public key, by who cannot read.
    case written = 1

    var purpose: String {
      switch self {
      case .kept: "snap1 object"
      case .written: "snap1 written object"
      }
    }

    /// - Returns: `nil` where these keys open nothing of the kind.
    func origin(epoch: UInt16, ephemeral: [UInt8], context: SealingContext, keys: KeyRing) -> Origin? {
      switch self {
      case .kept:
        guard ephemeral.allSatisfy({ $0 == 0 }) else { return nil }
        return keys.objectSecret(epoch: epoch).map { Origin(way: self, secret: $0) }
      case .written:
        guard context.mayBeWritten, let receiver = keys.receiver(epoch: epoch),
          let agreed = X25519.agreement(receiver.secret, ephemeral)
        else { return nil }
        return Origin(
          way: self, secret: SecretBytes(joining: [agreed, receiver.shared]), receiver: receiver.publicKey)
      }
    }
  }

  /// What an object's key is derived from.
  struct Origin {
    var way: Way
    var secret: SecretBytes
    /// Whose public key it was made with.
    var receiver: [UInt8] = []
  }

  /// The stored form of an object that its maker cannot open again. Records are signed.
  ///
  /// - SeeAlso: RFC 9180, section 4.1, for the pattern: an ephemeral key, and both public keys in the derivation
  package static func seal(_ content: [UInt8], by writer: WriterKey, context: SealingContext) -> [UInt8] {
    precondition(context.mayBeWritten, "a pack or a record")
    let ephemeral = SecretBytes(randomCount: X25519.keyByteCount)
    guard let agreed = X25519.agreement(ephemeral, writer.publicKey) else {
      preconditionFailure("the public key was looked at when it was read")
    }
    let salt = newSalt()
    let bound = boundHeader(
      .written, epoch: writer.epoch, salt: salt, ephemeral: X25519.publicKey(of: ephemeral))
    let origin = Origin(
      way: .written, secret: SecretBytes(joining: [agreed, writer.shared]), receiver: writer.publicKey)
    let isRecord = context.objectClass == .record
    let object = ObjectKey(
      origin, salt: salt, bound: bound, context: context,
      contentByteCount: UInt64(content.count + (isRecord ? signatureByteCount : 0)))
    guard isRecord else { return object.sealed(content, bound: bound) }
    let signature = writer.sign(object.signedMessage(content))
    return object.sealed(content + writer.writer.bytes + signature, bound: bound)
  }

  private static let signatureByteCount = WriterID.byteCount + Ed25519.signatureByteCount

  private func signedMessage(_ record: [UInt8]) -> [UInt8] {
    Array("snap1 written record".utf8) + associatedData + record
  }

  /// A record of which somebody who only writes says that it is his.
  ///
  /// - Parameters:
  ///   - content: of this object.
  ///   - find: the writer of an id, if there is one whom the keys vouch for.
  /// - Returns: `nil` when there is none, or he did not sign it.
  package func writtenRecord(_ content: [UInt8], find: (WriterID) throws -> Writer?) rethrows -> (
    record: [UInt8], writer: Writer
  )? {
    guard content.count >= Self.signatureByteCount else { return nil }
    let record = Array(content.dropLast(Self.signatureByteCount))
    let end = content.suffix(Self.signatureByteCount)
    guard let id = WriterID(bytes: end.prefix(WriterID.byteCount)), let writer = try find(id),
      writer.hasSigned(signedMessage(record), Array(end.dropFirst(WriterID.byteCount)))
    else { return nil }
    return (record, writer)
  }
}

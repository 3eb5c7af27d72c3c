import Sealing
import SnapshotModel

/// A machine that may save and not read, as the repository knows it: the object `writers/<id>`, which nobody makes without the keys.
///
/// - SeeAlso: docs/format/writers.md
package struct Writer: Hashable, Sendable {
  package let id: WriterID
  package let repository: RepositoryID
  /// What its versions' names begin with, before a slash.
  package let name: String
  package let created: Timestamp
  /// Of the keys that its own were made from.
  package let epoch: UInt16
  private let verifyingKey: [UInt8]
  private let head: [UInt8]
  private let code: [UInt8]

  /// As many as a repository may have.
  package static let countMax = 256
  private static let what = "writer"
  private static let magic = "SNAPWRIT"
  private static let formatVersion: UInt8 = 1

  private enum Tag {
    static let repository: UInt64 = 1
    static let id: UInt64 = 2
    static let name: UInt64 = 3
    static let created: UInt64 = 4
    static let verifyingKey: UInt64 = 5
    static let epoch: UInt64 = 6
    static let code: UInt64 = 9
  }

  package init(_ key: WriterKey, created: Timestamp, keys: KeyRing) {
    id = key.writer
    repository = key.repository
    name = key.name
    self.created = created
    epoch = key.epoch
    verifyingKey = key.verifyingKey
    var record = TaggedRecordWriter(magic: Self.magic, version: Self.formatVersion)
    record.append(tag: Tag.repository, repository.bytes)
    record.append(tag: Tag.id, id.bytes)
    record.append(tag: Tag.name, name)
    var time = ByteWriter()
    time.append(created)
    record.append(tag: Tag.created, time.bytes)
    record.append(tag: Tag.verifyingKey, verifyingKey)
    var number = ByteWriter()
    number.append(varint: UInt64(epoch))
    record.append(tag: Tag.epoch, number.bytes)
    head = record.body
    code = hmacSHA256(key: keys.writersKey, head)
  }

  package func encoded() -> [UInt8] {
    var record = TaggedRecordWriter(continuing: head)
    record.append(tag: Tag.code, code)
    return record.finish()
  }

  /// - Throws: `PackingError`; what stands in it is true only when it `isVouchedFor`.
  package init(decoding bytes: [UInt8]) throws(PackingError) {
    let damaged = PackingError.damaged(what: Self.what)
    let record = try TaggedRecord(bytes, magic: Self.magic, version: Self.formatVersion, what: Self.what)
    guard let repository = try record.value(Tag.repository).flatMap({ RepositoryID(bytes: $0) }),
      let id = try record.value(Tag.id).flatMap({ WriterID(bytes: $0) }),
      var time = try record.reader(Tag.created), let verifyingKey = try record.value(Tag.verifyingKey),
      verifyingKey.count == Ed25519.keyByteCount, var number = try record.reader(Tag.epoch),
      let code = try record.value(Tag.code), code.count == 32
    else { throw damaged }
    guard let epoch = UInt16(exactly: try number.varint()) else { throw damaged }
    self.id = id
    self.repository = repository
    self.epoch = epoch
    name = try record.text(Tag.name)
    created = try time.timestamp()
    self.verifyingKey = Array(verifyingKey)
    self.code = Array(code)
    // All that stands before the code's field: a byte of tag, one of length.
    head = Array(bytes[..<(code.startIndex - 2)])
    guard encoded() == bytes else { throw damaged }
  }

  /// Whether somebody with the keys made it.
  package func isVouchedFor(by keys: KeyRing) -> Bool {
    isEqualInConstantTime(code, hmacSHA256(key: keys.writersKey, head))
  }

  /// Whether it signed the message.
  package func hasSigned(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
    Ed25519.isValid(signature, of: message, by: verifyingKey)
  }
}

import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// Slots, rings and key files that only somebody with the secret can have made wrong: every checksum and code in them fits.
struct KeySlotForgeryTests {
  private let repository: RepositoryID
  private let ring: KeyRing
  private let secret = SecretBytes(copying: [UInt8](repeating: 7, count: 32))

  init() {
    var random = SeededGenerator(seed: 31)
    repository = RepositoryID(using: &random)
    ring = KeyRing(newFor: repository)
  }

  /// A number as a field's value.
  private static func number(_ value: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(varint: value)
    return writer.bytes
  }

  /// The fields of a slot for a key file, by tag (docs/format/keys.md).
  private func fields() -> [UInt64: [UInt8]] {
    var time = ByteWriter()
    time.append(Timestamp(seconds: 1_800_000_000))
    return [
      1: repository.bytes, 2: [UInt8](repeating: 2, count: 16), 3: Array("laptop".utf8), 4: time.bytes,
      5: Self.number(KeySlot.Kind.keyFile.rawValue), 7: [UInt8](repeating: 9, count: 32), 8: Self.number(0),
    ]
  }

  /// Seals `ring` behind these fields as docs/format/keys.md says.
  private func slot(_ fields: [UInt64: [UInt8]], sealing ring: KeyRing) -> [UInt8] {
    var record = TaggedRecordWriter(magic: "SNAPSLOT", version: 1)
    for (tag, value) in fields.sorted(by: { $0.key < $1.key }) { record.append(tag: tag, value) }
    let head = record.body
    let both = hkdf(secret, salt: fields[7] ?? [], purpose: Array("snap1 slot".utf8), count: 64)
    let commitment = hmacSHA256(key: both.slice(32..<64), head)
    record.append(tag: 9, commitment)
    let cipher = AES256GCM(key: both.slice(0..<32))
    let nonce = [UInt8](repeating: 0, count: 12)
    record.append(tag: 10, cipher.sealing(ring.encoded, nonce: nonce, authenticating: head + commitment))
    return record.finish()
  }

  @Test func `a slot made by the document opens`() throws {
    let opened = try KeySlot(decoding: slot(fields(), sealing: ring)).open(with: .keyFile(secret))
    #expect(opened?.encoded.isEqual(to: ring.encoded) == true)
  }

  @Test func `a slot that holds another repository's ring is damage`() throws {
    var random = SeededGenerator(seed: 32)
    let other = KeyRing(newFor: RepositoryID(using: &random))
    let made = try KeySlot(decoding: slot(fields(), sealing: other))
    #expect(throws: PackingError.damaged(what: "key slot")) { try made.open(with: .keyFile(secret)) }
  }

  @Test(arguments: [1, 2, 65_535] as [UInt64])
  func `a slot that says it has newer keys than it has is damage`(epoch: UInt64) throws {
    var fields = fields()
    fields[8] = Self.number(epoch)
    let made = try KeySlot(decoding: slot(fields, sealing: ring))
    #expect(throws: PackingError.damaged(what: "key slot")) { try made.open(with: .keyFile(secret)) }
  }

  @Test(
    arguments: [
      (1, [1]), (2, [1, 2]), (5, [0]), (5, [4]), (7, [UInt8](repeating: 9, count: 31)), (8, [0x80, 0x80, 0x04]),
    ] as [(UInt64, [UInt8])])
  func `a field of another form is damage`(tag: UInt64, value: [UInt8]) {
    var fields = fields()
    fields[tag] = value
    #expect(throws: PackingError.damaged(what: "key slot")) { try KeySlot(decoding: slot(fields, sealing: ring)) }
  }

  @Test(arguments: [1, 2, 4, 5, 7, 8] as [UInt64])
  func `a field that is missing is damage`(tag: UInt64) {
    var fields = fields()
    fields[tag] = nil
    #expect(throws: PackingError.damaged(what: "key slot")) { try KeySlot(decoding: slot(fields, sealing: ring)) }
  }

  @Test func `a slot without a label has none`() throws {
    var fields = fields()
    fields[3] = nil
    #expect(try KeySlot(decoding: slot(fields, sealing: ring)).label == "")
  }

  @Test func `a password's slot without a cost is damage`() {
    var fields = fields()
    fields[5] = Self.number(KeySlot.Kind.password.rawValue)
    #expect(throws: PackingError.damaged(what: "key slot")) { try KeySlot(decoding: slot(fields, sealing: ring)) }
  }

  /// What stands behind the ring is not in the head, so nobody vouches for it.
  @Test(arguments: [9, 10, 11, 200] as [UInt64])
  func `a field behind the ring is damage`(tag: UInt64) {
    var record = TaggedRecordWriter(continuing: Array(slot(fields(), sealing: ring).dropLast(32)))
    record.append(tag: tag, [1])
    #expect(throws: PackingError.damaged(what: "key slot")) { try KeySlot(decoding: record.finish()) }
  }

  @Test func `a slot longer than a mebibyte is refused before it is looked at`() {
    let bytes = [UInt8](repeating: 0, count: 1 << 20 + 1)
    #expect(throws: PackingError.overLimit(what: "key slot length", value: 1 << 20 + 1, limit: 1 << 20)) {
      try KeySlot(decoding: bytes)
    }
  }

  /// A ring of these epochs, as docs/format/keys.md has it.
  private func ring(epochs: [UInt16]) -> SecretBytes {
    var writer = ByteWriter()
    writer.append(Array("SnapRing".utf8) + [1])
    writer.append(repository.bytes + [UInt8](repeating: 1, count: 32))
    writer.append(fixed16: UInt16(epochs.count))
    for epoch in epochs {
      writer.append(fixed16: epoch)
      writer.append([UInt8](repeating: UInt8(truncatingIfNeeded: epoch), count: 32))
    }
    return SecretBytes(copying: writer.bytes)
  }

  @Test(arguments: [[0], [0, 1], [3, 7, 65_535], [65_535]] as [[UInt16]])
  func `a ring of ascending epochs is read as it stands`(epochs: [UInt16]) throws {
    let read = try KeyRing(decoding: ring(epochs: epochs))
    #expect(read.newestEpochNumber == epochs.last && read.encoded.isEqual(to: ring(epochs: epochs)))
    for epoch in epochs {
      let secret = SecretBytes(copying: [UInt8](repeating: UInt8(truncatingIfNeeded: epoch), count: 32))
      #expect(read.objectSecret(epoch: epoch)?.isEqual(to: secret) == true)
    }
    #expect(read.objectSecret(epoch: 2) == nil)
  }

  @Test(arguments: [[1, 1], [2, 1], [0, 5, 4], [0, 1, 1]] as [[UInt16]])
  func `a ring whose epochs do not ascend is damage`(epochs: [UInt16]) {
    #expect(throws: PackingError.damaged(what: "key ring")) { try KeyRing(decoding: ring(epochs: epochs)) }
  }

  @Test func `a ring takes no epoch more than a thousand and twenty-four`() throws {
    let nearly = try KeyRing(decoding: ring(epochs: Array(0..<1023)))
    let full = try nearly.withNewEpoch()
    #expect(full.newestEpochNumber == 1023)
    #expect(throws: PackingError.overLimit(what: "key epochs", value: 1025, limit: 1024)) { try full.withNewEpoch() }
    #expect(try KeyRing(decoding: full.encoded).newestEpochNumber == 1023)
    #expect(throws: PackingError.damaged(what: "key ring")) { try KeyRing(decoding: ring(epochs: Array(0..<1025))) }
  }

  @Test func `a ring whose newest epoch has the last number takes none more`() throws {
    let last = try KeyRing(decoding: ring(epochs: [65_535]))
    #expect(throws: PackingError.self) { try last.withNewEpoch() }
  }

  @Test(arguments: [
    [], ["key: \(String(repeating: "0", count: 64))"], ["repository: 00", "key: \(String(repeating: "0", count: 64))"],
    ["repository: 000102030405060708090a0b0c0d0e0f"], ["repository: 000102030405060708090a0b0c0d0e0f", "key: 00"],
    ["repository: 000102030405060708090a0b0c0d0e0f", "key: x"],
    ["repository: 000102030405060708090a0b0c0d0e0f", "key: \(String(repeating: "0", count: 66))"],
  ])
  func `a key file with a line missing or wrong is damage under a right checksum`(lines: [String]) {
    let bytes = CheckedText.encode(heading: "snap key file\n", Array(lines.map { $0 + "\n" }.joined().utf8))
    #expect(throws: PackingError.damaged(what: "key file")) { try KeyFile(decoding: SecretBytes(copying: bytes)) }
  }
}

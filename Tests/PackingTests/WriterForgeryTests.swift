import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// Writers, their keys and sealed objects whose checksums fit and whose parts do not.
struct WriterForgeryTests {
  private let ring: KeyRing
  private let key: WriterKey
  private let writer: Writer

  init() {
    var random = SeededGenerator(seed: 41)
    ring = KeyRing(newFor: RepositoryID(using: &random))
    let config = RepositoryConfig(id: ring.repository, chunkLengths: .standard, created: Timestamp(seconds: 0))
    key = WriterKey(newFor: ring, name: "web1", config: config.sealed(with: ring))
    writer = Writer(key, created: Timestamp(seconds: 1_800_000_000), keys: ring)
  }

  /// The writer's object with one field replaced (`nil`: left out) and its checksum made right.
  private func object(_ tag: UInt64, _ value: [UInt8]?) throws -> [UInt8] {
    let fields = try TaggedRecord(writer.encoded(), magic: "SNAPWRIT", version: 1, what: "writer").fields
    var record = TaggedRecordWriter(magic: "SNAPWRIT", version: 1)
    #expect(fields.contains { $0.tag == tag })
    for field in fields {
      if field.tag != tag {
        record.append(tag: field.tag, Array(field.value))
      } else if let value {
        record.append(tag: tag, value)
      }
    }
    return record.finish()
  }

  @Test func `a writer comes back as it was, and the keys vouch for it`() throws {
    let read = try Writer(decoding: writer.encoded())
    #expect(read == writer && read.isVouchedFor(by: ring) && read.name == "web1")
    #expect(read.isVouchedFor(by: try ring.withNewEpoch()))
    #expect(!read.isVouchedFor(by: KeyRing(newFor: ring.repository)))
  }

  @Test(
    arguments: [
      (1, [1]), (2, [1]), (5, [UInt8](repeating: 0, count: 31)), (6, [0x80, 0x80, 0x04]),
      (9, [UInt8](repeating: 0, count: 33)), (3, [0xFF]),
    ] as [(UInt64, [UInt8])])
  func `a writer's field of another form is damage`(tag: UInt64, value: [UInt8]) throws {
    let bytes = try object(tag, value)
    #expect(throws: PackingError.damaged(what: "writer")) { try Writer(decoding: bytes) }
  }

  @Test(arguments: [1, 2, 4, 5, 6, 9] as [UInt64])
  func `a writer's field that is missing is damage`(tag: UInt64) throws {
    let bytes = try object(tag, nil)
    #expect(throws: PackingError.damaged(what: "writer")) { try Writer(decoding: bytes) }
  }

  @Test func `a field behind the code, for which nobody vouches, is damage`() {
    var record = TaggedRecordWriter(continuing: Array(writer.encoded().dropLast(32)))
    record.append(tag: 10, [1])
    #expect(throws: PackingError.damaged(what: "writer")) { try Writer(decoding: record.finish()) }
  }

  @Test(arguments: [(3, Array("web2".utf8)), (6, [1]), (5, [UInt8](repeating: 3, count: 32))] as [(UInt64, [UInt8])])
  func `a writer that was changed under a right checksum is read, and nobody vouches for it`(
    tag: UInt64, value: [UInt8]
  ) throws {
    let read = try Writer(decoding: object(tag, value))
    #expect(!read.isVouchedFor(by: ring))
  }

  /// The key's file with a line replaced by `line`, or without it, and the checksum made right.
  private func file(_ name: String, _ line: String?) -> SecretBytes {
    let lines = String(decoding: key.encoded(), as: UTF8.self).split(separator: "\n").dropFirst().dropLast()
    #expect(lines.contains { $0.hasPrefix(name + ": ") })
    let body = lines.compactMap { $0.hasPrefix(name + ": ") ? line : String($0) }.map { $0 + "\n" }.joined()
    return SecretBytes(copying: CheckedText.encode(heading: "snap write-only key\n", Array(body.utf8)))
  }

  @Test(arguments: ["repository", "writer", "name", "epoch", "config", "public", "secret"])
  func `a line of a write-only key that is missing is damage`(name: String) {
    #expect(throws: PackingError.damaged(what: "write-only key")) { try WriterKey(decoding: file(name, nil)) }
  }

  @Test(arguments: [
    ("repository", "00"), ("writer", "x"), ("epoch", "65536"), ("epoch", "-1"), ("epoch", "one"), ("config", "00"),
    ("public", "0011"), ("secret", "00"), ("secret", "zz"),
  ])
  func `a line of a write-only key that says something else is damage`(name: String, value: String) {
    #expect(throws: PackingError.damaged(what: "write-only key")) {
      try WriterKey(decoding: file(name, "\(name): \(value)"))
    }
  }

  @Test func `who only writes seals packs and records, and nothing else`() async {
    await #expect(processExitsWith: .failure) {
      let ring = KeyRing(newFor: FrameSamples.repository())
      let config = RepositoryConfig(id: ring.repository, chunkLengths: .standard, created: Timestamp(seconds: 0))
      let key = WriterKey(newFor: ring, name: "web1", config: config.sealed(with: ring))
      let context = SealingContext(.labels, repository: ring.repository, name: [1])
      _ = ObjectKey.seal([1], by: key, context: context)
    }
    await #expect(processExitsWith: .success) {
      let ring = KeyRing(newFor: FrameSamples.repository())
      let config = RepositoryConfig(id: ring.repository, chunkLengths: .standard, created: Timestamp(seconds: 0))
      let key = WriterKey(newFor: ring, name: "web1", config: config.sealed(with: ring))
      let context = SealingContext(.pack, repository: ring.repository, name: [1])
      let stored = ObjectKey.seal([1], by: key, context: context)
      let opened = try? ObjectKey.openWhole(stored, keys: ring, context: context, what: "x")
      #expect(opened?.content == [1])
    }
  }

  /// The header that docs/format/sealing.md describes, of an object that says it is this long.
  private func header(claiming count: UInt64, _ context: SealingContext) throws -> [UInt8] {
    let salt = [UInt8](repeating: 5, count: 32)
    let bound = ObjectKey.boundHeader(.kept, epoch: 0, salt: salt, ephemeral: [UInt8](repeating: 0, count: 32))
    let secret = try #require(ring.objectSecret(epoch: 0))
    let purpose = Array(ObjectKey.Way.kept.purpose.utf8) + bound + context.bytes
    var length = ByteWriter()
    length.append(fixed64: count)
    return bound
      + AES256GCM(key: hkdf(secret, salt: salt, purpose: purpose)).sealing(
        length.bytes, nonce: [UInt8](repeating: 0, count: 12), authenticating: bound + context.bytes)
  }

  @Test func `an object that says it is longer than a tebibyte is refused`() throws {
    let context = SealingContext(.pack, repository: ring.repository, name: [1])
    let longest = try header(claiming: 1 << 40, context)
    #expect(try ObjectKey(opening: longest[...], keys: ring, context: context, what: "x").contentByteCount == 1 << 40)
    for count in [1 << 40 + 1, .max] as [UInt64] {
      let bytes = try header(claiming: count, context)
      #expect(throws: PackingError.overLimit(what: "x length", value: count, limit: 1 << 40)) {
        try ObjectKey(opening: bytes[...], keys: ring, context: context, what: "x")
      }
    }
  }

  /// Both headers are right; what lies between is not as long as they say.
  @Test(arguments: [1, 16, 104, 16_400])
  func `bytes between the blocks and the second header are damage to a strict reader`(count: Int) throws {
    let context = SealingContext(.pack, repository: ring.repository, name: [1])
    var stored = ObjectKey.seal([1, 2, 3], keys: ring, context: context)
    stored.insert(contentsOf: [UInt8](repeating: 0, count: count), at: stored.count - 104)
    #expect(throws: PackingError.damaged(what: "length of x")) {
      try ObjectKey.openWhole(stored, keys: ring, context: context, isStrict: true, what: "x").content
    }
    #expect(try ObjectKey.openWhole(stored, keys: ring, context: context, what: "x").content == [1, 2, 3])
  }
}

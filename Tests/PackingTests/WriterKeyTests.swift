import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct WriterKeyTests {
  private let ring: KeyRing
  private let key: WriterKey
  private let config: RepositoryConfig
  private let pack: SealingContext
  private let record: SealingContext

  init() {
    var random = SeededGenerator(seed: 7)
    let repository = RepositoryID(using: &random)
    ring = KeyRing(newFor: repository)
    config = RepositoryConfig(id: repository, chunkLengths: .standard, created: Timestamp(seconds: 1_800_000_000))
      .sealed(with: ring)
    key = WriterKey(newFor: ring, name: "web1", config: config)
    pack = SealingContext(.pack, repository: repository, name: [1])
    record = SealingContext(.record, repository: repository, name: [1])
  }

  private func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes) }

  private func open(_ stored: [UInt8], _ context: SealingContext, _ keys: KeyRing? = nil) throws -> (
    content: [UInt8], key: ObjectKey
  ) {
    try ObjectKey.openWhole(stored, keys: keys ?? ring, context: context, isStrict: true, what: "x")
  }

  @Test func `the file holds all of the key, and a changed one is refused`() throws {
    let bytes = key.encoded()
    #expect(bytes.count < 1000)
    #expect(WriterKey.isOne(secret(bytes)))
    #expect(!WriterKey.isOne(secret(KeyFile(newFor: ring.repository).encoded())))
    let read = try WriterKey(decoding: secret(bytes))
    #expect(read.encoded() == bytes)
    #expect(read.name == "web1" && read.gearWords == ring.gearWords && config.isVouchedFor(by: .writing(read)))
    for at in bytes.indices {
      var changed = bytes
      changed[at] ^= 1
      #expect(throws: PackingError.self) { try WriterKey(decoding: secret(changed)) }
    }
    for count in bytes.indices {
      #expect(throws: PackingError.self) { try WriterKey(decoding: secret(Array(bytes[..<count]))) }
    }
  }

  @Test func `a public key that gives everything away is refused, even with a right checksum`() throws {
    let lines = String(decoding: key.encoded(), as: UTF8.self).split(separator: "\n").dropFirst().dropLast()
    let weak = lines.map { $0.hasPrefix("public: ") ? "public: " + String(repeating: "0", count: 64) : String($0) }
    let bytes = CheckedText.encode(heading: "snap write-only key\n", Array((weak.joined(separator: "\n") + "\n").utf8))
    #expect(throws: PackingError.damaged(what: "write-only key")) { try WriterKey(decoding: secret(bytes)) }
  }

  @Test func `chunks get the same names and cuts as with all keys`() {
    let bytes = Array("some content".utf8)
    #expect(ChunkHasher(key.chunkNaming).id(of: bytes) == ChunkHasher(ring.chunkNaming).id(of: bytes))
    #expect(key.gearWords == ring.gearWords)
  }

  @Test func `what it seals the keys open, after a rotation too, and other keys do not`() throws {
    var random = SeededGenerator(seed: 8)
    for count in [0, 1, 40_000] {
      let content = random.bytes(count)
      let stored = ObjectKey.seal(content, by: key, context: pack)
      let opened = try open(stored, pack)
      #expect(opened.content == content && opened.key.isWritten)
      #expect(try open(stored, pack, ring.withNewEpoch()).content == content)
      #expect(throws: PackingError.self) { try open(stored, pack, KeyRing(newFor: ring.repository)) }
      #expect(throws: PackingError.self) { try open(stored, record) }
    }
    #expect(try !open(ObjectKey.seal([1], keys: ring, context: pack), pack).key.isWritten)
  }

  @Test func `every flipped bit of what it seals is found`() throws {
    let stored = ObjectKey.seal(Array("content".utf8), by: key, context: pack)
    for at in stored.indices {
      var changed = stored
      changed[at] ^= 1
      #expect(throws: PackingError.self, "byte \(at)") { try open(changed, pack) }
    }
  }

  @Test(arguments: [SealingContext.Class.labels, .tomb, .operation])
  func `of other kinds nothing opens that was sealed so`(objectClass: SealingContext.Class) throws {
    let context = SealingContext(objectClass, repository: ring.repository, name: [1])
    // As a client would that was changed to do it.
    let bytes = ObjectKey.seal([1, 2, 3], by: key, context: pack)
    #expect(throws: PackingError.self) { try open(bytes, context) }
    let receiver = ring.newestReceiver
    let way = ObjectKey.Way.written
    let ephemeral = X25519.publicKey(of: SecretBytes(randomCount: 32))
    #expect(way.origin(epoch: 0, ephemeral: ephemeral, context: context, keys: ring) == nil)
    #expect(way.origin(epoch: 0, ephemeral: ephemeral, context: pack, keys: ring)?.receiver == receiver.publicKey)
  }

  @Test func `a record is believed when its writer signed it, for this object alone`() throws {
    let writer = Writer(key, created: Timestamp(seconds: 5), keys: ring)
    let other = WriterKey(newFor: ring, name: "web2", config: config)
    let content = Array("a record".utf8)
    let opened = try open(ObjectKey.seal(content, by: key, context: record), record)
    let found = try #require(opened.key.writtenRecord(opened.content) { $0 == key.writer ? writer : nil })
    #expect(found.record == content && found.writer == writer)
    #expect(opened.key.writtenRecord(opened.content) { _ in nil } == nil)
    #expect(opened.key.writtenRecord([1, 2]) { _ in writer } == nil)
    // Another writer's signature under this one's name.
    let forged = try open(ObjectKey.seal(content, by: other, context: record), record)
    #expect(forged.key.writtenRecord(forged.content) { _ in writer } == nil)
    // A signature that was made for another object.
    let moved = try open(ObjectKey.seal(content, by: key, context: record), record)
    #expect(moved.key.writtenRecord(opened.content) { _ in writer } == nil)
  }

  @Test func `a writer is vouched for by the keys, and every flipped bit of it is found`() throws {
    let writer = Writer(key, created: Timestamp(seconds: 5), keys: ring)
    let bytes = writer.encoded()
    let read = try Writer(decoding: bytes)
    #expect(read == writer && read.isVouchedFor(by: ring) && !read.isVouchedFor(by: KeyRing(newFor: ring.repository)))
    #expect(try read.isVouchedFor(by: ring.withNewEpoch()))
    for at in bytes.indices {
      var changed = bytes
      changed[at] ^= 1
      #expect(throws: PackingError.self) { try Writer(decoding: changed) }
      // With the checksum made right again.
      let forged = Array(changed.dropLast(32)) + sha256(Array(changed.dropLast(32)))
      #expect((try? Writer(decoding: forged))?.isVouchedFor(by: ring) != true || forged == bytes)
    }
  }
}

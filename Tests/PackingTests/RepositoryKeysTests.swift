import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// What both kinds of keys give, and small numbers at their limits.
struct RepositoryKeysTests {
  private let ring: KeyRing
  private let key: WriterKey

  init() throws {
    var random = SeededGenerator(seed: 51)
    ring = try KeyRing(newFor: RepositoryID(using: &random)).withNewEpoch()
    let config = RepositoryConfig(id: ring.repository, chunkLengths: .standard, created: Timestamp(seconds: 0))
    key = WriterKey(newFor: ring, name: "web1", config: config.sealed(with: ring))
  }

  private var both: [RepositoryKeys] { [.all(ring), .writing(key)] }

  @Test func `who only writes names, cuts and seals as who has all keys does`() throws {
    let context = SealingContext(.pack, repository: ring.repository, name: [1])
    for keys in both {
      #expect(keys.repository == ring.repository && keys.gearWords == ring.gearWords)
      #expect(ChunkHasher(keys.chunkNaming).id(of: [1, 2]) == ChunkHasher(ring.chunkNaming).id(of: [1, 2]))
      let opened = try ObjectKey.openWhole(
        keys.seal([1, 2, 3], context: context), keys: ring, context: context, isStrict: true, what: "x")
      #expect(opened.content == [1, 2, 3] && opened.key.isWritten == (keys.writer != nil))
    }
  }

  @Test func `one kind of keys is never taken for the other`() {
    #expect(both[0].ring?.repository == ring.repository && both[0].writer == nil)
    #expect(both[1].ring == nil && both[1].writer?.writer == key.writer)
  }

  @Test func `an object's epoch is told by its start alone`() {
    let context = SealingContext(.pack, repository: ring.repository, name: [1])
    for keys in both {
      let stored = keys.seal([1], context: context)
      #expect(ObjectKey.epoch(ofObjectStarting: Array(stored.prefix(12))) == 1)
      #expect(ObjectKey.epoch(ofObjectStarting: Array(stored.prefix(11))) == nil)
      #expect(ObjectKey.epoch(ofObjectStarting: [0] + stored.dropFirst()) == nil)
    }
    let high = ObjectKey.boundHeader(.kept, epoch: 0xABCD, salt: [], ephemeral: [])
    #expect(ObjectKey.epoch(ofObjectStarting: high) == 0xABCD)
  }

  @Test func `keys for different ends are different keys`() {
    let keys = [ring.configKey, ring.writersKey, ring.indexKey, ring.chunkNamingKey, ring.chunkerKey]
    for (at, one) in keys.enumerated() {
      for other in keys[(at + 1)...] { #expect(!one.isEqual(to: other)) }
    }
  }

  /// Ten bytes hold 70 bits: of the last, only one may be set.
  @Test(
    arguments: [
      ([0x7F], 127), ([0x80, 1], 128), ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], .max),
      ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 1 << 63),
    ] as [([UInt8], UInt64)])
  func `a number is read to its last bit, by both readers`(bytes: [UInt8], value: UInt64) throws {
    var reader = ByteReader(bytes, what: "x")
    #expect(try reader.varint() == value && reader.isAtEnd)
    var column = ManifestColumn(bytes[...], what: "x")
    #expect(try column.varint() == value && column.remaining == 0)
  }

  @Test(arguments: [2, 3, 0x7F, 0x80, 0xFF] as [UInt8])
  func `a number of more than 64 bits is damage, to both readers`(last: UInt8) {
    let bytes = [UInt8](repeating: 0xFF, count: 9) + [last, 1]
    var reader = ByteReader(bytes, what: "x")
    #expect(throws: PackingError.damaged(what: "x")) { try reader.varint() }
    var column = ManifestColumn(bytes[...], what: "x")
    #expect(throws: PackingError.damaged(what: "x")) { try column.varint() }
  }

  @Test(arguments: 1..<10)
  func `a number that ends before its last byte is cut short, to both readers`(count: Int) {
    let bytes = [UInt8](repeating: 0x80, count: count)
    var reader = ByteReader(bytes, what: "x")
    #expect(throws: PackingError.truncated(what: "x")) { try reader.varint() }
    var column = ManifestColumn(bytes[...], what: "x")
    #expect(throws: PackingError.truncated(what: "x")) { try column.varint() }
  }

  @Test func `a root that names one segment twice is damage`() throws {
    let chunk = ChunkReference(id: ManifestSamples.chunkID, length: 10)
    let twice = ManifestRoot(
      segments: ["a", "b"].map {
        ManifestRoot.Segment(firstPath: ManifestSamples.path($0), entryCount: 1, chunk: chunk)
      })
    #expect(try ManifestRoot(decoding: ManifestRoot(segments: [twice.segments[0]]).encoded()).entryCount == 1)
    #expect(throws: PackingError.damaged(what: "manifest root")) { try ManifestRoot(decoding: twice.encoded()) }
  }

  @Test(arguments: [0, 1, 5])
  func `the records before it come back with their hashes`(count: Int) throws {
    var snapshot = try SnapshotCoderTests.full()
    var random = SeededGenerator(seed: UInt64(count))
    snapshot.before = (0..<count).map { _ in
      RecordLink(id: SnapshotID(using: &random), hash: random.bytes(RecordLink.hashByteCount))
    }
    #expect(try SnapshotCoder.decode(SnapshotCoder.encode(snapshot)) == snapshot)
  }
}

import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// Records, lists and roots whose checksums fit and whose numbers do not.
struct RecordContradictionTests {
  /// The fields of a snapshot's record, without those of `tag`, with these values in their place.
  private func record(_ tag: UInt64, _ values: [[UInt8]]) throws -> [UInt8] {
    let bytes = SnapshotCoder.encode(try SnapshotCoderTests.full())
    var fields = try TaggedRecord(bytes, magic: "SNAPVERS", version: 1, what: "x").fields.filter { $0.tag != tag }
    fields.insert(contentsOf: values.map { (tag, $0[...]) }, at: fields.firstIndex { $0.tag > tag } ?? fields.count)
    var record = TaggedRecordWriter(magic: "SNAPVERS", version: 1)
    for field in fields { record.append(tag: field.tag, Array(field.value)) }
    return record.finish()
  }

  private static let id = [UInt8](repeating: 4, count: 32)

  @Test(
    arguments: [
      (1, []), (1, [[1]]), (3, []), (9, []), (9, [id]), (9, [id + [0]]), (9, [id + [1, 1]]),
      (9, [Array(id.dropLast())]),
      (4, [[0x80, 0x80, 0x80, 0x80, 0x20]]), (4, [[1, 1]]), (8, [Array("/etc".utf8)]), (10, [[1]]), (16, [[1, 97, 0]]),
      (17, [Array("..".utf8)]), (18, [[9, 1, 1, 1] + id + [1]]), (18, [[1, 1, 1, 1] + id + [0]]),
      (20, [[UInt8](repeating: 1, count: 47)]), (20, [[UInt8](repeating: 1, count: 49)]), (20, [[]]),
    ] as [(UInt64, [[UInt8]])])
  func `a snapshot's field of another form is not read`(tag: UInt64, values: [[UInt8]]) throws {
    let bytes = try record(tag, values)
    #expect(throws: PackingError.self) { try SnapshotCoder.decode(bytes) }
  }

  @Test func `a record names as many records before it as it may, and no more`() throws {
    let link = [UInt8](repeating: 1, count: 16 + RecordLink.hashByteCount)
    let most = try record(20, Array(repeating: link, count: RecordLink.countMax))
    #expect(try SnapshotCoder.decode(most).before.count == RecordLink.countMax)
    let more = try record(20, Array(repeating: link, count: RecordLink.countMax + 1))
    #expect(throws: PackingError.damaged(what: "snapshot record")) { try SnapshotCoder.decode(more) }
  }

  @Test func `fields that are not known are skipped`() throws {
    let bytes = try record(90, [[1, 2, 3], []])
    #expect(try SnapshotCoder.decode(bytes) == SnapshotCoderTests.full())
  }

  @Test(arguments: [1, 3, 9, 11] as [UInt64])
  func `a field that may stand once and stands twice is damage`(tag: UInt64) throws {
    let bytes = SnapshotCoder.encode(try SnapshotCoderTests.full())
    let fields = try TaggedRecord(bytes, magic: "SNAPVERS", version: 1, what: "x").fields
    let value = Array(try #require(fields.first { $0.tag == tag }).value)
    let twice = try record(tag, [value, value])
    #expect(throws: PackingError.damaged(what: "snapshot record")) { try SnapshotCoder.decode(twice) }
    #expect(try SnapshotCoder.decode(record(tag, [value])) == SnapshotCoderTests.full())
  }

  @Test func `a record longer than 64 MiB is refused before it is hashed`() {
    let bytes = [UInt8](repeating: 0, count: 64 << 20 + 1)
    #expect(throws: PackingError.overLimit(what: "x length", value: 64 << 20 + 1, limit: 64 << 20)) {
      try TaggedRecord(bytes, magic: "SNAPVERS", version: 1, what: "x")
    }
  }

  @Test func `tags that descend are damage`() {
    var record = TaggedRecordWriter(magic: "SNAPVERS", version: 1)
    record.append(tag: 2, [1])
    record.append(tag: 1, [1])
    #expect(throws: PackingError.damaged(what: "x")) {
      try TaggedRecord(record.finish(), magic: "SNAPVERS", version: 1, what: "x")
    }
  }

  /// Each is a version and a count, with what would be one chunk behind.
  @Test(
    arguments: [([0, 1], nil), ([2, 1], 2), ([255, 1], 255), ([1, 0], nil), ([0, 0], nil)] as [([UInt8], UInt64?)])
  func `a list of chunks of no version, a newer one, or of none is not read`(head: [UInt8], newer: UInt64?) {
    let bytes = Array("SNCL".utf8) + head + [10] + Self.id
    let error = newer.map { PackingError.newerFormat(what: "chunk list", version: $0) }
    #expect(throws: error ?? PackingError.damaged(what: "chunk list")) { try ChunkList.decode(bytes) }
    #expect(throws: PackingError.damaged(what: "chunk list")) {
      try ChunkList.decode(Array("SNCX".utf8) + [1, 1, 10] + Self.id)
    }
  }

  private func root(_ count: Int) -> ManifestRoot {
    ManifestRoot(
      segments: (0..<count).map { number in
        ManifestRoot.Segment(
          firstPath: ManifestSamples.path("a\(1000 + number)"), entryCount: number + 1,
          chunk: ChunkReference(id: ChunkID((1, 2, 3, UInt64(number))), length: 10))
      })
  }

  @Test(arguments: [0, 1, 2, 50])
  func `a root knows how many entries its segments have`(count: Int) throws {
    let read = try ManifestRoot(decoding: root(count).encoded())
    #expect(read == root(count) && read.entryCount == count * (count + 1) / 2)
  }

  @Test(
    arguments: [
      (0, .damaged(what: "manifest root")), (2, .newerFormat(what: "manifest root", version: 2)),
    ] as [(UInt8, PackingError)])
  func `a root of no version, or of a newer one, is not read`(version: UInt8, error: PackingError) {
    var bytes = root(3).encoded()
    bytes[4] = version
    #expect(throws: error) { try ManifestRoot(decoding: bytes) }
  }

  /// Each path is as long as a path may be and stands there in five bytes: 600 of them would ask for 38 MB.
  @Test(arguments: [(100, true), (600, false)])
  func `a root whose paths would take all memory is not read`(count: Int, isRead: Bool) {
    let stem = String(repeating: "a", count: 64_000)
    let large = ManifestRoot(
      segments: (0..<count).map { number in
        ManifestRoot.Segment(
          firstPath: ManifestSamples.path(stem + "\(1000 + number)"), entryCount: 1,
          chunk: ChunkReference(id: ChunkID((1, 2, 3, UInt64(number))), length: 10))
      })
    let bytes = large.encoded()
    #expect(bytes.count < 100_000)
    if isRead {
      #expect((try? ManifestRoot(decoding: bytes)) == large)
    } else {
      #expect(throws: PackingError.damaged(what: "manifest root")) { try ManifestRoot(decoding: bytes) }
    }
  }

  @Test(arguments: CompressionLevel.allCases)
  func `a level of compression is found by its name alone`(level: CompressionLevel) {
    #expect(CompressionLevel(name: level.name) == level)
    #expect(CompressionLevel(name: level.name.uppercased()) == nil && CompressionLevel(name: level.name + " ") == nil)
  }

  @Test(arguments: ["", "0", "best", "none", "Auto"])
  func `a name that no level has is none`(name: String) {
    #expect(CompressionLevel(name: name) == nil)
  }

  @Test func `an unsealed configuration is vouched for by no keys`() throws {
    let ring = KeyRing(newFor: FrameSamples.repository())
    let open = RepositoryConfig(id: ring.repository, chunkLengths: .standard, created: Timestamp(seconds: 0))
    let sealed = open.sealed(with: ring)
    #expect(!open.isVouchedFor(by: .all(ring)) && sealed.isVouchedFor(by: .all(ring)))
    #expect(try RepositoryConfig(decoding: sealed.encoded()).isVouchedFor(by: .all(ring)))
    #expect(!sealed.isVouchedFor(by: .all(KeyRing(newFor: ring.repository))))
  }

  @Test(arguments: ["", "seal: \n", "seal: 00\n", "seal: \(String(repeating: "x", count: 64))\n", "sealed: yes\n"])
  func `a configuration that says it is sealed and has no seal is damage`(line: String) {
    var config = RepositoryConfig(
      id: FrameSamples.repository(), chunkLengths: .standard, created: Timestamp(seconds: 0))
    config.features = ["sealed"]
    let lines = String(decoding: config.encoded(), as: UTF8.self).split(separator: "\n").dropLast()
    let body = lines.map { $0 + "\n" }.joined() + line
    let bytes = Array((body + "checksum: " + hexadecimal(sha256(Array(body.utf8))) + "\n").utf8)
    #expect(throws: PackingError.damaged(what: "config")) { try RepositoryConfig(decoding: bytes) }
  }
}

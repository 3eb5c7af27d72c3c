import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct SnapshotCoderTests {
  static func full() throws -> Snapshot {
    var statistics = SnapshotStatistics()
    statistics.filesNew = 1
    statistics.bytesLogical = .max
    statistics.durationMilliseconds = 15
    var snapshot = Snapshot(
      id: try #require(SnapshotID(hexadecimal: "000102030405060708090a0b0c0d0e0f")), version: "v1.1.0",
      created: Timestamp(seconds: -1, nanoseconds: 999_999_999), utcOffsetSeconds: -34_200, host: "höst", user: "ada",
      root: [47, 0xFF], sources: [.root, ManifestSamples.path("a/b")],
      manifest: ChunkReference(id: ManifestSamples.chunkID, length: ChunkReference.lengthMax),
      parent: SnapshotID(bytes: Array(repeating: 9, count: 16)),
      git: GitState(
        commit: "ab12", branch: "", describe: "v1-3-gab12-dirty", dirtyFileCount: 300, remote: "https://example.org/x"),
      statistics: statistics, message: "first\nsecond", tags: ["prod", "", "prod"], toolVersion: "1.0.0")
    snapshot.dumps = [
      SavedDump(name: "app", path: ManifestSamples.path("dumps/app.sql")),
      SavedDump(name: "", path: ManifestSamples.path("x")),
    ]
    snapshot.databases = [ManifestSamples.path("data/app.db")]
    snapshot.uncommitted = UncommittedChanges(
      form: .list, fileCount: 300, linesAdded: 1, linesRemoved: .max,
      content: ChunkReference(id: ManifestSamples.chunkID, length: 70))
    return snapshot
  }

  static func least() throws -> Snapshot {
    Snapshot(
      id: try #require(SnapshotID(bytes: Array(repeating: 1, count: 16))), version: "v1",
      created: Timestamp(seconds: 0),
      host: "", user: "", root: [], sources: [], manifest: ChunkReference(id: ManifestSamples.chunkID, length: 1),
      toolVersion: "")
  }

  @Test func `a record comes back as it was, full or empty`() throws {
    for snapshot in [try Self.full(), try Self.least()] {
      #expect(try SnapshotCoder.decode(SnapshotCoder.encode(snapshot)) == snapshot)
    }
  }

  @Test func `every statistic has its own place`() throws {
    var snapshot = try Self.least()
    let numbers = (1...16).map(UInt64.init)
    snapshot.statistics.filesNew = numbers[0]
    snapshot.statistics.filesChanged = numbers[1]
    snapshot.statistics.filesUnmodified = numbers[2]
    snapshot.statistics.filesRemoved = numbers[3]
    snapshot.statistics.directories = numbers[4]
    snapshot.statistics.otherEntries = numbers[5]
    snapshot.statistics.bytesLogical = numbers[6]
    snapshot.statistics.bytesRead = numbers[7]
    snapshot.statistics.bytesNew = numbers[8]
    snapshot.statistics.bytesStored = numbers[9]
    snapshot.statistics.bytesSavedByDelta = numbers[10]
    snapshot.statistics.chunksNew = numbers[11]
    snapshot.statistics.itemsWithErrors = numbers[12]
    snapshot.statistics.itemsIgnored = numbers[13]
    snapshot.statistics.durationMilliseconds = numbers[14]
    snapshot.statistics.directoriesNew = numbers[15]
    let bytes = SnapshotCoder.encode(snapshot)
    #expect(try SnapshotCoder.decode(bytes) == snapshot)
    #expect(hexadecimal(bytes).contains(hexadecimal([12, 16] + (1...16).map(UInt8.init))))
  }

  @Test func `a record cut short or flipped anywhere is refused`() throws {
    let bytes = SnapshotCoder.encode(try Self.full())
    for at in bytes.indices {
      #expect(throws: PackingError.self) { try SnapshotCoder.decode(Array(bytes[..<at])) }
      var damaged = bytes
      damaged[at] ^= 1 << UInt8(at % 8)
      #expect(throws: PackingError.self) { try SnapshotCoder.decode(damaged) }
    }
    #expect(throws: PackingError.self) { try SnapshotCoder.decode(bytes + [0]) }
  }

  @Test func `a field of a later version is skipped`() throws {
    var record = TaggedRecordWriter(magic: "SNAPLABL", version: 1)
    record.append(tag: 2, "note")
    record.append(tag: 99, [1, 2, 3])
    #expect(try LabelsCoder.decode(record.finish()).note == "note")
  }

  @Test func `a newer version is called newer, but only under a right checksum`() throws {
    let newer = TaggedRecordWriter(magic: "SNAPVERS", version: 2).finish()
    #expect(throws: PackingError.newerFormat(what: "snapshot record", version: 2)) { try SnapshotCoder.decode(newer) }
    var damaged = newer
    damaged[8] = 3
    #expect(throws: PackingError.damaged(what: "snapshot record")) { try SnapshotCoder.decode(damaged) }
  }

  /// Fields under a right checksum, so that it is the field's own check that refuses.
  @Test(
    arguments: [
      (1, [1, 2]), (3, [0]), (3, [0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]), (3, [0, 0, 0]),
      (4, [0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
      (5, [0xFF]), (8, Array("a/../b".utf8)), (9, [1]), (10, []), (11, [9]), (12, [0x80]), (14, [0xC3]), (16, [9]),
      (16, [1, 0xFF, 97]), (16, [0] + Array("../a".utf8)), (17, Array("/a".utf8)), (18, [0, 1, 1, 1]),
      (18, [2, 1, 1, 1] + Array(repeating: 7, count: 32) + [1]),
      (18, [0, 1, 1, 1] + Array(repeating: 7, count: 32) + [0]), (2, []), (0, []),
    ] as [(UInt64, [UInt8])])
  func `a field of a wrong shape is refused`(tag: UInt64, value: [UInt8]) throws {
    let fields: [(UInt64, [UInt8])] = [
      (1, Array(repeating: 1, count: 16)), (2, Array("v1".utf8)), (3, [0, 0]),
      (9, Array(repeating: 2, count: 32) + [1]),
    ]
    var good = TaggedRecordWriter(magic: "SNAPVERS", version: 1)
    for field in fields { good.append(tag: field.0, field.1) }
    #expect(try SnapshotCoder.decode(good.finish()).version == "v1")
    var bad = TaggedRecordWriter(magic: "SNAPVERS", version: 1)
    // An empty second version, or a tag that descends, is a field too many; every other replaces its own.
    let isExtra = tag == 2 || tag == 0
    var all = fields.filter { isExtra || $0.0 != tag } + [(tag, value)]
    if tag != 0 { all.sort { $0.0 < $1.0 } }
    for field in all { bad.append(tag: field.0, field.1) }
    #expect(throws: PackingError.self) { try SnapshotCoder.decode(bad.finish()) }
  }

  @Test(arguments: [1, 3, 9] as [UInt64]) func `a record without a needed field is refused`(missing: UInt64) {
    var record = TaggedRecordWriter(magic: "SNAPVERS", version: 1)
    if missing != 1 { record.append(tag: 1, Array(repeating: 1, count: 16)) }
    if missing != 3 { record.append(tag: 3, [0, 0]) }
    if missing != 9 { record.append(tag: 9, Array(repeating: 2, count: 32) + [1]) }
    #expect(throws: PackingError.damaged(what: "snapshot record")) { try SnapshotCoder.decode(record.finish()) }
  }

  @Test func `the record that voids a save is told apart and holds no snapshot`() throws {
    #expect(SnapshotCoder.isVoid(SnapshotCoder.void))
    #expect(!SnapshotCoder.isVoid(SnapshotCoder.encode(try Self.full())))
    #expect(!SnapshotCoder.isVoid([]))
    #expect(throws: PackingError.self) { try SnapshotCoder.decode(SnapshotCoder.void) }
  }
}

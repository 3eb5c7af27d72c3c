import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// A segment taken apart into its columns, so that each can be made wrong.
private struct DismantledSegment {
  enum Column: Int {
    case owners, classes, classIndexes, sharedByteCounts, pathSuffixes, modifiedTimes, sizes, attributeSets
    case attributeSetIndexes, linkTargets, hardLinkTargets, deviceNumbers, extents, chunkCounts, chunkLengths
  }

  var entryCount: Int
  var columns: [[UInt8]] = []
  var ids: [UInt8]

  init(_ entries: [ManifestEntry]) throws {
    let segment = try #require(ManifestSamples.segments(entries).first)
    var reader = ByteReader(segment.bytes, what: "segment")
    _ = try reader.bytes(5)
    entryCount = Int(try reader.varint())
    let lengths = try (0..<15).map { _ in Int(try reader.varint()) }
    for length in lengths { columns.append(Array(try reader.bytes(length))) }
    ids = Array(reader.rest)
  }

  subscript(column: Column) -> [UInt8] {
    get { columns[column.rawValue] }
    set { columns[column.rawValue] = newValue }
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(ManifestSegment.magic)
    writer.append(1)
    writer.append(varint: entryCount)
    for column in columns { writer.append(varint: column.count) }
    for column in columns { writer.append(column) }
    writer.append(ids)
    return writer.bytes
  }
}

struct ManifestRefusalTests {
  @Test(arguments: [("b", "a"), ("a", "a"), ("a/b", "a"), ("a.b", "a/b")])
  func `paths that do not ascend are not written`(first: String, second: String) throws {
    var writer = ManifestWriter()
    _ = try writer.append(ManifestSamples.file(first))
    #expect(throws: PackingError.self) { try writer.append(ManifestSamples.file(second)) }
  }

  @Test func `paths that do not ascend over a segment's end are not written`() throws {
    var writer = ManifestWriter()
    let files = ManifestSamples.files(5000)
    var last: ManifestEntry?
    for file in files {
      last = file
      if try writer.append(file) != nil { break }
    }
    let repeated = try #require(last)
    #expect(throws: PackingError.self) { try writer.append(repeated) }
  }

  @Test(arguments: [
    (0, ""), (0, "a"), (0, "A"), (0, "x/../y"), (0, "x//y"), (0, "x/"), (0, "./x"), (0, ".."), (1, ""), (1, "/./y"),
    (1, "/.."), (2, "x"), (1, "/"), (0, "aa"), (70_000, "z"),
  ]) func `a hostile second path is not read`(shared: Int, suffix: String) throws {
    var segment = try DismantledSegment([ManifestSamples.file("a"), ManifestSamples.file("b")])
    var counts = ByteWriter()
    counts.append(varint: 0)
    counts.append(varint: shared)
    segment[.sharedByteCounts] = counts.bytes
    segment[.pathSuffixes] = Array("a\0".utf8) + Array(suffix.utf8) + [0]
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: ["..", "/etc", "a//b", "a/../../b"]) func `a hostile first path is not read`(path: String) throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    segment[.pathSuffixes] = Array(path.utf8) + [0]
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: ["b", "c", "", "../a", "a/..", "/a"])
  func `a hard link to anything but an earlier path is not read`(target: String) throws {
    var entry = ManifestSamples.file("b")
    entry.hardLinkTarget = ManifestSamples.path("a")
    var segment = try DismantledSegment([ManifestSamples.file("a"), entry])
    segment[.hardLinkTargets] = Array(target.utf8) + [0]
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: [[0, 10], [5, 4], [5, 6], [10, 1]] as [[UInt8]])
  func `chunk lengths that do not make the size are not read`(lengths: [UInt8]) throws {
    var entry = ManifestSamples.file("a", size: 10)
    let half = ChunkReference(id: ManifestSamples.chunkID, length: 5)
    entry.content = .inline([half, half])
    var segment = try DismantledSegment([entry])
    #expect(segment[.chunkLengths] == [5, 5])
    segment[.chunkLengths] = lengths
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test func `a chunk above 8 MiB is not read`() throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    var size = ByteWriter()
    size.append(varint: ChunkReference.lengthMax + 1)
    segment[.sizes] = size.bytes
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: [[1, 0, 5], [2, 0, 3, 0, 7], [2, 0, 3, 1, 8], [1, 91, 10], [9, 1, 1]] as [[UInt8]])
  func `extents that touch, are empty or reach beyond the end are not read`(extents: [UInt8]) throws {
    var entry = ManifestSamples.file("a", size: 10)
    entry.size = 100
    entry.dataExtents = [DataExtent(offset: 50, length: 10)]
    let half = ChunkReference(id: ManifestSamples.chunkID, length: 5)
    entry.content = .inline([half, half])
    var segment = try DismantledSegment([entry])
    #expect(segment[.extents] == [1, 50, 10])
    segment[.extents] = extents
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(
    arguments: [
      [9, 8, 0xA4, 1, 0], [1, 8, 0xA4, 1, 0], [0, 24, 0xA4, 1, 0], [0, 64, 0xA4, 1, 0], [0, 8, 0xFF, 0xFF, 0],
      [0, 8, 0xA4, 1, 1], [0, 8, 0xA4], [],
    ] as [[UInt8]]) func `a class of no meaning is not read`(bytes: [UInt8]) throws
  {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    #expect(segment[.classes] == [0, 8, 0xA4, 1, 0])
    segment[.classes] = bytes
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: 0..<15) func `a byte too many in any column is damage`(column: Int) throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    segment.columns[column].append(1)
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test func `an id too many or too few is damage`() throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    segment.ids += segment.ids
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
    segment.ids = []
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test func `paths that would unfold to gigabytes are not read`() throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    segment.entryCount = 4096
    var counts = ByteWriter()
    counts.append(varint: 0)
    var suffixes = Array(repeating: UInt8(ascii: "a"), count: 60_000) + [0]
    for at in 1..<4096 {
      counts.append(varint: 60_000 + at - 1)
      suffixes += [UInt8(ascii: "a"), 0]
    }
    segment[.sharedByteCounts] = counts.bytes
    segment[.pathSuffixes] = suffixes
    segment[.classIndexes] = Array(repeating: 0, count: 4096)
    segment[.sizes] = Array(repeating: 10, count: 4096)
    segment[.modifiedTimes] = Array(repeating: 0, count: 4096 * 12)
    segment.ids = Array(repeating: 7, count: 4096 * 32)
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test(arguments: [0, 4097, 1 << 40]) func `an absurd entry count is refused before memory is taken`(count: Int) throws
  {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    segment.entryCount = count
    #expect(throws: PackingError.self) { try ManifestReader.entries(ofSegment: segment.bytes) }
  }

  @Test func `a newer version is called newer`() throws {
    var bytes = try ManifestSamples.segments([ManifestSamples.file("a")])[0].bytes
    bytes[4] = 2
    #expect(throws: PackingError.newerFormat(what: "manifest segment", version: 2)) {
      try ManifestReader.entries(ofSegment: bytes)
    }
  }

  @Test func `a segment of no version, or of another magic, is damage`() throws {
    let bytes = try ManifestSamples.segments([ManifestSamples.file("a")])[0].bytes
    #expect(try ManifestReader.entries(ofSegment: bytes).count == 1)
    for at in 0..<5 {
      var changed = bytes
      changed[at] ^= at < 4 ? 0x20 : 1
      #expect(throws: PackingError.damaged(what: "manifest segment")) { try ManifestReader.entries(ofSegment: changed) }
      #expect(throws: PackingError.damaged(what: "manifest segment")) {
        try ManifestReader.contents(ofSegment: changed[...])
      }
    }
  }

  @Test func `a segment longer than one may be is refused before it is read`() throws {
    let bytes = try ManifestSamples.segments([ManifestSamples.file("a")])[0].bytes
    let long = bytes + [UInt8](repeating: 0, count: ManifestSegment.bytesMax + 1 - bytes.count)
    let limit = UInt64(ManifestSegment.bytesMax)
    #expect(throws: PackingError.overLimit(what: "manifest segment length", value: limit + 1, limit: limit)) {
      try ManifestReader.entries(ofSegment: long)
    }
  }

  @Test(arguments: [1 << 63, .max] as [UInt64])
  func `a file of one chunk that is longer than any number of ours is damage`(size: UInt64) throws {
    var segment = try DismantledSegment([ManifestSamples.file("a")])
    var writer = ByteWriter()
    writer.append(varint: size)
    segment[.sizes] = writer.bytes
    #expect(throws: PackingError.damaged(what: "manifest segment")) {
      try ManifestReader.entries(ofSegment: segment.bytes)
    }
  }

  /// Distance from the end of the one before, then length: each pair alone fits 64 bits.
  @Test(arguments: [[UInt64.max, 1], [1, .max], [50, 5, .max, 1], [50, 5, 1, .max]] as [[UInt64]])
  func `extents that lead beyond the largest number are damage`(numbers: [UInt64]) throws {
    var entry = ManifestSamples.file("a", size: 10)
    entry.size = 100
    entry.dataExtents = [DataExtent(offset: 50, length: 10)]
    var segment = try DismantledSegment([entry])
    var writer = ByteWriter()
    writer.append(varint: numbers.count / 2)
    for number in numbers { writer.append(varint: number) }
    segment[.extents] = writer.bytes
    #expect(throws: PackingError.damaged(what: "manifest segment")) {
      try ManifestReader.entries(ofSegment: segment.bytes)
    }
  }

  @Test(arguments: 0..<4)
  func `a number of four bytes is not read from fewer`(count: Int) throws {
    var column = ManifestColumn([1, 2, 3, 4][..<count], what: "x")
    #expect(throws: PackingError.truncated(what: "x")) { try column.fixed32() }
    #expect(column.remaining == count)
    var whole = ManifestColumn([1, 2, 3, 4], what: "x")
    #expect(try whole.fixed32() == 0x0403_0201 && whole.remaining == 0)
  }
}

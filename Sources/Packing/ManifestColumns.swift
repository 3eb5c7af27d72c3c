import SnapshotModel

/// The columns of a segment while it is written, in the order in which they stand in it.
struct ManifestColumns {
  var owners = ByteWriter()
  var classes = ByteWriter()
  var classIndexes = ByteWriter()
  var sharedByteCounts = ByteWriter()
  var pathSuffixes = ByteWriter()
  /// Not deltas: a touched file then changes its own twelve bytes and no more (docs/decisions/columnar-manifest.md).
  var modifiedTimes = ByteWriter()
  var sizes = ByteWriter()
  var attributeSets = ByteWriter()
  var attributeSetIndexes = ByteWriter()
  var linkTargets = ByteWriter()
  var hardLinkTargets = ByteWriter()
  var deviceNumbers = ByteWriter()
  var extents = ByteWriter()
  var chunkCounts = ByteWriter()
  var chunkLengths = ByteWriter()
  /// 32 bytes each and last: its length is what remains.
  var chunkIDs: [UInt8] = []

  static let countWithLength = 15

  var withLength: [[UInt8]] {
    [
      owners.bytes, classes.bytes, classIndexes.bytes, sharedByteCounts.bytes, pathSuffixes.bytes, modifiedTimes.bytes,
      sizes.bytes, attributeSets.bytes, attributeSetIndexes.bytes, linkTargets.bytes, hardLinkTargets.bytes,
      deviceNumbers.bytes, extents.bytes, chunkCounts.bytes, chunkLengths.bytes,
    ]
  }
}

/// One column while it is read: an index into the segment, so that a value costs no more than its bytes.
struct ManifestColumn {
  private let bytes: ArraySlice<UInt8>
  private var at: Int
  private let end: Int

  /// Names the input in errors.
  private let what: String

  init(_ bytes: ArraySlice<UInt8>, what: String) {
    self.bytes = bytes
    self.what = what
    at = bytes.startIndex
    end = bytes.endIndex
  }

  var remaining: Int { end - at }

  mutating func byte() throws(PackingError) -> UInt8 {
    guard at < end else { throw .truncated(what: what) }
    defer { at += 1 }
    return bytes[at]
  }

  mutating func varint() throws(PackingError) -> UInt64 {
    guard at < end else { throw .truncated(what: what) }
    let first = bytes[at]
    at += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while true {
      let next = try byte()
      guard shift < 63 || next <= 1 else { throw .damaged(what: what) }
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  /// A varint below `limit`.
  mutating func index(below limit: Int) throws(PackingError) -> Int {
    let value = try varint()
    guard value < UInt64(limit) else { throw .damaged(what: what) }
    return Int(value)
  }

  /// A varint that counts things of which each takes at least `minimumBytes` of what remains of this column.
  mutating func count(minimumBytes: Int) throws(PackingError) -> Int {
    let value = try varint()
    guard value <= UInt64(remaining / minimumBytes) else { throw .truncated(what: what) }
    return Int(value)
  }

  mutating func fixed16() throws(PackingError) -> UInt16 {
    let low = try byte()
    return UInt16(low) | UInt16(try byte()) << 8
  }

  mutating func fixed32() throws(PackingError) -> UInt32 {
    guard remaining >= 4 else { throw .truncated(what: what) }
    defer { at += 4 }
    return UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
  }

  mutating func fixed64() throws(PackingError) -> UInt64 {
    let low = try fixed32()
    return UInt64(low) | UInt64(try fixed32()) << 32
  }

  mutating func varint32() throws(PackingError) -> UInt32 {
    guard let value = UInt32(exactly: try varint()) else { throw .damaged(what: what) }
    return value
  }

  mutating func counted() throws(PackingError) -> [UInt8] {
    let count = try count(minimumBytes: 1)
    defer { at += count }
    return Array(bytes[at..<at + count])
  }

  /// The bytes before the next NUL, which is skipped.
  mutating func terminated() throws(PackingError) -> ArraySlice<UInt8> {
    var next = at
    while next < end, bytes[next] != 0 { next += 1 }
    guard next < end else { throw .truncated(what: what) }
    defer { at = next + 1 }
    return bytes[at..<next]
  }

  mutating func chunkID() throws(PackingError) -> ChunkID {
    guard remaining >= ChunkID.byteCount else { throw .truncated(what: what) }
    defer { at += ChunkID.byteCount }
    return ChunkID(at: at, in: bytes)
  }
}

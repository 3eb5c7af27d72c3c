import SnapshotModel

/// The directory's bytes.
///
///     0  magic            "SnPd"
///     4  columns          Zstandard or raw: codec byte (0 raw, 1 zstd), varint raw length, varint stored length, bytes
///     .  base prefixes    16 bytes each, of all frames in order
///     .  chunk ids        32 bytes each, of all frames in order
///
/// The columns, each over all frames in order: kind << 4 | repacked << 3 | codec (a byte each); varints of the raw
/// lengths; of the stored lengths; of the chunk counts; of the base counts; of the lengths of all chunks but each
/// frame's last.
///
/// Offsets are not stored: the first frame stands behind the pack's header and the others follow without gaps.
enum PackDirectoryCoder {
  static let magic: [UInt8] = Array("SnPd".utf8)
  /// 64 MiB: more than four million frames take.
  static let columnsByteCountMax = 64 << 20

  static func encode(_ frames: [PackDirectory.Frame]) throws(PackingError) -> [UInt8] {
    var columns = ByteWriter(capacity: frames.count * 8)
    for frame in frames { columns.append(frame.header.head) }
    for frame in frames { columns.append(varint: frame.header.rawLength) }
    for frame in frames { columns.append(varint: frame.header.storedLength) }
    for frame in frames { columns.append(varint: frame.header.chunkLengths.count) }
    for frame in frames { columns.append(varint: frame.header.bases.count) }
    for frame in frames { for length in frame.header.chunkLengths.dropLast() { columns.append(varint: length) } }
    var writer = ByteWriter()
    writer.append(magic)
    let raw = columns.bytes
    let packed = try ZstdCompressor().compressed(raw, level: CompressionLevel.better.rawValue)
    writer.append(packed == nil ? FrameCodec.raw.rawValue : FrameCodec.zstd.rawValue)
    writer.append(varint: raw.count)
    writer.append(counted: packed ?? raw[...])
    for frame in frames { for base in frame.header.bases { writer.append(base.bytes) } }
    for frame in frames { for id in frame.chunkIDs { writer.append(id.bytes) } }
    return writer.bytes
  }

  static func decode(
    _ bytes: ArraySlice<UInt8>, frameCount: Int, chunkCount: Int
  ) throws(PackingError) -> [PackDirectory.Frame] {
    let what = "pack directory"
    var reader = ByteReader(bytes, what: what)
    guard try reader.bytes(4) == magic[...] else { throw .damaged(what: what) }
    let codec = FrameCodec(rawValue: try reader.byte())
    let rawCount = try reader.varint(limit: columnsByteCountMax, of: "columns")
    let stored = try reader.counted()
    let raw: [UInt8]
    switch codec {
    case .raw where stored.count == rawCount: raw = Array(stored)
    case .zstd: raw = try FrameDecoder().decompress(stored, rawLength: rawCount, prefix: nil, what: what)
    default: throw .damaged(what: what)
    }
    // Each frame takes at least five bytes of columns, each chunk 32 of ids: nothing is held that was not paid for.
    guard frameCount <= raw.count / 5, chunkCount <= reader.rest.count / ChunkID.byteCount else {
      throw .damaged(what: what)
    }
    var columns = ByteReader(raw, what: what)
    let heads = try columns.bytes(frameCount)
    let rawLengths = try column(frameCount, limit: FrameHeader.rawLengthMax, &columns)
    let storedLengths = try column(frameCount, limit: FrameHeader.rawLengthMax, &columns)
    let chunkCounts = try column(frameCount, limit: FrameHeader.chunkCountMax, &columns)
    let baseCounts = try column(frameCount, limit: FrameHeader.baseCountMax, &columns)
    guard chunkCounts.reduce(0, +) == chunkCount,
      reader.rest.count == baseCounts.reduce(0, +) * ChunkIDPrefix.byteCount + chunkCount * ChunkID.byteCount
    else { throw .damaged(what: what) }
    var bases = ByteReader(try reader.bytes(reader.rest.count - chunkCount * ChunkID.byteCount), what: what)

    var frames: [PackDirectory.Frame] = []
    frames.reserveCapacity(frameCount)
    var offset = UInt64(PackFormat.headerLength)
    for at in 0..<frameCount {
      let (kind, codec, isRepacked) = try FrameHeader.parts(ofHead: heads[heads.startIndex + at], of: what)
      var lengths = try column(max(chunkCounts[at] - 1, 0), limit: ChunkReference.lengthMax, &columns)
      if chunkCounts[at] > 0 { lengths.append(rawLengths[at] - lengths.reduce(0, +)) }
      let header = try FrameHeader(
        kind: kind, codec: codec, isRepacked: isRepacked, rawLength: rawLengths[at], storedLength: storedLengths[at],
        chunkLengths: lengths, bases: try prefixes(baseCounts[at], &bases))
      frames.append(PackDirectory.Frame(offset: offset, header: header, chunkIDs: try ids(chunkCounts[at], &reader)))
      offset += UInt64(header.frameLength)
    }
    try columns.expectEnd()
    return frames
  }

  private static func column(_ count: Int, limit: Int, _ reader: inout ByteReader) throws(PackingError) -> [Int] {
    guard count <= reader.rest.count else { throw .truncated(what: reader.what) }
    var values: [Int] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try reader.varint(limit: limit, of: "number")) }
    return values
  }

  private static func prefixes(_ count: Int, _ reader: inout ByteReader) throws(PackingError) -> [ChunkIDPrefix] {
    var values: [ChunkIDPrefix] = []
    for _ in 0..<count { values.append(try reader.chunkIDPrefix()) }
    return values
  }

  private static func ids(_ count: Int, _ reader: inout ByteReader) throws(PackingError) -> [ChunkID] {
    var values: [ChunkID] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try reader.chunkID()) }
    return values
  }
}

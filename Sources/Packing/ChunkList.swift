import SnapshotModel

/// The chunks of a file that has too many to stand in its manifest entry,
/// as bytes that are stored as chunks themselves.
///
///     magic "SNCL" · version u8 · chunks varint · lengths varint each · ids, 32 bytes each
///
/// - SeeAlso: docs/format/manifest.md
package enum ChunkList {
  /// Cuts `chunks` behind ids with enough low bits zero, so that a change inside a file rewrites one list or two.
  ///
  /// Lists hold about 1,000 chunks; of a file with more than a million, more each, so that the entry stays small.
  package static func split(_ chunks: [ChunkReference]) -> [[UInt8]] {
    let bits = cutBitCount(chunkCount: chunks.count)
    let countMin = 1 << (bits - 2)
    let countMax = 1 << (bits + 2)
    let mask = (UInt32(1) << UInt32(bits)) - 1
    var lists: [[UInt8]] = []
    var start = 0
    for (at, chunk) in chunks.enumerated() {
      let count = at + 1 - start
      guard count == countMax || at + 1 == chunks.count || (count >= countMin && chunk.id.cutBits & mask == 0)
      else { continue }
      lists.append(encode(chunks[start...at]))
      start = at + 1
    }
    return lists
  }

  /// - Returns: what `split` put into one list, in order; never empty.
  /// - Throws: `PackingError`.
  package static func decode(_ bytes: ArraySlice<UInt8>) throws(PackingError) -> [ChunkReference] {
    var reader = ByteReader(bytes, what: what)
    guard try reader.bytes(4) == magic[...] else { throw .damaged(what: what) }
    let version = try reader.byte()
    guard version <= formatVersion else { throw .newerFormat(what: what, version: UInt64(version)) }
    let count = try reader.count(minimumBytes: ChunkID.byteCount + 1)
    guard version > 0, count > 0 else { throw .damaged(what: what) }
    var column = ManifestColumn(reader.rest, what: what)
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count {
      let length = try column.index(below: ChunkReference.lengthMax + 1)
      guard length > 0 else { throw .damaged(what: what) }
      lengths.append(length)
    }
    var chunks: [ChunkReference] = []
    chunks.reserveCapacity(count)
    for length in lengths { chunks.append(ChunkReference(id: try column.chunkID(), length: length)) }
    guard column.remaining == 0 else { throw .damaged(what: what) }
    return chunks
  }

  package static func decode(_ bytes: [UInt8]) throws(PackingError) -> [ChunkReference] { try decode(bytes[...]) }

  private static let what = "chunk list"
  private static let magic = Array("SNCL".utf8)
  private static let formatVersion: UInt8 = 1

  private static func encode(_ chunks: ArraySlice<ChunkReference>) -> [UInt8] {
    var writer = ByteWriter(capacity: chunks.count * 36 + 16)
    writer.append(magic)
    writer.append(formatVersion)
    writer.append(varint: chunks.count)
    for chunk in chunks { writer.append(varint: chunk.length) }
    var bytes = writer.bytes
    for chunk in chunks { chunk.id.append(to: &bytes) }
    return bytes
  }

  /// 10 up to a million chunks; at most 15, so that the longest list (four times 2^15, 36 bytes each) fits a chunk.
  private static func cutBitCount(chunkCount: Int) -> Int {
    min(max(Int.bitWidth - chunkCount.leadingZeroBitCount - 10, 10), 15)
  }
}

import Sealing
import SnapshotModel

/// How a frame's payload became what is stored.
package enum FrameCodec: UInt8, Sendable, CaseIterable {
  case raw = 0
  case zstd = 1
  /// Zstandard with the bytes of the base chunks as prefix: a delta.
  case zstdPrefix = 2
}

/// What a frame holds.
package enum FrameKind: UInt8, Sendable, CaseIterable {
  case chunks = 0
  /// A copy of a snapshot record, from which the record is restored when its own file is lost.
  case snapshotRecord = 1
}

/// What stands before a frame's payload: all that it takes to decode it, but not the ids of its chunks.
///
///     0  magic          "SnFr"
///     4  checksum       first 4 bytes of the SHA-256 of the body
///     8  body           kind << 4 | repacked << 3 | codec, then varints: raw length, stored length, chunk count,
///                       the lengths of all chunks but the last; with codec `zstdPrefix` the base count, then 16
///                       bytes a base
///
/// - SeeAlso: `docs/format/frame.md`
package struct FrameHeader: Hashable, Sendable {
  package let kind: FrameKind
  package let codec: FrameCodec
  /// Whether a collector made it, which put its chunks in order first: so the next one knows what is new since.
  package let isRepacked: Bool
  /// Plaintext bytes; the sum of `chunkLengths`, but for a snapshot record, which has no chunks.
  package let rawLength: Int
  /// Payload bytes: less than `rawLength`, but equal to it for codec `raw`.
  package let storedLength: Int
  /// Plaintext bytes of each chunk, in order.
  package let chunkLengths: [Int]
  /// The chunks whose concatenation is the prefix; empty unless the codec is `zstdPrefix`.
  package let bases: [ChunkIDPrefix]
  /// Bytes before the payload.
  package let headerLength: Int

  package static let magic: [UInt8] = [0x53, 0x6E, 0x46, 0x72]
  package static let checksumByteCount = 4
  static let bodyStart = 8
  /// A header of one chunk and one byte of payload.
  static let frameLengthMin: UInt64 = 13

  /// 16 MiB: what a reader must be ready to hold for one frame.
  package static let rawLengthMax = 16 << 20
  /// 16 MiB: the longest prefix.
  package static let prefixLengthMax = 16 << 20
  package static let chunkCountMax = 1 << 16
  package static let baseCountMax = 1 << 12
  /// No header is longer, so that a scan knows how much to read: 8 + 1 + 4 + 4 + 3 + 4 x 65,535 + 2 + 16 x 4096.
  package static let headerLengthMax = 327_698

  /// Header and payload.
  package var frameLength: Int { headerLength + storedLength }

  /// Where each chunk lies in the decoded frame.
  package var chunkRanges: [Range<Int>] {
    var start = 0
    return chunkLengths.map { length in
      defer { start += length }
      return start..<start + length
    }
  }

  /// - Throws: `PackingError.invalidInput` or `overLimit` when the parts do not fit together.
  package init(
    kind: FrameKind, codec: FrameCodec, isRepacked: Bool = false, rawLength: Int, storedLength: Int,
    chunkLengths: [Int], bases: [ChunkIDPrefix]
  ) throws(PackingError) {
    func limit(_ value: Int, _ limit: Int, _ subject: String) throws(PackingError) {
      guard value <= limit else {
        throw .overLimit(what: "frame \(subject)", value: UInt64(value), limit: UInt64(limit))
      }
    }
    try limit(rawLength, Self.rawLengthMax, "raw length")
    try limit(chunkLengths.count, Self.chunkCountMax, "chunk count")
    try limit(bases.count, Self.baseCountMax, "base count")
    var sum = 0
    for length in chunkLengths {
      try limit(length, ChunkReference.lengthMax, "chunk length")
      guard length > 0 else { throw .invalidInput("a chunk of no bytes") }
      sum += length
    }
    guard rawLength > 0, kind == .chunks ? sum == rawLength : chunkLengths.isEmpty else {
      throw .invalidInput("chunk lengths that do not add up to the frame")
    }
    guard codec == .raw ? storedLength == rawLength : 0 < storedLength && storedLength < rawLength else {
      throw .invalidInput("a stored length that does not fit the codec")
    }
    guard (codec == .zstdPrefix) == !bases.isEmpty, codec != .zstdPrefix || kind == .chunks else {
      throw .invalidInput("bases that do not fit the codec")
    }
    self.kind = kind
    self.codec = codec
    self.isRepacked = isRepacked
    self.rawLength = rawLength
    self.storedLength = storedLength
    self.chunkLengths = chunkLengths
    self.bases = bases
    headerLength = Self.bodyStart + Self.bodyLength(rawLength, storedLength, chunkLengths, bases)
  }

  /// The body's first byte.
  var head: UInt8 { kind.rawValue << 4 | (isRepacked ? Self.repackedBit : 0) | codec.rawValue }

  /// What a body's first byte says.
  static func parts(
    ofHead head: UInt8, of what: String
  ) throws(PackingError) -> (kind: FrameKind, codec: FrameCodec, isRepacked: Bool) {
    guard let kind = FrameKind(rawValue: head >> 4), let codec = FrameCodec(rawValue: head & 7) else {
      throw .damaged(what: what)
    }
    return (kind, codec, head & repackedBit != 0)
  }

  private static let repackedBit: UInt8 = 8

  private static func bodyLength(_ raw: Int, _ stored: Int, _ chunks: [Int], _ bases: [ChunkIDPrefix]) -> Int {
    var count = 1 + varintLength(raw) + varintLength(stored) + varintLength(chunks.count)
    for length in chunks.dropLast() { count += varintLength(length) }
    if !bases.isEmpty { count += varintLength(bases.count) + bases.count * ChunkIDPrefix.byteCount }
    return count
  }

  private static func varintLength(_ value: Int) -> Int {
    value == 0 ? 1 : (Int.bitWidth - value.leadingZeroBitCount + 6) / 7
  }
}

extension FrameHeader {
  /// The header as it stands before the payload, `headerLength` bytes.
  package func encoded() -> [UInt8] { encoded { ChunkHasher(.sha256).id(of: $0) } }

  func encoded(hash: (ArraySlice<UInt8>) -> ChunkID) -> [UInt8] {
    var body = ByteWriter(capacity: headerLength)
    body.append(head)
    body.append(varint: rawLength)
    body.append(varint: storedLength)
    body.append(varint: chunkLengths.count)
    for length in chunkLengths.dropLast() { body.append(varint: length) }
    if codec == .zstdPrefix {
      body.append(varint: bases.count)
      for base in bases { body.append(base.bytes) }
    }
    return Self.magic + hash(body.bytes[...]).bytes.prefix(Self.checksumByteCount) + body.bytes
  }

  /// Reads the header that `bytes` begin with; what follows it is not looked at.
  ///
  /// - Throws: `PackingError`; never holds memory for more than the bytes at hand account for.
  package init(decoding bytes: ArraySlice<UInt8>) throws(PackingError) {
    try self.init(decoding: bytes) { ChunkHasher(.sha256).id(of: $0) }
  }

  init(decoding bytes: ArraySlice<UInt8>, hash: (ArraySlice<UInt8>) -> ChunkID) throws(PackingError) {
    let what = "frame header"
    var reader = ByteReader(bytes, what: what)
    guard try reader.bytes(4) == Self.magic[...] else { throw .damaged(what: what) }
    let checksum = try reader.bytes(Self.checksumByteCount)
    let bodyStart = reader.rest.startIndex
    let (kind, codec, isRepacked) = try Self.parts(ofHead: try reader.byte(), of: what)
    let rawLength = try reader.varint(limit: Self.rawLengthMax, of: "raw length")
    let storedLength = try reader.varint(limit: Self.rawLengthMax, of: "stored length")
    let chunkCount = try reader.varint(limit: Self.chunkCountMax, of: "chunk count")
    var lengths: [Int] = []
    if chunkCount > 0 {
      guard chunkCount - 1 <= reader.rest.count else { throw .truncated(what: what) }
      lengths.reserveCapacity(chunkCount)
      var rest = rawLength
      for _ in 1..<max(chunkCount, 1) {
        let length = try reader.varint(limit: ChunkReference.lengthMax, of: "chunk length")
        lengths.append(length)
        rest -= length
      }
      guard rest > 0 else { throw .damaged(what: what) }
      lengths.append(rest)
    }
    var bases: [ChunkIDPrefix] = []
    if codec == .zstdPrefix {
      let count = try reader.varint(limit: Self.baseCountMax, of: "base count")
      guard count <= reader.rest.count / ChunkIDPrefix.byteCount else { throw .truncated(what: what) }
      bases.reserveCapacity(count)
      for _ in 0..<count { bases.append(try reader.chunkIDPrefix()) }
    }
    let body = bytes[bodyStart..<reader.rest.startIndex]
    guard hash(body).bytes.prefix(Self.checksumByteCount) == checksum else { throw .damaged(what: what) }
    try self.init(
      kind: kind, codec: codec, isRepacked: isRepacked, rawLength: rawLength, storedLength: storedLength,
      chunkLengths: lengths, bases: bases)
    // A number spelled longer than it need be would make the same header of two lengths.
    guard headerLength == Self.bodyStart + body.count else { throw .damaged(what: what) }
  }
}

import Sealing
import SnapshotModel

/// Makes frames of chunks. One for each thread; not for use by several at once.
///
/// Holds contexts and buffers as large as the largest frame and prefix it was given.
package final class FrameEncoder {
  private static let smallDeltaByteCountMax = 256 << 10

  private let compressor = ZstdCompressor()
  private let prober = ZstdCompressor()
  private let hasher = ChunkHasher(.sha256)
  /// The frame's chunks on end, when there are several.
  private var joined: [UInt8] = []

  package init() {}

  /// Makes a frame that needs no other; stored raw when compression does not pay.
  ///
  /// - Parameters:
  ///   - chunks: 1...65,536 of them, of 1 byte to 8 MiB, together at most 16 MiB; 1 MiB is good.
  ///   - isRepacked: what the header will say.
  /// - Throws: `PackingError` when the chunks break a limit.
  package func encode(
    chunks: [(id: ChunkID, bytes: ArraySlice<UInt8>)], level: CompressionLevel, isRepacked: Bool = false
  ) throws -> EncodedFrame {
    let lengths = chunks.map(\.bytes.count)
    return try unsafe withJoined(chunks) { bytes in
      try unsafe plain(
        bytes, kind: .chunks, isRepacked: isRepacked, lengths: lengths, ids: chunks.map(\.id), level: level)
    }
  }

  /// Makes a frame that holds the chunks' difference to `base`.
  ///
  /// - Parameters:
  ///   - chunks: of one file, or of several that are small, or of one place in the order of repacked history, so that a read
  ///     does not fan out.
  ///   - level: `auto` is Zstandard's 4 up to 256 KiB, where a delta is a tenth smaller than at level 1 and costs
  ///     little, and 1 beyond, where it is within 2 % of level 3 in less than half the time (daily exports); for several files
  ///     at once it is sought as thoroughly as level 9 does. On what is similar only it is always 3: others' ways of searching
  ///     do not fit its tables.
  /// - Returns: `nil` when that saves less than a tenth of a frame of their own; on what is similar only two fifths.
  /// - Throws: `PackingError` when the chunks or the base break a limit.
  package func encodeDelta(
    chunks: [(id: ChunkID, bytes: ArraySlice<UInt8>)], base: DeltaBase, level: CompressionLevel = .auto,
    isRepacked: Bool = false
  ) throws -> EncodedFrame? {
    guard base.bytes.count <= FrameHeader.prefixLengthMax else {
      throw PackingError.overLimit(
        what: "delta base", value: UInt64(base.bytes.count), limit: UInt64(FrameHeader.prefixLengthMax))
    }
    let lengths = chunks.map(\.bytes.count)
    guard !base.chunks.isEmpty, base.chunks.count <= FrameHeader.baseCountMax, level != .off else { return nil }
    return try unsafe withJoined(chunks) { bytes in
      // The bases' names are a part of the delta's price.
      let overhead = base.chunks.count * ChunkIDPrefix.byteCount + 1
      let lengthMax = bytes.count * 9 / 10 - overhead
      // Safety: libzstd refers to the prefix only during the call.
      let (search, zstdLevel): (ZstdCompressor.Search, Int32) =
        switch (base.kind, level) {
        case (.similar, _): (.short, 3)
        case (.earlierOfSeveral, .auto): (.thorough, 4)
        case (.earlier, .auto): (.usual, bytes.count <= Self.smallDeltaByteCountMax ? 4 : 1)
        default: (.usual, level.rawValue)
        }
      let delta = try unsafe base.bytes.withUnsafeBytes { prefix in
        try unsafe compressor.compress(
          bytes, prefix: prefix, search: search, level: zstdLevel, lengthMax: lengthMax)
      }
      guard let delta else { return nil }
      let price = delta.count + overhead
      if try unsafe isShortAlone(bytes, delta: price, isSimilarOnly: base.kind == .similar) { return nil }
      let header = try FrameHeader(
        kind: .chunks, codec: .zstdPrefix, isRepacked: isRepacked, rawLength: bytes.count, storedLength: delta.count,
        chunkLengths: lengths, bases: base.chunks)
      return assemble(header, payload: delta, ids: chunks.map(\.id))
    }
  }

  /// Whether a frame without the base is hardly longer than the delta: a ninth; of what is similar only, which at a higher
  /// level would become shorter too, and for which another file's frames must be decoded, two thirds.
  private func isShortAlone(
    _ bytes: UnsafeRawBufferPointer, delta price: Int, isSimilarOnly: Bool
  ) throws(PackingError) -> Bool {
    guard isSimilarOnly || price >= bytes.count / 4 else { return false }
    let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    let lengthMax = isSimilarOnly ? price * 5 / 3 : price * 10 / 9
    return try unsafe prober.compress(
      bytes, prefix: none, level: CompressionLevel.fastest.rawValue, lengthMax: lengthMax) != nil
  }

  /// Makes the frame that keeps a copy of a snapshot record in a pack.
  package func encodeRecord(_ snapshotRecord: [UInt8]) throws -> EncodedFrame {
    try unsafe snapshotRecord.withUnsafeBytes { bytes in
      try unsafe plain(bytes, kind: .snapshotRecord, isRepacked: false, lengths: [], ids: [], level: .auto)
    }
  }

  private func plain(
    _ bytes: UnsafeRawBufferPointer, kind: FrameKind, isRepacked: Bool, lengths: [Int], ids: [ChunkID],
    level: CompressionLevel
  ) throws -> EncodedFrame {
    guard bytes.count <= FrameHeader.rawLengthMax else {
      throw PackingError.overLimit(
        what: "frame raw length", value: UInt64(bytes.count), limit: UInt64(FrameHeader.rawLengthMax))
    }
    if level != .off, try unsafe seemsCompressible(bytes) {
      let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
      // What saves less than 1 % is not worth decoding.
      let lengthMax = bytes.count - 1 - bytes.count / 100
      if let payload = try unsafe compressor.compress(bytes, prefix: none, level: level.rawValue, lengthMax: lengthMax)
      {
        let header = try FrameHeader(
          kind: kind, codec: .zstd, isRepacked: isRepacked, rawLength: bytes.count, storedLength: payload.count,
          chunkLengths: lengths, bases: [])
        return assemble(header, payload: payload, ids: ids)
      }
    }
    let header = try FrameHeader(
      kind: kind, codec: .raw, isRepacked: isRepacked, rawLength: bytes.count, storedLength: bytes.count,
      chunkLengths: lengths, bases: [])
    var encoded = header.encoded { hasher.id(of: $0) }
    encoded.reserveCapacity(header.frameLength)
    unsafe encoded.append(contentsOf: bytes)
    return EncodedFrame(header: header, chunkIDs: ids, bytes: encoded)
  }

  private func assemble(_ header: FrameHeader, payload: ArraySlice<UInt8>, ids: [ChunkID]) -> EncodedFrame {
    var encoded = header.encoded { hasher.id(of: $0) }
    encoded.reserveCapacity(header.frameLength)
    encoded.append(contentsOf: payload)
    return EncodedFrame(header: header, chunkIDs: ids, bytes: encoded)
  }

  /// Compresses samples of what is long: pictures and archives do not shrink, and trying all of them is dear.
  private func seemsCompressible(_ bytes: UnsafeRawBufferPointer) throws(PackingError) -> Bool {
    let sample = 4096
    guard bytes.count >= 16 * sample else { return true }
    let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    for number in 0..<5 {
      let start = (bytes.count - sample) / 4 * number
      let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + sample])
      if try unsafe prober.compress(part, prefix: none, level: 1, lengthMax: sample * 31 / 32) != nil { return true }
    }
    return false
  }

  /// Lends the chunks' bytes on end, without copying when there is one chunk.
  private func withJoined<Result>(
    _ chunks: [(id: ChunkID, bytes: ArraySlice<UInt8>)], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    if chunks.count == 1 {
      return try unsafe chunks[0].bytes.withUnsafeBytes { try unsafe body($0) }
    }
    joined.removeAll(keepingCapacity: true)
    for chunk in chunks { joined.append(contentsOf: chunk.bytes) }
    return try unsafe joined.withUnsafeBytes { try unsafe body($0) }
  }
}

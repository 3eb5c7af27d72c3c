import SnapshotModel

/// Where the frames of one pack are and how long their chunks: a row's `layout`, decoded.
///
///     layout = checksum (4 bytes, FNV-1a 32 of the rest, little-endian)
///              chunk count · for each frame: gap before it · length · chunk count · length of each chunk
///
/// All but the checksum are LEB128 varints; the gap is counted from the end of the frame before (first: from 0).
/// See docs/format/index.md.
final class PackLayout: Sendable {
  let pack: PackID
  private let frameOffsets: [UInt64]
  private let frameLengths: [UInt32]
  /// Position in the pack of each frame's first chunk.
  private let firstChunks: [UInt32]
  private let chunkLengths: [UInt32]

  private var framesEnd: UInt64 {
    guard let offset = frameOffsets.last, let length = frameLengths.last else { return 0 }
    return offset + UInt64(length)
  }

  var chunkCount: Int { chunkLengths.count }
  /// Approximate bytes of memory.
  var cost: Int { 16 * frameOffsets.count + 4 * chunkLengths.count + 200 }

  /// - Parameter position: counts the chunks of the whole pack in the order of frames; `nil` beyond the last.
  func location(at position: Int) -> ChunkLocation? {
    guard chunkLengths.indices.contains(position) else { return nil }
    // The last frame whose first chunk is at or before the position; frames are never empty.
    var low = 0
    var high = firstChunks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(firstChunks[middle]) <= position { low = middle } else { high = middle }
    }
    return ChunkLocation(
      pack: pack, frameOffset: frameOffsets[low], frameLength: Int(frameLengths[low]), framesEnd: framesEnd,
      ordinal: position - Int(firstChunks[low]), length: Int(chunkLengths[position]))
  }

  /// - Throws: `IndexError.failed` when frames overlap or do not ascend, or a number is out of its range.
  static func encoded(_ pack: IndexedPack) throws(IndexError) -> [UInt8] {
    let frames = pack.frames
    var bytes: [UInt8] = []
    func append(_ value: UInt64) {
      var rest = value
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    append(UInt64(frames.reduce(0) { $0 + $1.chunks.count }))
    var end: UInt64 = 0
    for frame in frames where !frame.chunks.isEmpty {
      let (next, overflow) = frame.offset.addingReportingOverflow(UInt64(max(frame.length, 0)))
      guard frame.offset >= end, !overflow, next <= pack.byteCount, (0...Int(UInt32.max)).contains(frame.length),
        frame.chunks.allSatisfy({ (0...ChunkReference.lengthMax).contains($0.length) })
      else { throw .failed(code: 0, text: "pack \(pack.id.short) has impossible frames") }
      append(frame.offset - end)
      append(UInt64(frame.length))
      append(UInt64(frame.chunks.count))
      for chunk in frame.chunks { append(UInt64(chunk.length)) }
      end = next
    }
    let checksum = checksum(bytes[...])
    return (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) } + bytes
  }

  /// - Parameter byteCount: of the pack: no frame may end beyond it.
  init(decoding bytes: ArraySlice<UInt8>, pack: PackID, byteCount: UInt64) throws(IndexError) {
    self.pack = pack
    var rest = bytes.dropFirst(4)
    let damage = IndexError.damaged("the layout of pack \(pack.short)")
    let stored = bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard bytes.count > 4, stored == Self.checksum(rest) else { throw damage }
    func next(limit: UInt64) throws(IndexError) -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        guard shift < 56 else { break }
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 {
          guard value <= limit else { break }
          return value
        }
        shift += 7
      }
      throw damage
    }
    let count = Int(try next(limit: UInt64(rest.count)))
    var frameOffsets: [UInt64] = []
    var frameLengths: [UInt32] = []
    var firstChunks: [UInt32] = []
    var chunkLengths: [UInt32] = []
    chunkLengths.reserveCapacity(count)
    var end: UInt64 = 0
    while !rest.isEmpty {
      let offset = end + (try next(limit: byteCount - end))
      let length = try next(limit: min(byteCount - offset, UInt64(UInt32.max)))
      let chunks = try next(limit: UInt64(rest.count))
      guard chunks > 0 else { throw damage }
      frameOffsets.append(offset)
      frameLengths.append(UInt32(length))
      firstChunks.append(UInt32(chunkLengths.count))
      for _ in 0..<chunks { chunkLengths.append(UInt32(try next(limit: UInt64(ChunkReference.lengthMax)))) }
      end = offset + length
    }
    guard chunkLengths.count == count else { throw damage }
    self.frameOffsets = frameOffsets
    self.frameLengths = frameLengths
    self.firstChunks = firstChunks
    self.chunkLengths = chunkLengths
  }

  /// Against damaged pages, not against malice: FNV-1a, 32 bits.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}

import Sealing
import SnapshotModel

/// What a recovery scan has found so far.
struct PackScan {
  private(set) var frames: [PackDirectory.Frame] = []
  private(set) var damaged: [Range<UInt64>] = []

  /// 64 MiB of chunks decoded before are kept as bases for deltas to come.
  static let cacheByteCountMax = 64 << 20

  private var directoryOffset: UInt64?
  private let decoder = FrameDecoder()
  private let hasher: ChunkHasher
  private var cache: [ChunkIDPrefix: ArraySlice<UInt8>] = [:]
  private var cacheOrder: [ChunkIDPrefix] = []
  private var cacheByteCount = 0

  init(naming: ChunkNaming) { hasher = ChunkHasher(naming) }

  /// Joins neighbouring ranges.
  mutating func damage(_ range: Range<UInt64>) {
    if let last = damaged.last, last.upperBound == range.lowerBound {
      damaged[damaged.count - 1] = last.lowerBound..<range.upperBound
    } else {
      damaged.append(range)
    }
  }

  /// Remembers what may be the pack's directory: it is, if no frame follows.
  mutating func noteDirectory(at offset: UInt64) { directoryOffset = offset }

  /// Takes the directory, which is derived, out of the damage.
  mutating func finish(byteCount: UInt64) {
    guard let directoryOffset, let last = damaged.last, last.upperBound == byteCount else { return }
    damaged.removeLast()
    if last.lowerBound < directoryOffset { damaged.append(last.lowerBound..<directoryOffset) }
  }

  /// Takes the frame in if it decodes, else notes its range as damaged.
  mutating func add(
    _ header: FrameHeader, at offset: UInt64, payload: ArraySlice<UInt8>,
    base: (ChunkIDPrefix) throws -> ArraySlice<UInt8>?
  ) throws {
    let range = offset..<offset + UInt64(header.frameLength)
    directoryOffset = nil
    guard let prefix = try prefix(of: header, base: base),
      let raw = try? decoder.decode(header, payload: payload, prefix: prefix)
    else { return damage(range) }
    var ids: [ChunkID] = []
    for range in header.chunkRanges {
      let id = hasher.id(of: raw[range])
      ids.append(id)
      keep(raw[range], as: id.prefix)
    }
    frames.append(PackDirectory.Frame(offset: offset, header: header, chunkIDs: ids))
  }

  private func prefix(
    of header: FrameHeader, base: (ChunkIDPrefix) throws -> ArraySlice<UInt8>?
  ) throws -> ArraySlice<UInt8>? {
    var prefix: [UInt8] = []
    for name in header.bases {
      guard let bytes = try cache[name] ?? base(name),
        prefix.count + bytes.count <= FrameHeader.prefixLengthMax
      else { return nil }
      prefix.append(contentsOf: bytes)
    }
    return prefix[...]
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>, as name: ChunkIDPrefix) {
    guard cache.updateValue(bytes, forKey: name) == nil else { return }
    cacheOrder.append(name)
    cacheByteCount += bytes.count
    while cacheByteCount > Self.cacheByteCountMax, cacheOrder.count > 1 {
      cacheByteCount -= cache.removeValue(forKey: cacheOrder.removeFirst())?.count ?? 0
    }
  }
}

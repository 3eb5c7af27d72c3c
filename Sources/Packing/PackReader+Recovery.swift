import Sealing
import SnapshotModel

extension PackReader {
  /// Finds the frames of a pack whose directory is lost, by walking from header to header.
  ///
  /// Needs neither the pack's header nor its trailer. Ids are the hashes of what decodes; the bases of deltas come from
  /// the frames before, or from `base`.
  ///
  /// - Parameters:
  ///   - naming: how the repository's chunks get their ids.
  ///   - base: the bytes of a chunk that another pack holds; `nil` when it is not known, which damages that frame only.
  /// - Returns: the frames that decode, and the ranges that belong to none of them; a range that holds only the
  ///   directory and the trailer is not damage.
  /// - Throws: only what `source` and `base` throw.
  /// - Complexity: reads the pack once, but for bases; holds one frame, its bases and `PackScan.cacheByteCountMax`.
  package static func scan(
    _ source: some PackSource, repository: RepositoryID, pack: PackID, naming: ChunkNaming,
    base: (ChunkIDPrefix) throws -> ArraySlice<UInt8>? = { _ in nil }
  ) throws -> (directory: PackDirectory, damaged: [Range<UInt64>]) {
    let size = try source.byteCount
    var scan = PackScan(naming: naming)
    var offset: UInt64 = 0
    let head = try source.read(0..<min(size, UInt64(PackFormat.headerLength)))
    if (try? PackFormat.checkHeader(head[...], repository: repository, pack: pack)) != nil {
      offset = UInt64(PackFormat.headerLength)
    }
    var window = ScanWindow(byteCount: size)
    while offset < size {
      let bytes = try window.bytes(at: offset, count: FrameHeader.headerLengthMax, from: source)
      if let header = try? FrameHeader(decoding: bytes), UInt64(header.frameLength) <= size - offset {
        let payload = try window.bytes(
          at: offset + UInt64(header.headerLength), count: header.storedLength, from: source)
        try scan.add(header, at: offset, payload: payload, base: base)
        offset += UInt64(header.frameLength)
      } else {
        if bytes.starts(with: PackDirectoryCoder.magic) { scan.noteDirectory(at: offset) }
        let next = nextMagic(in: bytes.dropFirst()) ?? max(offset + 1, offset + UInt64(max(bytes.count - 3, 0)))
        scan.damage(offset..<min(next, size))
        offset = next
      }
      func nextMagic(in bytes: ArraySlice<UInt8>) -> UInt64? {
        guard bytes.count >= 4 else { return nil }
        for at in bytes.startIndex...(bytes.endIndex - 4) where bytes[at] == FrameHeader.magic[0] {
          let four = bytes[at..<at + 4]
          if four == FrameHeader.magic[...] || four == PackDirectoryCoder.magic[...] {
            return offset + UInt64(1 + at - bytes.startIndex)
          }
        }
        return nil
      }
    }
    scan.finish(byteCount: size)
    return (PackDirectory(pack: pack, byteCount: try source.storedByteCount, frames: scan.frames), scan.damaged)
  }
}

/// The part of a pack that a scan looks at, read in large pieces.
private struct ScanWindow {
  let byteCount: UInt64
  private var start: UInt64 = 0
  private var bytes: [UInt8] = []
  static let readByteCount: UInt64 = 1 << 20

  init(byteCount: UInt64) { self.byteCount = byteCount }

  /// - Returns: `count` bytes, or fewer at the end of the pack.
  mutating func bytes(at offset: UInt64, count: Int, from source: some PackSource) throws -> ArraySlice<UInt8> {
    let end = min(byteCount, offset + UInt64(count))
    if offset < start || end > start + UInt64(bytes.count) {
      bytes = try source.read(offset..<min(byteCount, max(end, offset + Self.readByteCount)))
      start = offset
    }
    let from = min(Int(offset - start), bytes.count)
    return bytes[from..<min(from + Int(end - offset), bytes.count)]
  }
}

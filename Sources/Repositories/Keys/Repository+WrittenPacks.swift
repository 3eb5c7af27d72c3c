import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// Packs of clients that can only save: nobody vouches for what such a pack says of itself, so what it holds is decoded
/// and named anew before anything is based on it. Else a hostile one could store wrong bytes under the name of a chunk that others have.
extension Repository {
  /// The pack with those frames only that hold what they say; as it is, where somebody with the keys made it.
  ///
  /// Copies of records in it count for nothing, and neither do frames that stand on others.
  ///
  /// - Parameter trustsIndex: whether frames that the index has are taken for looked at.
  /// - Complexity: reads, decodes and hashes the whole pack, unless the index has it.
  func vouched(_ directory: PackDirectory, trustsIndex: Bool = true) throws -> PackDirectory {
    guard try store.isWritten(.pack(directory.pack)) else { return directory }
    let frames = directory.frames.filter { $0.header.kind == .chunks && $0.header.bases.isEmpty }
    var sound: [PackDirectory.Frame]
    if trustsIndex, try index.packIDs()[directory.pack] != nil {
      sound = try index.withLookups { lookup in
        try frames.filter { try Self.isIndexed($0, of: directory.pack, &lookup) }
      }
    } else {
      let checker = WrittenFrameChecker(naming)
      sound = try frames.filter { frame in
        do {
          return checker.holds(frame, try store.read(.pack(directory.pack), range: frame.range))
        } catch is PackingError {
          return false  // What does not open is damage, which verify tells of.
        }
      }
      if sound.count < frames.count {
        events.warn(
          "pack \(directory.pack.short)… of a key that can only save has \(counted(frames.count - sound.count, "frame")) that does not hold what it says; left out"
        )
      }
    }
    return PackDirectory(pack: directory.pack, byteCount: directory.byteCount, frames: sound)
  }

  private static func isIndexed(
    _ frame: PackDirectory.Frame, of pack: PackID, _ lookup: inout ChunkLookup
  ) throws -> Bool {
    for (ordinal, id) in frame.chunkIDs.enumerated() {
      let isThere = try lookup.locateAll(id).contains {
        $0.pack == pack && $0.frameOffset == frame.offset && $0.ordinal == ordinal
      }
      if !isThere { return false }
    }
    return true
  }
}

/// Decodes frames of packs that nobody vouches for. Not for use by several threads at once.
struct WrittenFrameChecker {
  private let decoder = FrameDecoder()
  private let hasher: ChunkHasher

  init(_ naming: ChunkNaming) { hasher = ChunkHasher(naming) }

  /// Whether the bytes at the frame's place are its chunks.
  func holds(_ frame: PackDirectory.Frame, _ bytes: [UInt8]) -> Bool {
    guard let header = try? FrameHeader(decoding: bytes[...]), header == frame.header,
      bytes.count == header.frameLength,
      let raw = try? decoder.decode(header, payload: bytes[header.headerLength...])
    else { return false }
    var rest = raw[...]
    for chunk in frame.chunks {
      guard rest.count >= chunk.length, hasher.id(of: rest.prefix(chunk.length)) == chunk.id else { return false }
      rest = rest.dropFirst(chunk.length)
    }
    return rest.isEmpty
  }
}

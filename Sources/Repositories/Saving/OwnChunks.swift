import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// The chunks of the last version that a client which cannot read has saved: while that version exists, they need not be stored again.
///
/// It may have moved to other packs meanwhile, encoded anew and under other keys; that it exists says that all of it does
/// (docs/format/protocol.md#clients-that-cannot-read).
struct OwnChunks {
  /// The last version; without one, or where it is gone, nothing is known.
  private let version: SnapshotID?
  private let known: Set<ChunkID>
  /// Whether the new version relies on the last one.
  private var isReliedOn = false
  /// What the manifest of the new version names: neither more, for only that is kept with the version, nor less.
  private var named: Set<ChunkID> = []
  /// The chunks of contents whose lists are stored, until the manifest names them.
  private var listed: [[ChunkReference]: [ChunkReference]] = [:]

  private static let key = "own chunks"

  /// - Parameter repository: opened with a key that can only save.
  init(_ repository: Repository) throws {
    // Where it cannot be read everything is stored anew, as on a new machine.
    if let bytes = try? repository.index.cachedValue(Self.key), let (version, chunks) = Self.decode(bytes),
      try repository.store.exists(.snapshot(version))
    {
      (self.version, known) = (version, chunks)
    } else {
      (version, known) = (nil, [])
    }
  }

  /// Knows nothing.
  init() { (version, known) = (nil, []) }

  mutating func isKnown(_ id: ChunkID) -> Bool {
    let isKnown = known.contains(id)
    if isKnown { isReliedOn = true }
    return isKnown
  }

  /// Notes that a content's chunks stand in these lists.
  mutating func note(_ chunks: [ChunkReference], in lists: [ChunkReference]) { listed[lists] = chunks }

  /// Notes that the manifest names a content.
  mutating func name(_ content: FileContent) {
    switch content {
    case .inline(let chunks): name(chunks)
    case .indirect(let lists):
      name(lists)
      name(listed[lists] ?? [])
    }
  }

  mutating func name(_ chunks: [ChunkReference]) { for chunk in chunks { named.insert(chunk.id) } }

  /// Whether the version that the new one relies on is there still.
  func isThere(in repository: Repository) throws -> Bool {
    guard let version, isReliedOn else { return true }
    return try repository.store.exists(.snapshot(version))
  }

  /// Remembers the new version, once it is committed.
  func remember(_ version: SnapshotID, in repository: Repository) throws {
    try repository.index.setCachedValue(Self.key, Self.encode(version, named))
  }

  /// Version id, 16 bytes · chunk ids, ascending, 32 bytes each · SHA-256 of all before.
  private static func encode(_ version: SnapshotID, _ chunks: Set<ChunkID>) -> [UInt8] {
    var bytes = version.bytes
    bytes.reserveCapacity((chunks.count + 2) * ChunkID.byteCount)
    for chunk in chunks.sorted() { bytes += chunk.bytes }
    return bytes + sha256(bytes)
  }

  private static func decode(_ bytes: [UInt8]) -> (SnapshotID, Set<ChunkID>)? {
    let body = bytes.dropLast(32)
    guard bytes.count >= 32 + SnapshotID.byteCount, sha256(Array(body))[...] == bytes.suffix(32),
      let version = SnapshotID(bytes: body.prefix(SnapshotID.byteCount))
    else { return nil }
    var reader = ByteReader(body.dropFirst(SnapshotID.byteCount), what: "own chunks")
    var chunks: Set<ChunkID> = []
    chunks.reserveCapacity(reader.rest.count / ChunkID.byteCount)
    while !reader.isAtEnd {
      guard let bytes = try? reader.bytes(ChunkID.byteCount), let chunk = ChunkID(bytes: bytes) else { return nil }
      chunks.insert(chunk)
    }
    return (version, chunks)
  }
}

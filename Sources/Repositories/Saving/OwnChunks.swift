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
  /// The record of the last version; without one, or where it is gone, nothing is known.
  private let version: StoredRecord?
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
      try version.isThere(in: repository)
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
    return try version.isThere(in: repository)
  }

  /// Remembers the new version, once it is committed.
  func remember(_ version: SnapshotID, in repository: Repository) throws {
    let record = StoredRecord(id: version, hash: sha256(try repository.store.stored.read(.snapshot(version))))
    try repository.index.setCachedValue(Self.key, Self.encode(record, named))
  }

  /// A version's record as it lies in the store: who cannot open it can still tell it from another that somebody put in
  /// its place.
  private struct StoredRecord {
    var id: SnapshotID
    /// SHA-256 of the sealed bytes.
    var hash: [UInt8]

    func isThere(in repository: Repository) throws -> Bool {
      do {
        return sha256(try repository.store.stored.read(.snapshot(id))) == hash
      } catch ObjectStoreError.missing {
        return false
      }
    }
  }

  /// Version id, 16 bytes · SHA-256 of its sealed record · chunk ids, ascending, 32 bytes each · SHA-256 of all before.
  private static func encode(_ version: StoredRecord, _ chunks: Set<ChunkID>) -> [UInt8] {
    var bytes = version.id.bytes + version.hash
    bytes.reserveCapacity((chunks.count + 2) * ChunkID.byteCount)
    for chunk in chunks.sorted() { bytes += chunk.bytes }
    return bytes + sha256(bytes)
  }

  private static func decode(_ bytes: [UInt8]) -> (StoredRecord, Set<ChunkID>)? {
    let body = bytes.dropLast(32)
    guard bytes.count >= 64 + SnapshotID.byteCount, sha256(Array(body))[...] == bytes.suffix(32),
      let id = SnapshotID(bytes: body.prefix(SnapshotID.byteCount))
    else { return nil }
    var reader = ByteReader(body.dropFirst(SnapshotID.byteCount), what: "own chunks")
    guard let hash = try? reader.bytes(32) else { return nil }
    let version = StoredRecord(id: id, hash: Array(hash))
    var chunks: Set<ChunkID> = []
    chunks.reserveCapacity(reader.rest.count / ChunkID.byteCount)
    while !reader.isAtEnd {
      guard let bytes = try? reader.bytes(ChunkID.byteCount), let chunk = ChunkID(bytes: bytes) else { return nil }
      chunks.insert(chunk)
    }
    return (version, chunks)
  }
}

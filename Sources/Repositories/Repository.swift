import Chunking
import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization

/// A repository on disk, open for reading and, where permitted, writing.
///
/// The objects in its store are the truth; the index is derived from them and brought up to date on opening.
package final class Repository: Sendable {
  /// Absolute path of the repository's folder.
  package let folder: String
  package let id: RepositoryID
  package let created: Timestamp
  package let config: RepositoryConfig
  package let events: any RepositoryEvents

  let store: RepositoryStore
  let index: RepositoryIndex
  /// Packs that stand in a tomb, as of the last look.
  let condemned = Mutex<Set<PackID>>([])
  /// Whether the index was compared with the packs.
  private let hasLookedAtIndex = Mutex(false)
  /// Records that were left out of a listing, since they do not decode and have no copy.
  let unreadableRecords = Mutex<Set<SnapshotID>>([])
  /// Where chunks stand in frames that the index leaves out; `nil` until somebody asks.
  let leftOutPlaces = Mutex<[ChunkID: [ChunkLocation]]?>(nil)
  private let sharedReader = Mutex<ChunkReader?>(nil)

  init(
    folder: String, store: RepositoryStore, index: RepositoryIndex, config: RepositoryConfig,
    events: any RepositoryEvents
  ) {
    self.folder = folder
    self.store = store
    self.index = index
    self.config = config
    self.events = OncePerMessage(events)
    id = config.id
    created = config.created
  }

  /// The folder that archive paths are relative to; `nil` when the repository does not lie in its project as `.snap`.
  package var projectRoot: String? {
    guard folder.hasSuffix("/" + Self.folderName) else { return nil }
    let root = folder.dropLast(Self.folderName.count + 1)
    return root.isEmpty ? "/" : String(root)
  }

  /// Writes the index's log back, so that no file of it stays behind; the repository must not be used any more.
  package func close() { index.close() }

  /// Whether nothing can be saved: the disk, or the index's file, may only be read.
  package var isReadOnly: Bool {
    // The index of an encrypted one lies elsewhere.
    isEncrypted ? unsafe access(folder, W_OK) != 0 : index.isReadOnly
  }

  /// The machine that this process runs on.
  package var machine: any Machine { store.machine }
  /// How chunks are named here.
  package var naming: ChunkNaming { store.keys?.chunkNaming ?? .sha256 }
  /// Threads that hash, encode and decode: as many as the machine has use for.
  func makeWorkerPool() throws -> WorkerPool { try WorkerPool(naming: naming, threadCount: machine.workerCount) }
  /// Whether it was opened with a key that can only save: then it shows nothing of what is in it.
  package var isWriteOnly: Bool { writerKey != nil }
  var writerKey: WriterKey? { store.keys?.writer }
  /// Whether what is stored can only be read with a key.
  package var isEncrypted: Bool { store.keys != nil }

  /// What a repository is called inside its project.
  package static let folderName = ".snap"

  /// Reads chunks; shared, so that what one caller decoded serves the next.
  package func reader() -> ChunkReader {
    sharedReader.withLock { shared in
      if let shared { return shared }
      let reader = makeReader()
      shared = reader
      return reader
    }
  }

  /// A reader of its own, for who needs more memory than others.
  func makeReader(cacheBytes: Int = ChunkReader.cacheBytesDefault) -> ChunkReader {
    ChunkReader(
      index: index, store: store, naming: naming, cacheBytes: cacheBytes,
      refresh: { [weak self] in
        guard let self else { return [] }
        let listed = Set(try packNames())
        try adoptPacks()
        return listed
      },
      mend: { [weak self] in try self?.mendIndexOnce() ?? false },
      leftOut: { [weak self] in try self?.placesLeftOut()[$0] ?? [] })
  }

  /// The first time `mendIndex`; afterwards whatever is missing is missing.
  private func mendIndexOnce() throws -> Bool {
    let isFirst = hasLookedAtIndex.withLock { hasLooked in
      defer { hasLooked = true }
      return !hasLooked
    }
    return try isFirst && mendIndex()
  }

  package func manifest(of snapshot: Snapshot) throws -> Manifest {
    do {
      return try Manifest(snapshot.manifest, reader: reader())
    } catch let fault as ChunkFault {
      throw SnapFault(
        .damage, "the manifest of \(snapshot.version) cannot be read: \(fault)", hint: "snap verify")
    }
  }

  /// The chunker that this repository's chunks are cut with.
  ///
  /// - Throws: `SnapFault` `.damage` for lengths that no chunker can have.
  package func chunker() throws -> Chunker {
    let lengths = config.chunkLengths
    guard
      let parameters = ChunkerParameters(
        minimum: lengths.minimum, average: lengths.average, maximum: lengths.maximum, longFrom: lengths.longFrom)
    else { throw SnapFault(.damage, "the configuration of \(folder) asks for impossible chunk lengths") }
    return store.keys.map { Chunker(parameters: parameters, gearWords: $0.gearWords) }
      ?? Chunker(parameters: parameters)
  }

  /// The packs that the index knows and that no collector has condemned.
  func usablePacks() throws -> Set<PackID> {
    let condemned = condemned.withLock { $0 }
    return Set(try index.packIDs().keys).subtracting(condemned)
  }

  var hasCondemnedPacks: Bool { condemned.withLock { !$0.isEmpty } }

  func isUsable(_ pack: PackID) throws -> Bool {
    try !condemned.withLock { $0.contains(pack) } && store.exists(.pack(pack))
  }
}

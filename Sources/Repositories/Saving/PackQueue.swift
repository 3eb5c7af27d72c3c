import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization

/// Fills packs with frames and stores them durably while the next one fills.
struct PackQueue {
  /// About the size of a pack: large enough that listing packs is cheap, small enough to rewrite.
  static let packBytesTarget = 32 << 20

  /// The last frame may pass the target, and the directory follows.
  private static let packCapacity = packBytesTarget + (4 << 20)

  private let repository: RepositoryID
  private let store: RepositoryStore
  /// Frames are counted and dropped.
  private let isDryRun: Bool
  private let pool: WorkerPool
  private var writer: PackWriter?
  private var storing: PoolResult<PackDirectory>?
  private var stored: [PackDirectory] = []

  /// Bytes of the frames that were appended.
  private(set) var frameBytes = 0

  init(repository: RepositoryID, store: RepositoryStore, isDryRun: Bool = false, pool: WorkerPool) {
    self.repository = repository
    self.store = store
    self.isDryRun = isDryRun
    self.pool = pool
  }

  mutating func append(_ frame: EncodedFrame) throws {
    var current =
      writer.take()
      ?? PackWriter(repository: repository, pack: store.machine.newID(), capacity: Self.packCapacity)
    current.append(frame)
    frameBytes += frame.bytes.count
    let isFull = current.byteCount >= Self.packBytesTarget
    writer = consume current
    if isFull { try closePack() }
  }

  /// Packs that have become durable since the last call.
  mutating func takeStored() -> [PackDirectory] {
    defer { stored = [] }
    return stored
  }

  /// Closes the pack that is being filled and waits until all are durable.
  mutating func finish() throws {
    try closePack()
    try awaitStoring()
  }

  private mutating func closePack() throws {
    guard let full = writer.take(), !isDryRun else { return }
    try awaitStoring()
    let (repository, store) = (repository, store)
    let handOver = HandOver(consume full)
    storing = pool.submit { _ in try Self.storePack(handOver.finish(), repository: repository, in: store) }
  }

  private mutating func awaitStoring() throws {
    guard let result = storing.take() else { return }
    stored.append(try result.get())
  }

  /// Stores a pack; when the file system could not make it durable, once more under another name.
  ///
  /// A file whose fsync failed is never synchronized again: the kernel reports such an error once and then forgets it
  /// (https://wiki.postgresql.org/wiki/Fsync_Errors).
  private static func storePack(
    _ pack: FinishedPack, repository: RepositoryID, in store: RepositoryStore
  ) throws -> PackDirectory {
    do {
      try store.create(.pack(pack.id), pack.bytes)
      return pack.directory(in: store)
    } catch ObjectStoreError.notDurable {
      var copy = PackWriter(repository: repository, pack: store.machine.newID())
      for frame in pack.directory.frames {
        let bytes = pack.bytes[Int(frame.range.lowerBound)..<Int(frame.range.upperBound)]
        copy.append(EncodedFrame(header: frame.header, chunkIDs: frame.chunkIDs, bytes: Array(bytes)))
      }
      let again = copy.finish()
      try store.create(.pack(again.id), again.bytes)
      return again.directory(in: store)
    }
  }
}

/// Carries a full pack to the thread that stores it, so that it is finished where it lies:
/// captured by value it would be copied.
private final class HandOver: Sendable {
  private let writer: Mutex<PackWriter>

  init(_ writer: consuming PackWriter) { self.writer = Mutex(writer) }

  func finish() -> FinishedPack { writer.withLock { $0.finish() } }
}

extension FinishedPack {
  /// What it holds, and what it takes in the store.
  func directory(in store: RepositoryStore) -> PackDirectory {
    var directory = directory
    directory.byteCount = store.storedByteCount(ofContent: directory.byteCount)
    return directory
  }
}

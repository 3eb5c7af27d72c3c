import ObjectStores
import Packing
import SnapshotModel

/// The packs that re-encoding fills: stored, or in a dry run made and dropped, so that their sizes are foretold to the byte.
struct RepackedPacks {
  private let repository: RepositoryID
  private let store: RepositoryStore
  /// `nil` in a dry run.
  private var queue: PackQueue?
  private var writer: PackWriter?
  private var foretold: [PackDirectory] = []

  init(_ repository: Repository, isDryRun: Bool, pool: WorkerPool) {
    self.repository = repository.id
    store = repository.store
    queue = isDryRun ? nil : PackQueue(repository: repository.id, store: repository.store, pool: pool)
  }

  mutating func append(_ frame: EncodedFrame) throws {
    guard queue == nil else {
      try queue?.append(frame)
      return
    }
    var current = writer.take() ?? PackWriter(repository: repository, pack: store.machine.newID())
    current.append(frame)
    let isFull = current.byteCount >= PackQueue.packBytesTarget
    writer = consume current
    if isFull { closePack() }
  }

  /// What the packs hold, once they are durable.
  mutating func finish() throws -> [PackDirectory] {
    try queue?.finish()
    closePack()
    return queue?.takeStored() ?? foretold
  }

  private mutating func closePack() {
    guard var full = writer.take() else { return }
    foretold.append(full.finish().directory(in: store))
  }
}

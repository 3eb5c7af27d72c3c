import Indexing
import ObjectStores
import SnapshotModel

extension Repository {
  /// Whether a chunk comes out of a pack whole.
  func canRead(_ id: ChunkID, in pack: PackID) -> Bool {
    // Why it does not is for the verifier to tell.
    (try? reader().bytes(of: id, in: pack)) != nil
  }

  /// Runs what frees space; when even that finds the disk full, gives up the reserve and runs it again, and then the
  /// index's file, which is derived.
  func withReserve<R>(_ body: () throws -> R) throws -> R {
    var sources = [{ try SpaceReserve(self.store.stored).release() }, { try self.index.discardFile() }]
    while true {
      do {
        let result = try body()
        if sources.count < 2 { keepReserve() }
        return result
      } catch {
        guard meansFullDisk(error) else { throw error }
        var freed: UInt64 = 0
        while freed == 0, !sources.isEmpty { freed = try sources.removeFirst()() }
        guard freed > 0 else {
          throw SnapFault(
            .noSpace, "cannot free space: 0 bytes and no reserve", hint: "make some room on the disk, then try again",
            path: folder)
        }
      }
    }
  }

  /// Keeps some space for `withReserve`, as far as there is any.
  func keepReserve() {
    // A disk without room for it says so to the next save; a reserve is a help, not a promise.
    _ = try? SpaceReserve(store.stored).make(storeByteCount: index.packIDs().values.reduce(0, +))
  }
}

func meansFullDisk(_ error: any Error) -> Bool {
  switch error {
  case ObjectStoreError.noSpace, ObjectStoreError.quota, IndexError.noSpace: true
  case let fault as SnapFault: fault.code == .noSpace
  default: false
  }
}

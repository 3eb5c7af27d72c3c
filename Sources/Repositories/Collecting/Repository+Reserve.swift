import Indexing
import ObjectStores
import SnapshotModel

extension Repository {
  /// Whether a chunk comes out of a pack whole.
  func canRead(_ id: ChunkID, in pack: PackID) -> Bool {
    // Why it does not is for the verifier to tell.
    (try? reader().bytes(of: id, in: pack)) != nil
  }

  /// Runs what frees space; when even that finds the disk full, gives up the reserve and runs it once more.
  func withReserve<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch ObjectStoreError.noSpace {
      guard try SpaceReserve(store).release() > 0 else {
        throw SnapFault(.noSpace, "cannot free space: 0 bytes and no reserve", path: folder)
      }
      return try body()
    }
  }

  /// Keeps some space for `withReserve`, as far as there is any.
  func keepReserve() {
    // A disk without room for it says so to the next save; a reserve is a help, not a promise.
    _ = try? SpaceReserve(store).make(storeByteCount: index.packIDs().values.reduce(0, +))
  }
}

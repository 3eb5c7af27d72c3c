import Glibc
import SnapshotModel

/// The file `reserve`: space that forgetting and collecting give themselves when the disk is full.
///
/// A 256th of the packs, 256 KiB at most, 256 KiB more on XFS, and none in stores below 4 MiB: see docs/decisions/space-reserve.md.
package final class SpaceReserve: Sendable {
  package static let byteCountMax: UInt64 = 256 << 10
  /// Below this there is none: less would not hold one tomb, one record and the index's log.
  package static let byteCountMin: UInt64 = 16 << 10
  /// XFS makes no file with less than some 200 KiB free, however short the file.
  package static let byteCountOnXFS: UInt64 = 256 << 10
  static let fileName = "reserve"

  private let store: LocalObjectStore

  package init(_ store: LocalObjectStore) { self.store = store }

  /// How large the reserve of a store is whose packs take `storeByteCount`; 0 for none.
  package static func byteCount(storeByteCount: UInt64, on fileSystem: FileSystemType) -> UInt64 {
    let share = min(storeByteCount / 256 / 4096 * 4096, byteCountMax)
    return share < byteCountMin ? 0 : share + (fileSystem == .xfs ? byteCountOnXFS : 0)
  }

  /// Makes the reserve, or makes it larger; leaves one that is large enough.
  ///
  /// - Returns: whether there is one of the right size now;
  ///   `false` also when there is no space for it, which is no error.
  @discardableResult
  package func make(storeByteCount: UInt64) throws -> Bool {
    guard Self.byteCount(storeByteCount: storeByteCount, on: .xfs) > 0 else { return false }
    let known = try byteCount()
    let temporary = store.temporaryNames.next()
    do throws(ObjectStoreError) {
      return try store.perform(.write, path: Self.fileName) { (root) throws(SystemCallFailure) in
        let wanted = Self.byteCount(
          storeByteCount: storeByteCount, on: store.operations.fileSystemType(of: root))
        guard known < wanted else { return true }
        do throws(SystemCallFailure) {
          let file = try store.createTemporary(temporary, in: root)
          try store.operations.allocate(wanted, in: file)
          try store.operations.rename(temporary, to: Self.fileName, in: root)
        } catch {
          try? store.operations.unlink(temporary, in: root)
          throw error
        }
        return true
      }
    } catch {
      switch error {
      case .noSpace, .quota, .missing: return false
      // A file system that cannot set space aside cannot have a reserve.
      case .inputOutput(_, _, EOPNOTSUPP), .inputOutput(_, _, EINVAL): return false
      default: throw error
      }
    }
  }

  /// Gives the space back to the file system: the caller tries again what failed, and calls `make` when it is done.
  ///
  /// - Returns: bytes freed; 0 when there was no reserve.
  package func release() throws -> UInt64 {
    let freed = try byteCount()
    guard freed > 0 else { return 0 }
    try store.perform(.delete, path: Self.fileName) { (root) throws(SystemCallFailure) in
      do throws(SystemCallFailure) {
        try store.operations.unlink(Self.fileName, in: root)
      } catch {
        guard error.errorNumber == ENOENT else { throw error }
      }
    }
    return freed
  }

  /// What the reserve takes now; 0 when there is none.
  package func byteCount() throws -> UInt64 {
    try store.perform(.read, path: Self.fileName) { (root) throws(SystemCallFailure) in
      do throws(SystemCallFailure) {
        return try store.operations.status(Self.fileName, in: root).byteCount
      } catch {
        guard error.errorNumber == ENOENT else { throw error }
        return 0
      }
    }
  }
}

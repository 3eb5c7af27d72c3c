import CLinux
import Glibc
import ObjectStores
import SnapshotModel

/// Reads of a walked item what a save records beside its status.
package enum EntryCapture {
  /// Opens a regular file for reading, or a folder; a symbolic link fails with ELOOP.
  ///
  /// The access time is spared where that is permitted (to the owner). The file may no longer be what was walked:
  /// compare `FileStatus(descriptor:)`.
  package static func open(_ item: WalkedItem) throws(SystemError) -> OwnedDescriptor {
    do throws(SystemError) {
      return try item.directory.openItem(item.name, flags: linux_O_NOATIME)
    } catch {
      guard error.errno == EPERM else { throw error }
      return try item.directory.openItem(item.name)
    }
  }

  /// Up to `countMax` bytes from `offset`, or from where the descriptor stands; fewer only when the file ends before, or when they are enough.
  static func read(
    _ descriptor: Int32, countMax: Int, enough: Int? = nil, at offset: UInt64? = nil
  ) throws(SystemError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: countMax) { buffer, filled in
      while filled < countMax {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let more =
          if let offset {
            unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
          } else {
            unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
          }
        if more < 0, errno == EINTR { continue }
        if more < 0 { failure = errno }
        guard more > 0 else { return }
        filled += more
        if let enough, filled >= enough { return }
      }
    }
    guard failure == 0 else { throw SystemError(errno: failure, operation: "read") }
    return bytes
  }

  /// Mode, owner, time and extended attributes.
  ///
  /// - Parameter descriptor: of the item, where it is open: asked for its attributes in a tenth of the time.
  package static func metadata(
    _ item: WalkedItem, _ descriptor: Int32? = nil, owners: OwnerNames
  ) throws(SystemError) -> FileMetadata {
    FileMetadata(
      mode: item.status.mode, owner: owners.owner(userID: item.status.userID, groupID: item.status.groupID),
      modified: item.status.modified, extendedAttributes: try extendedAttributes(item, descriptor))
  }

  /// Where a symbolic link points, as it is stored.
  package static func linkTarget(_ item: WalkedItem) throws(SystemError) -> [UInt8] {
    let folder = try item.directory.open()
    let name = item.name + [0]
    var target = [UInt8](repeating: 0, count: max(Int(item.status.size) + 1, 256))
    while true {
      let count = unsafe name.withUnsafeBytes { name in
        unsafe target.withUnsafeMutableBytes { target in
          // Both arrays outlive the call; the name ends in NUL.
          unsafe readlinkat(
            folder.number, name.baseAddress!.assumingMemoryBound(to: CChar.self),
            target.baseAddress!.assumingMemoryBound(to: CChar.self), target.count)
        }
      }
      guard count >= 0 else { throw SystemError("read link") }
      if count < target.count { return Array(target[..<count]) }
      target = [UInt8](repeating: 0, count: target.count * 4)
    }
  }

  /// Where a sparse file has data.
  ///
  /// - Parameter descriptor: open for reading; its position is 0 afterwards.
  /// - Returns: in ascending order, not touching, none past the size; `nil` for a file without holes, or where the file
  ///   system does not tell.
  package static func dataExtents(_ descriptor: Int32, status: FileStatus) throws(SystemError) -> [DataExtent]? {
    guard status.mayHaveHoles else { return nil }
    defer { lseek(descriptor, 0, SEEK_SET) }
    var extents: [DataExtent] = []
    var at: UInt64 = 0
    while at < status.size {
      let start = lseek(descriptor, off_t(at), linux_SEEK_DATA)
      if start < 0 {
        if errno == ENXIO { break }
        if errno == EINVAL || errno == EOPNOTSUPP { return nil }
        throw SystemError("find data")
      }
      guard UInt64(start) < status.size else { break }
      let hole = lseek(descriptor, start, linux_SEEK_HOLE)
      if hole < 0, errno == ENXIO { break }
      guard hole > start else { throw SystemError("find data") }
      let end = min(UInt64(hole), status.size)
      if let last = extents.last, last.offset + last.length == UInt64(start) {
        extents[extents.count - 1].length += end - UInt64(start)
      } else {
        extents.append(DataExtent(offset: UInt64(start), length: end - UInt64(start)))
      }
      at = end
    }
    return extents == [DataExtent(offset: 0, length: status.size)] ? nil : extents
  }
}

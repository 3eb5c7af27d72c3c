import Glibc
import SnapshotModel

extension LocalObjectStore {
  package func list(_ folder: ObjectFolder) throws -> [ObjectName] {
    let paths = folder == .packs ? try packFolders() : [folder.name]
    var listed: [ObjectName] = []
    for path in paths {
      // A pack counts only where `ObjectName.path` would look for it.
      let found = try names(in: path).sorted().compactMap { ObjectName(folder: folder, fileName: $0) }
      listed += found.filter { $0.parentPath == path }
    }
    return listed
  }

  /// The modification times (in ns) of the folder and, for packs, of every two-digit folder, hashed to one value.
  ///
  /// 0 unless all of them are two seconds old, for a change in the same tick of the clock would not show; and on file
  /// systems that do not keep precise times.
  package func changeStamp(_ folder: ObjectFolder) throws -> UInt64 {
    let paths = [folder.name] + (folder == .packs ? try packFolders() : [])
    let now = machine.now().seconds
    return try perform(.list, path: folder.name) { (root) throws(SystemCallFailure) in
      guard operations.fileSystemType(of: root).keepsPreciseTimes else { return 0 }
      var stamp: UInt64 = 0xCBF2_9CE4_8422_2325
      for path in paths {
        let status: ObjectStatus
        do throws(SystemCallFailure) {
          status = try operations.status(path, in: root)
        } catch {
          guard error.errorNumber == ENOENT else { throw error }
          return 0
        }
        guard status.modifiedSeconds + Self.stampAgeSeconds <= now else { return 0 }
        // FNV-1a over the name and the time.
        let fields = [UInt64(bitPattern: status.modifiedSeconds), UInt64(status.modifiedNanoseconds)]
        for value in path.utf8.map(UInt64.init) + fields { stamp = (stamp ^ value) &* 0x100_0000_01B3 }
      }
      return max(stamp, 1)
    }
  }

  /// The clock's coarsest tick where times are precise is one second (small ext4 inodes); one more for rounding.
  private static let stampAgeSeconds: Int64 = 2

  /// `packs/00` and so on, in ascending order, as far as they exist.
  func packFolders() throws(ObjectStoreError) -> [String] {
    try names(in: ObjectFolder.packs.name).filter { name in
      name.utf8.count == 2 && bytes(hexadecimal: name).map(hexadecimal) == name
    }.sorted().map { "\(ObjectFolder.packs.name)/\($0)" }
  }

  /// Nothing, where there is no such folder: a copying tool may have dropped an empty one.
  func names(in path: String) throws(ObjectStoreError) -> [String] {
    try perform(.list, path: path) { (root) throws(SystemCallFailure) in
      do throws(SystemCallFailure) {
        return try operations.names(in: try operations.openSubfolder(path, in: root))
      } catch {
        guard error.errorNumber == ENOENT else { throw error }
        // Unless the repository itself is gone (an unlinked folder lists as empty too).
        guard try operations.status(of: root).linkCount > 0 else { throw SystemCallFailure(ESTALE) }
        return []
      }
    }
  }
}

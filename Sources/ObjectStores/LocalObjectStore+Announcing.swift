import SnapshotModel

/// What no durability hangs on: announcements, and ages for policies.
extension LocalObjectStore {
  /// Writes an object without waiting for the disk; it may be gone or torn after a loss of power.
  package func announce(_ name: ObjectName, _ bytes: [UInt8]) throws {
    try perform(.write, path: name.path) { (root) throws(SystemCallFailure) in
      // A copying tool may have dropped the empty folder.
      if let folder = name.folder { try makeFolder(folder.name, in: root) }
      let file = try operations.createFile(name.path, in: root)
      // Short writes do not happen to a few bytes on a file system that has room for them;
      // a torn one is no announcement.
      _ = try uninterrupted { () throws(SystemCallFailure) in try operations.write(bytes[...], to: file) }
    }
  }

  /// Removes an object without waiting for the disk: nothing is lost when it comes back.
  package func withdraw(_ name: ObjectName) {
    try? perform(.delete, path: name.path) { (root) throws(SystemCallFailure) in
      try uninterrupted { () throws(SystemCallFailure) in try operations.unlink(name.path, in: root) }
    }
  }

  /// When the object was stored, by the file system's clock; `nil` when it is not there.
  package func modificationTime(_ name: ObjectName) throws -> Timestamp? {
    do {
      return try perform(.read, path: name.path, object: name) { (root) throws(SystemCallFailure) in
        let status = try operations.status(name.path, in: root)
        return Timestamp(seconds: status.modifiedSeconds, nanoseconds: status.modifiedNanoseconds)
      }
    } catch ObjectStoreError.missing {
      return nil
    }
  }

  /// Makes the names of some objects, found by listing, survive a loss of power.
  package func synchronize(foldersOf names: [ObjectName]) throws {
    for path in Set(names.map(\.parentPath) + names.compactMap(\.folder?.name)).sorted() { try synchronize(path: path) }
  }
}

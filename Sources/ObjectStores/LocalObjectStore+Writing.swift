import Glibc
import SnapshotModel
import Synchronization

extension LocalObjectStore {
  package func create(_ name: ObjectName, _ bytes: [UInt8]) throws {
    try store(name, bytes, replacing: false)
  }

  package func replace(_ name: ObjectName, _ bytes: [UInt8]) throws {
    try store(name, bytes, replacing: true)
  }

  /// Gives an object another name, durably, and only where no other object has it.
  ///
  /// - Throws: `.exists`, or `.missing` of `source` when somebody took it away:
  ///   of a renaming and a deletion one succeeds.
  package func rename(_ source: ObjectName, to target: ObjectName) throws {
    var failedToSync: Int32?
    try asStoreError(target, isNew: true, failedToSync: { failedToSync }) { () throws(ObjectStoreError) in
      try perform(.write, path: target.path, object: source) { (root) throws(SystemCallFailure) in
        failedToSync = nil
        try place(source.path, at: target, replacing: false, in: root)
        try makeDurableOrUndo(target, replacing: false, in: root, failedToSync: &failedToSync)
      }
    }
  }

  package func delete(_ names: [ObjectName]) throws {
    var touched: Set<String> = []
    for name in names {
      try perform(.delete, path: name.path, object: name) { (root) throws(SystemCallFailure) in
        do throws(SystemCallFailure) {
          try uninterrupted { () throws(SystemCallFailure) in try operations.unlink(name.path, in: root) }
        } catch {
          guard error.errorNumber == ENOENT else { throw error }
        }
      }
      touched.insert(name.parentPath)
    }
    // Also where nothing was left to delete: whoever deleted it may not have synchronized yet.
    for path in touched.sorted() { try synchronize(path: path) }
  }

  package func synchronize(_ folder: ObjectFolder) throws {
    if folder == .packs {
      for path in try packFolders() { try synchronize(path: path) }
    }
    try synchronize(path: folder.name)
  }

  func synchronize(path: String) throws(ObjectStoreError) {
    try perform(.synchronize, path: path) { (root) throws(SystemCallFailure) in
      do throws(SystemCallFailure) {
        try synchronize(path, in: root)
      } catch {
        // A folder that is not there holds nothing to lose.
        guard error.errorNumber == ENOENT else { throw error }
      }
    }
  }

  private func store(_ name: ObjectName, _ bytes: [UInt8], replacing: Bool) throws(ObjectStoreError) {
    guard name.isValid else { throw .notAnObject(name) }
    var failedToSync: Int32?
    try asStoreError(name, isNew: !replacing, failedToSync: { failedToSync }) { () throws(ObjectStoreError) in
      try perform(.write, path: name.path) { (root) throws(SystemCallFailure) in
        failedToSync = nil
        let temporary = temporaryNames.next()
        try write(bytes, to: temporary, in: root, failedToSync: &failedToSync)
        do throws(SystemCallFailure) {
          try place(temporary, at: name, replacing: replacing, in: root)
        } catch {
          try? operations.unlink(temporary, in: root)
          throw error
        }
        try makeDurableOrUndo(name, replacing: replacing, in: root, failedToSync: &failedToSync)
      }
    }
  }

  private func makeDurableOrUndo(
    _ name: ObjectName, replacing: Bool, in root: borrowing OwnedDescriptor, failedToSync: inout Int32?
  ) throws(SystemCallFailure) {
    do throws(SystemCallFailure) {
      try makeDurable(name, in: root)
    } catch {
      // Whether the name survives is unknown: take it away, so that "it failed" stays true. A replaced object
      // cannot be brought back; its new bytes are whole and durable, only its name may still be the old one's.
      if !replacing { try? operations.unlink(name.path, in: root) }
      failedToSync = error.errorNumber
      // A stale handle must not lead to a second attempt: it could meet the first one's object and call it another's.
      throw error.errorNumber == ESTALE ? SystemCallFailure(EIO) : error
    }
  }

  /// Tells apart why an object did not get its name.
  private func asStoreError(
    _ name: ObjectName, isNew: Bool, failedToSync: () -> Int32?, _ body: () throws(ObjectStoreError) -> Void
  ) throws(ObjectStoreError) {
    do throws(ObjectStoreError) {
      try body()
    } catch {
      guard case .inputOutput(_, _, let number) = error else { throw error }
      if failedToSync() != nil { throw .notDurable(path: name.path, errno: number) }
      if number == EEXIST, isNew { throw .exists(name) }
      throw error
    }
  }

  /// Writes and synchronizes the temporary file; after any failure the file is gone.
  private func write(
    _ bytes: [UInt8], to temporary: String, in root: borrowing OwnedDescriptor, failedToSync: inout Int32?
  ) throws(SystemCallFailure) {
    let file = try createTemporary(temporary, in: root)
    do throws(SystemCallFailure) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = try uninterrupted { () throws(SystemCallFailure) in try operations.write(rest, to: file) }
        // A write of nothing without an error would go on for ever.
        guard count > 0 else { throw SystemCallFailure(EIO) }
        rest = rest.dropFirst(count)
      }
      do throws(SystemCallFailure) {
        try uninterrupted { () throws(SystemCallFailure) in try operations.synchronize(file) }
      } catch {
        failedToSync = error.errorNumber
        throw error
      }
    } catch {
      try? operations.unlink(temporary, in: root)
      throw error
    }
  }

  /// Creates the file, and `tmp/` before it where a copying tool has dropped the empty folder.
  func createTemporary(
    _ temporary: String, in root: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    do throws(SystemCallFailure) {
      return try operations.createFile(temporary, in: root)
    } catch {
      guard error.errorNumber == ENOENT else { throw error }
      try makeFolder(TemporaryNames.folder, in: root)
      return try operations.createFile(temporary, in: root)
    }
  }

  /// Moves a whole, synchronized temporary file to its name, making the folders above it on demand.
  private func place(
    _ temporary: String, at name: ObjectName, replacing: Bool, in root: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    do throws(SystemCallFailure) {
      try move(temporary, to: name.path, replacing: replacing, in: root)
    } catch {
      guard error.errorNumber == ENOENT, let folder = name.folder else { throw error }
      let isNew = try makeFolder(folder.name, in: root)
      if name.parentPath != folder.name { try makeFolder(name.parentPath, in: root) }
      if isNew { try synchronize(".", in: root) }
      try move(temporary, to: name.path, replacing: replacing, in: root)
    }
  }

  private func move(
    _ temporary: String, to target: String, replacing: Bool, in root: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    guard !replacing else {
      return try uninterrupted { () throws(SystemCallFailure) in
        try operations.rename(temporary, to: target, in: root)
      }
    }
    do throws(SystemCallFailure) {
      return try uninterrupted { () throws(SystemCallFailure) in
        try operations.renameExclusively(temporary, to: target, in: root)
      }
    } catch {
      guard error.errorNumber == EINVAL || error.errorNumber == ENOSYS else { throw error }
    }
    do throws(SystemCallFailure) {
      try uninterrupted { () throws(SystemCallFailure) in try operations.link(temporary, to: target, in: root) }
    } catch {
      // NFS may have made the link and lost the answer; a second name of the temporary file says so.
      let status = try? operations.status(temporary, in: root)
      guard status?.linkCount == 2 else { throw error }
    }
    try? operations.unlink(temporary, in: root)
  }

  /// Synchronizes the folder that holds the name and, for a pack, once a process, the folder that holds that folder.
  private func makeDurable(
    _ name: ObjectName, in root: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    let parent = name.parentPath
    try synchronize(parent, in: root)
    guard case .pack = name, !durablePackFolders.withLock({ $0.contains(parent) }) else { return }
    try synchronize(ObjectFolder.packs.name, in: root)
    durablePackFolders.withLock { _ = $0.insert(parent) }
  }

  /// - Returns: whether it is new; an existing one is as good.
  @discardableResult
  func makeFolder(_ path: String, in root: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Bool {
    do throws(SystemCallFailure) {
      try operations.makeFolder(path, in: root)
      return true
    } catch {
      guard error.errorNumber == EEXIST else { throw error }
      return false
    }
  }

  func synchronize(_ path: String, in root: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    let folder = try operations.openSubfolder(path, in: root)
    try uninterrupted { () throws(SystemCallFailure) in try operations.synchronize(folder) }
  }
}

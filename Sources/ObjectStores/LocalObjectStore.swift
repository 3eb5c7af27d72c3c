import Glibc
import SnapshotModel
import Synchronization

/// A repository in a local (or mounted) folder.
///
/// Holds a descriptor of the folder and works relative to it, so that a folder that is moved meanwhile stays the one
/// that was opened; the path serves messages only. Folders are 0700, files 0600.
///
/// Layout: docs/format/repository.md. Durability: every write is
/// `create tmp/x, write, fsync tmp/x, rename tmp/x to its name, fsync the folder of the name`.
package final class LocalObjectStore: ObjectStore {
  /// As it was given, for messages.
  package let path: String
  let pathBytes: [UInt8]
  let operations: any FileOperations
  package let machine: any Machine
  let temporaryNames: TemporaryNames
  private let opened: Mutex<FolderHandle>
  /// The two-digit folders of `packs/` that this process has seen durable.
  let durablePackFolders = Mutex<Set<String>>([])

  /// An object larger than this is not read in one piece: 1 GiB, sixteen times the largest pack.
  package static let wholeReadMax: UInt64 = 1 << 30

  /// Opens an existing repository's folder, reading nothing in it.
  ///
  /// - Parameter folder: a path of any bytes; not empty.
  /// - Throws: `ObjectStoreError.noFolder` when it is not there.
  package init(
    folder: [UInt8], operations: any FileOperations = SystemFileOperations(), machine: any Machine = SystemMachine()
  ) throws(ObjectStoreError) {
    path = displayText(folder)
    pathBytes = folder
    self.operations = operations
    self.machine = machine
    temporaryNames = TemporaryNames(machine: machine)
    do {
      opened = Mutex(FolderHandle(try operations.openFolder(folder)))
    } catch {
      throw Self.openError(error, path: displayText(folder))
    }
  }

  /// Lays out the folders of a new repository, durably, and opens it; folders that exist already are kept.
  ///
  /// The folder's own name becomes durable only as its parent is synchronized, which happens here too.
  package static func create(
    folder: [UInt8], operations: any FileOperations = SystemFileOperations(), machine: any Machine = SystemMachine()
  ) throws(ObjectStoreError) -> LocalObjectStore {
    try makeRoot(folder, operations: operations)
    let store = try LocalObjectStore(folder: folder, operations: operations, machine: machine)
    for name in ObjectFolder.madeWithRepository.map(\.name) + [TemporaryNames.folder] {
      try store.perform(.write, path: name) { (root) throws(SystemCallFailure) in
        _ = try store.makeFolder(name, in: root)
      }
    }
    try store.perform(.synchronize, path: ".") { (root) throws(SystemCallFailure) in
      try store.synchronize(".", in: root)
    }
    return store
  }

  /// Whether a new repository has something of this name before it has its configuration.
  package static func isMadeByCreation(_ name: String) -> Bool {
    ([TemporaryNames.folder, ObjectName.formatReadme.path] + ObjectFolder.allCases.map(\.name)).contains(name)
  }

  private static func makeRoot(_ folder: [UInt8], operations: any FileOperations) throws(ObjectStoreError) {
    var trimmed = folder[...]
    while trimmed.count > 1, trimmed.last == UInt8(ascii: "/") { trimmed.removeLast() }
    let slash = trimmed.lastIndex(of: UInt8(ascii: "/"))
    let parent = slash.map { $0 == trimmed.startIndex ? [UInt8(ascii: "/")] : Array(trimmed[..<$0]) }
    do throws(SystemCallFailure) {
      try operations.makeFolder(folder)
      let holder = try operations.openFolder(parent ?? [UInt8(ascii: ".")])
      try uninterrupted { () throws(SystemCallFailure) in try operations.synchronize(holder) }
    } catch {
      guard error.errorNumber != EEXIST else { return }
      throw openError(error, path: displayText(folder))
    }
  }

  /// Runs `body` on the repository's folder, and once more on a newly opened one if the handle has gone stale (NFS).
  ///
  /// - Parameter path: what `body` works on, relative to the repository, for the error.
  func perform<R>(
    _ operation: ObjectStoreError.Operation, path: String, object: ObjectName? = nil,
    _ body: (borrowing OwnedDescriptor) throws(SystemCallFailure) -> R
  ) throws(ObjectStoreError) -> R {
    let handle = opened.withLock { $0 }
    do throws(SystemCallFailure) {
      return try body(handle.descriptor)
    } catch {
      guard isStale(error, handle) else {
        throw storeError(error, operation: operation, path: path, object: object)
      }
    }
    let renewed: FolderHandle
    do throws(SystemCallFailure) {
      renewed = FolderHandle(try operations.openFolder(pathBytes))
    } catch {
      throw Self.openError(error, path: self.path)
    }
    opened.withLock { $0 = renewed }
    do throws(SystemCallFailure) {
      return try body(renewed.descriptor)
    } catch {
      throw storeError(error, operation: operation, path: path, object: object)
    }
  }

  /// Whether the folder that is open is not the repository any more: the server forgot it, or it was deleted.
  private func isStale(_ failure: SystemCallFailure, _ handle: FolderHandle) -> Bool {
    guard failure.errorNumber == ENOENT else { return failure.errorNumber == ESTALE }
    return (try? operations.status(of: handle.descriptor))?.linkCount == 0
  }
}

/// Keeps a folder open for as long as some thread works in it.
final class FolderHandle: Sendable {
  let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}

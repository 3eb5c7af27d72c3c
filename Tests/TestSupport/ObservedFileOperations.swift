import ObjectStores
import Synchronization

/// A call of the kernel that is about to be made.
package struct FileCall {
  /// `open-root`, `create`, `write`, `rename-exclusive` …
  package var name: String
  /// What it is applied to, seen from the store's folder; of a renaming the old name, then the new one.
  package var paths: [String]
  package var changesSomething: Bool
  /// Whether a signal may cut it short.
  package var isInterruptible: Bool

  package init(name: String, paths: [String], changesSomething: Bool, isInterruptible: Bool) {
    self.name = name
    self.paths = paths
    self.changesSomething = changesSomething
    self.isInterruptible = isInterruptible
  }
}

/// The kernel's calls, each of which is told of first and may be made to fail.
package protocol ObservedFileOperations: FileOperations {
  var openPaths: OpenPaths { get }
  /// - Throws: what the call shall fail with.
  func willMake(_ call: FileCall) throws(SystemCallFailure)
}

/// Which path each open descriptor has come from.
package final class OpenPaths: Sendable {
  private let paths = Mutex<[Int32: String]>([:])

  package init() {}

  package func adding(_ descriptor: consuming OwnedDescriptor, _ path: String) -> OwnedDescriptor {
    let number = descriptor.number
    paths.withLock { $0[number] = path }
    return descriptor
  }

  package func path(of descriptor: borrowing OwnedDescriptor) -> String {
    let number = descriptor.number
    return paths.withLock { $0[number] ?? "?" }
  }
}

extension ObservedFileOperations {
  package var system: SystemFileOperations { SystemFileOperations() }

  private func tell(
    _ name: String, _ paths: String..., changes: Bool = false, isInterruptible: Bool = false
  ) throws(SystemCallFailure) {
    try willMake(FileCall(name: name, paths: paths, changesSomething: changes, isInterruptible: isInterruptible))
  }

  package func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor {
    try tell("open-root")
    return openPaths.adding(try system.openFolder(path), "root")
  }

  package func makeFolder(_ path: [UInt8]) throws(SystemCallFailure) {
    try tell("mkdir-root", changes: true)
    try system.makeFolder(path)
  }

  package func openSubfolder(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    try tell("open", path)
    return openPaths.adding(try system.openSubfolder(path, in: folder), path)
  }

  package func openObject(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    try tell("open", path)
    return openPaths.adding(try system.openObject(path, in: folder), path)
  }

  package func createFile(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    try tell("create", path, changes: true)
    return openPaths.adding(try system.createFile(path, in: folder), path)
  }

  package func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    try tellAndWrite(bytes, to: file)
  }

  /// What `write` does where a type has none of its own.
  package func tellAndWrite(
    _ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> Int {
    try tell("write", openPaths.path(of: file), changes: true, isInterruptible: true)
    return try system.write(bytes, to: file)
  }

  package func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    try tellAndRead(count, at: offset, of: file, appendingTo: &bytes)
  }

  /// What `read` does where a type has none of its own.
  package func tellAndRead(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    try tell("read", openPaths.path(of: file), isInterruptible: true)
    return try system.read(count, at: offset, of: file, appendingTo: &bytes)
  }

  package func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try tell("allocate", openPaths.path(of: file), changes: true)
    try system.allocate(count, in: file)
  }

  package func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try tell("fsync", openPaths.path(of: descriptor), changes: true, isInterruptible: true)
    try system.synchronize(descriptor)
  }

  package func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try tell("rename-exclusive", source, target, changes: true)
    try system.renameExclusively(source, to: target, in: folder)
  }

  package func rename(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try tell("rename", source, target, changes: true)
    try system.rename(source, to: target, in: folder)
  }

  package func link(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try tell("link", source, target, changes: true)
    try system.link(source, to: target, in: folder)
  }

  package func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try tell("unlink", path, changes: true)
    try system.unlink(path, in: folder)
  }

  package func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try tell("mkdir", path, changes: true)
    try system.makeFolder(path, in: folder)
  }

  package func status(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> ObjectStatus {
    try tell("stat", path)
    return try system.status(path, in: folder)
  }

  package func status(of descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    try system.status(of: descriptor)
  }

  package func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    try tell("list", openPaths.path(of: folder))
    return try system.names(in: folder)
  }

  package func fileSystemType(of descriptor: borrowing OwnedDescriptor) -> FileSystemType {
    system.fileSystemType(of: descriptor)
  }
}

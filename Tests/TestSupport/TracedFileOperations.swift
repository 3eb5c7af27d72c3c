import ObjectStores
import Synchronization

/// A call that has changed a store's folder, or made changes durable.
///
/// Paths are relative to the store's folder, which is `.`; `..` is the folder that holds it.
package enum TracedCall: Hashable, Sendable {
  case create(String)
  case write(String, [UInt8])
  case allocate(String, UInt64)
  case synchronize(String)
  /// Whatever had the new name gives way.
  case rename(String, to: String)
  case link(String, to: String)
  case unlink(String)
  case makeFolder(String)
}

extension TracedCall: CustomStringConvertible {
  package var description: String {
    switch self {
    case .create(let path): "create \(path)"
    case .write(let path, let bytes): "write \(bytes.count) bytes to \(path)"
    case .allocate(let path, let count): "allocate \(count) bytes for \(path)"
    case .synchronize(let path): "fsync \(path)"
    case .rename(let path, let new): "rename \(path) to \(new)"
    case .link(let path, let new): "link \(path) to \(new)"
    case .unlink(let path): "unlink \(path)"
    case .makeFolder(let path): "mkdir \(path)"
    }
  }
}

/// The kernel's calls, of which those that succeed and matter after a loss of power are written down.
package final class TracedFileOperations: ObservedFileOperations {
  package let openPaths = OpenPaths()
  private let folder: [UInt8]
  private let trace = Mutex<[TracedCall]>([])
  private let afterCall: @Sendable () -> Void
  private let isDropped: @Sendable (TracedCall) -> Bool

  /// - Parameters:
  ///   - folder: the store's own.
  ///   - afterCall: called after each call that was written down, one at a time.
  ///   - isDropped: asked of each sync: one that is dropped is neither made nor written down, and succeeds.
  package init(
    folder: String, afterCall: @escaping @Sendable () -> Void = {},
    droppingSyncs isDropped: @escaping @Sendable (TracedCall) -> Bool = { _ in false }
  ) {
    self.folder = Array(folder.utf8)
    self.afterCall = afterCall
    self.isDropped = isDropped
  }

  package var calls: [TracedCall] { trace.withLock { $0 } }

  package func willMake(_ call: FileCall) {}

  /// One at a time, so that the trace has the order in which the calls took effect.
  private func traced<R>(
    _ call: TracedCall, _ body: () throws(SystemCallFailure) -> R
  ) throws(SystemCallFailure) -> R {
    try trace.withLock { (calls) throws(SystemCallFailure) -> R in
      let result = try body()
      calls.append(call)
      afterCall()
      return result
    }
  }

  package func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor {
    openPaths.adding(try system.openFolder(path), path == folder ? "." : "..")
  }

  package func makeFolder(_ path: [UInt8]) throws(SystemCallFailure) {
    try traced(.makeFolder(".")) { () throws(SystemCallFailure) in try system.makeFolder(path) }
  }

  package func createFile(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    let number = try traced(.create(path)) { () throws(SystemCallFailure) in
      try system.createFile(path, in: folder).release()
    }
    return openPaths.adding(OwnedDescriptor(adopting: number), path)
  }

  package func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    let path = openPaths.path(of: file)
    return try traced(.write(path, Array(bytes))) { () throws(SystemCallFailure) in
      let count = try system.write(bytes, to: file)
      // A full test folder would make the trace a lie.
      guard count == bytes.count else { throw SystemCallFailure(28) }
      return count
    }
  }

  package func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    let path = openPaths.path(of: file)
    try traced(.allocate(path, count)) { () throws(SystemCallFailure) in try system.allocate(count, in: file) }
  }

  package func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    let call = TracedCall.synchronize(openPaths.path(of: descriptor))
    guard !isDropped(call) else { return }
    try traced(call) { () throws(SystemCallFailure) in try system.synchronize(descriptor) }
  }

  package func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try traced(.rename(source, to: target)) { () throws(SystemCallFailure) in
      try system.renameExclusively(source, to: target, in: folder)
    }
  }

  package func rename(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try traced(.rename(source, to: target)) { () throws(SystemCallFailure) in
      try system.rename(source, to: target, in: folder)
    }
  }

  package func link(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try traced(.link(source, to: target)) { () throws(SystemCallFailure) in
      try system.link(source, to: target, in: folder)
    }
  }

  package func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try traced(.unlink(path)) { () throws(SystemCallFailure) in try system.unlink(path, in: folder) }
  }

  package func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try traced(.makeFolder(path)) { () throws(SystemCallFailure) in try system.makeFolder(path, in: folder) }
  }
}

import ObjectStores
import Synchronization

/// The kernel's calls, of which one fails, or all from one on: what an error or a crash leaves behind.
final class InterruptedOperations: FileOperations {
  enum Plan: Sendable {
    case never
    /// The nth call that changes something, from 0, and every call after it: the process is gone.
    case crash(atChange: Int)
    /// The nth call of any kind, alone.
    case fail(call: Int, errno: Int32)
    /// The nth call that changes something, alone.
    case failChange(Int, errno: Int32)
    /// Each call, by its name, that this gives an error number for.
    case refuse(@Sendable (String) -> Int32?)
  }

  private struct State {
    var calls = 0
    var changes = 0
    var hasCrashed = false
    var failed: String?
  }

  private let system = SystemFileOperations()
  private let plan: Plan
  private let state = Mutex(State())
  /// Asked before each call, with its name: where a test lets others go first.
  private let beforeCall: @Sendable (String) -> Void

  init(_ plan: Plan, beforeCall: @escaping @Sendable (String) -> Void = { _ in }) {
    self.plan = plan
    self.beforeCall = beforeCall
  }

  var callCount: Int { state.withLock { $0.calls } }
  var changeCount: Int { state.withLock { $0.changes } }
  /// The call that failed.
  var failedCall: String? { state.withLock { $0.failed } }

  private func attempt(_ call: String, changes: Bool = false) throws(SystemCallFailure) {
    beforeCall(call)
    let number: Int32? = state.withLock { state in
      defer {
        state.calls += 1
        if changes { state.changes += 1 }
      }
      switch plan {
      case .never: return nil
      case .crash(let change):
        if changes, state.changes == change { state.hasCrashed = true }
        if state.hasCrashed, state.failed == nil { state.failed = call }
        return state.hasCrashed ? 5 : nil
      case .fail(let at, let number):
        guard state.calls == at else { return nil }
        state.failed = call
        return number
      case .failChange(let at, let number):
        guard changes, state.changes == at else { return nil }
        state.failed = call
        return number
      case .refuse(let errno):
        guard let number = errno(call) else { return nil }
        state.failed = call
        return number
      }
    }
    if let number { throw SystemCallFailure(number) }
  }

  func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor {
    try attempt("open root")
    return try system.openFolder(path)
  }

  func makeFolder(_ path: [UInt8]) throws(SystemCallFailure) {
    try attempt("mkdir root", changes: true)
    try system.makeFolder(path)
  }

  func openSubfolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor
  {
    try attempt("open \(path)")
    return try system.openSubfolder(path, in: folder)
  }

  func openObject(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor {
    try attempt("open \(path)")
    return try system.openObject(path, in: folder)
  }

  func createFile(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor {
    try attempt("create \(path)", changes: true)
    return try system.createFile(path, in: folder)
  }

  /// A crash leaves half of what was to be written.
  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    do throws(SystemCallFailure) {
      try attempt("write", changes: true)
    } catch {
      if case .crash(let change) = plan, changeCount == change + 1 {
        _ = try? system.write(bytes.prefix(bytes.count / 2), to: file)
      }
      throw error
    }
    return try system.write(bytes, to: file)
  }

  func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    try attempt("read")
    return try system.read(count, at: offset, of: file, appendingTo: &bytes)
  }

  func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("allocate", changes: true)
    try system.allocate(count, in: file)
  }

  func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("fsync", changes: true)
    try system.synchronize(descriptor)
  }

  func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try attempt("rename-exclusive \(target)", changes: true)
    try system.renameExclusively(source, to: target, in: folder)
  }

  func rename(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("rename \(target)", changes: true)
    try system.rename(source, to: target, in: folder)
  }

  func link(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("link \(target)", changes: true)
    try system.link(source, to: target, in: folder)
  }

  func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("unlink \(path)", changes: true)
    try system.unlink(path, in: folder)
  }

  func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try attempt("mkdir \(path)", changes: true)
    try system.makeFolder(path, in: folder)
  }

  func status(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    try attempt("stat \(path)")
    return try system.status(path, in: folder)
  }

  func status(of descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    try system.status(of: descriptor)
  }

  func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    try attempt("list")
    return try system.names(in: folder)
  }

  func fileSystemType(of descriptor: borrowing OwnedDescriptor) -> UInt64 { system.fileSystemType(of: descriptor) }
}

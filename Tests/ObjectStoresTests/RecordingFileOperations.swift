import ObjectStores
import Synchronization

/// The kernel's calls, written down as `fsync packs/7c` (temporary files as `tmp/*`), and failing as told.
final class RecordingFileOperations: FileOperations {
  enum Fault {
    case none
    case errno(Int32)
  }

  private struct State {
    var log: [String] = []
    var paths: [Int32: String] = [:]
    var interrupted = false
  }
  private let state = Mutex(State())
  private let system = SystemFileOperations()
  private let fault: @Sendable (String) -> Fault
  private let writeMax: Int
  private let interrupts: Bool

  /// - Parameters:
  ///   - interrupts: whether every second call that a signal could interrupt is.
  ///   - fault: asked before each call.
  init(
    writeMax: Int = .max, interrupts: Bool = false, fault: @escaping @Sendable (String) -> Fault = { _ in .none }
  ) {
    self.fault = fault
    self.writeMax = writeMax
    self.interrupts = interrupts
  }

  var log: [String] { state.withLock { $0.log } }
  func forget() { state.withLock { $0.log = [] } }

  private func record(_ call: String, interruptible: Bool = false) throws(SystemCallFailure) {
    let isInterrupted = state.withLock { state in
      state.log.append(call)
      guard interrupts, interruptible else { return false }
      state.interrupted.toggle()
      return state.interrupted
    }
    if isInterrupted { throw SystemCallFailure(4) }
    if case .errno(let number) = fault(call) { throw SystemCallFailure(number) }
  }

  private func shown(_ path: String) -> String { path.hasPrefix("tmp/") ? "tmp/*" : path }
  private func path(_ descriptor: borrowing OwnedDescriptor) -> String {
    let number = descriptor.number
    return state.withLock { $0.paths[number] ?? "?" }
  }
  private func note(_ descriptor: borrowing OwnedDescriptor, _ path: String) {
    let number = descriptor.number
    state.withLock { $0.paths[number] = shown(path) }
  }

  func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor {
    try record("open-root")
    let descriptor = try system.openFolder(path)
    note(descriptor, "root")
    return descriptor
  }

  func makeFolder(_ path: [UInt8]) throws(SystemCallFailure) {
    try record("mkdir-root")
    try system.makeFolder(path)
  }

  func openSubfolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor
  {
    try record("open \(path)")
    let descriptor = try system.openSubfolder(path, in: folder)
    note(descriptor, path)
    return descriptor
  }

  func openObject(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor {
    try record("open \(path)")
    let descriptor = try system.openObject(path, in: folder)
    note(descriptor, path)
    return descriptor
  }

  func createFile(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor {
    try record("create \(shown(path))")
    let descriptor = try system.createFile(path, in: folder)
    note(descriptor, path)
    return descriptor
  }

  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    try record("write \(path(file))", interruptible: true)
    return try system.write(bytes.prefix(writeMax), to: file)
  }

  func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    try record("read \(path(file))", interruptible: true)
    return try system.read(min(count, writeMax), at: offset, of: file, appendingTo: &bytes)
  }

  func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("allocate \(path(file))")
    try system.allocate(count, in: file)
  }

  func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("fsync \(path(descriptor))", interruptible: true)
    try system.synchronize(descriptor)
  }

  func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try record("rename-exclusive \(shown(source)) \(target)")
    try system.renameExclusively(source, to: target, in: folder)
  }

  func rename(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("rename \(shown(source)) \(target)")
    try system.rename(source, to: target, in: folder)
  }

  func link(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("link \(shown(source)) \(target)")
    try system.link(source, to: target, in: folder)
  }

  func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("unlink \(shown(path))")
    try system.unlink(path, in: folder)
  }

  func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    try record("mkdir \(path)")
    try system.makeFolder(path, in: folder)
  }

  func status(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    try record("stat \(shown(path))")
    return try system.status(path, in: folder)
  }

  func status(of descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    try system.status(of: descriptor)
  }

  func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    try record("list \(path(folder))")
    return try system.names(in: folder)
  }

  func fileSystemType(of descriptor: borrowing OwnedDescriptor) -> UInt64 { system.fileSystemType(of: descriptor) }
}

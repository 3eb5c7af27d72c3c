import Glibc
import ObjectStores
import Synchronization
import TestSupport

/// The kernel's calls, written down as `fsync packs/7c` (temporary files as `tmp/*`), and failing as told.
final class RecordingFileOperations: ObservedFileOperations {
  enum Fault {
    case none
    case errno(Int32)
  }

  private struct State {
    var log: [String] = []
    var interrupted = false
  }

  let openPaths = OpenPaths()
  private let state = Mutex(State())
  private let fault: @Sendable (String) -> Fault
  private let writeMax: Int
  private let interrupts: Bool

  /// - Parameters:
  ///   - writeMax: so many bytes are written or read at once.
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

  func willMake(_ call: FileCall) throws(SystemCallFailure) {
    let paths = call.paths.map { $0.hasPrefix("tmp/") ? "tmp/*" : $0 }
    let text = ([call.name] + paths).joined(separator: " ")
    let isInterrupted = state.withLock { state in
      state.log.append(text)
      guard interrupts, call.isInterruptible else { return false }
      state.interrupted.toggle()
      return state.interrupted
    }
    if isInterrupted { throw SystemCallFailure(EINTR) }
    if case .errno(let number) = fault(text) { throw SystemCallFailure(number) }
  }

  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    try tellAndWrite(bytes.prefix(writeMax), to: file)
  }

  func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    try tellAndRead(min(count, writeMax), at: offset, of: file, appendingTo: &bytes)
  }
}

import Glibc
import ObjectStores
import Synchronization
import TestSupport

/// The kernel's calls, of which one fails, or all from one on: what an error or a crash leaves behind.
final class InterruptedOperations: ObservedFileOperations {
  enum Plan: Sendable {
    case never
    /// The nth call that changes something, from 0, and every call after it: the process is gone.
    case crash(atChange: Int)
    /// The nth call of those that this error can meet, alone or with all such calls after it.
    case fail(Failure, call: Int, stays: Bool)
    /// Each call, by its name, that this gives an error number for.
    case refuse(@Sendable (String) -> Int32?)
  }

  /// What a call may fail with.
  enum Failure: Hashable, Sendable {
    case errno(Int32)
    /// Reads and writes stop half way, without an error.
    case shortTransfer

    func canMeet(_ call: FileCall) -> Bool {
      switch self {
      case .shortTransfer: ["read", "write"].contains(call.name)
      case .errno(EINTR): call.isInterruptible
      case .errno(EMFILE): ["open-root", "open", "create", "list"].contains(call.name)
      // Where there is no room, something can still be deleted.
      case .errno(ENOSPC), .errno(EDQUOT): call.changesSomething && call.name != "unlink"
      case .errno(EACCES), .errno(EROFS): call.changesSomething
      case .errno: true
      }
    }
  }

  private struct State {
    var calls = 0
    var changes = 0
    /// Calls that the planned failure can meet.
    var candidates = 0
    var hasCrashed = false
    var failed: String?
  }

  let openPaths = OpenPaths()
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
  /// How many calls the planned failure could have met.
  var candidateCount: Int { state.withLock { $0.candidates } }
  /// The call that failed.
  var failedCall: String? { state.withLock { $0.failed } }

  func willMake(_ call: FileCall) throws(SystemCallFailure) { _ = try isShort(call) }

  /// Whether the call shall do half of what was asked.
  private func isShort(_ call: FileCall) throws(SystemCallFailure) -> Bool {
    let name = ([call.name] + call.paths.suffix(1)).joined(separator: " ")
    beforeCall(name)
    let failure: Failure? = state.withLock { state in
      defer {
        state.calls += 1
        if call.changesSomething { state.changes += 1 }
      }
      let failure = self.failure(of: call, name, &state)
      if failure != nil, state.failed == nil { state.failed = name }
      return failure
    }
    if case .errno(let number) = failure { throw SystemCallFailure(number) }
    return failure == .shortTransfer
  }

  private func failure(of call: FileCall, _ name: String, _ state: inout State) -> Failure? {
    switch plan {
    case .never: return nil
    case .crash(let change):
      if call.changesSomething, state.changes == change { state.hasCrashed = true }
      return state.hasCrashed ? .errno(EIO) : nil
    case .fail(let failure, let at, let stays):
      guard failure.canMeet(call) else { return nil }
      defer { state.candidates += 1 }
      return state.candidates == at || stays && state.candidates > at ? failure : nil
    case .refuse(let errno): return errno(name).map(Failure.errno)
    }
  }

  /// A crash leaves half of what was to be written.
  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    let call = FileCall(name: "write", paths: [openPaths.path(of: file)], changesSomething: true, isInterruptible: true)
    let half = bytes.prefix((bytes.count + 1) / 2)
    do throws(SystemCallFailure) {
      return try system.write(try isShort(call) ? half : bytes, to: file)
    } catch {
      if case .crash(let change) = plan, changeCount == change + 1 { _ = try? system.write(half, to: file) }
      throw error
    }
  }

  func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    let call = FileCall(name: "read", paths: [openPaths.path(of: file)], changesSomething: false, isInterruptible: true)
    return try system.read(try isShort(call) ? (count + 1) / 2 : count, at: offset, of: file, appendingTo: &bytes)
  }
}

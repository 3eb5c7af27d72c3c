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
  /// The call that failed.
  var failedCall: String? { state.withLock { $0.failed } }

  func willMake(_ call: FileCall) throws(SystemCallFailure) {
    let changes = call.changesSomething
    let call = ([call.name] + call.paths.suffix(1)).joined(separator: " ")
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
        return state.hasCrashed ? EIO : nil
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

  /// A crash leaves half of what was to be written.
  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    do throws(SystemCallFailure) {
      return try tellAndWrite(bytes, to: file)
    } catch {
      if case .crash(let change) = plan, changeCount == change + 1 {
        _ = try? system.write(bytes.prefix(bytes.count / 2), to: file)
      }
      throw error
    }
  }
}

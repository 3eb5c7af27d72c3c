import Synchronization

/// A store whose calls fail as told, for tests of what a disk full, an I/O error or a crash leaves behind.
///
/// Calls are counted from 0. A crash is a failure of every call from the nth on: nothing that the program does after
/// it reaches the store, and what the store holds is what the next process finds.
package final class FaultingStore: ObjectStore {
  /// Which calls fail.
  package enum Plan: Sendable {
    case never
    /// The nth call alone.
    case once(Int)
    /// The nth call and all after it.
    case from(Int)
    /// The nth call takes effect, and then fails; all after it fail: a crash between the effect and the answer.
    case afterEffect(Int)
    case matching(@Sendable (StoreOperation) -> Bool)
  }

  private let store: any ObjectStore
  private let plan: Plan
  private let error: ObjectStoreError
  private let calls = Mutex(0)

  /// - Parameter error: what the failing calls throw.
  package init(
    _ store: any ObjectStore, plan: Plan,
    error: ObjectStoreError = .inputOutput(operation: .write, path: "an injected fault", errno: 5)
  ) {
    self.store = store
    self.plan = plan
    self.error = error
  }

  /// How many calls were made: run once with `.never` to learn how many there are to fail.
  package var callCount: Int { calls.withLock { $0 } }

  private func attempt<R>(_ operation: StoreOperation, _ body: () throws -> R) throws -> R {
    let number = calls.withLock { calls in
      defer { calls += 1 }
      return calls
    }
    switch plan {
    case .never: break
    case .once(let n): if number == n { throw error }
    case .from(let n): if number >= n { throw error }
    case .afterEffect(let n):
      if number == n { _ = try body() }
      if number >= n { throw error }
    case .matching(let fails): if fails(operation) { throw error }
    }
    return try body()
  }

  package func create(_ name: ObjectName, _ bytes: [UInt8]) throws {
    try attempt(.create(name)) { try store.create(name, bytes) }
  }

  package func replace(_ name: ObjectName, _ bytes: [UInt8]) throws {
    try attempt(.replace(name)) { try store.replace(name, bytes) }
  }

  package func read(_ name: ObjectName) throws -> [UInt8] {
    try attempt(.read(name)) { try store.read(name) }
  }

  package func read(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8] {
    try attempt(.read(name)) { try store.read(name, range: range) }
  }

  package func byteCount(_ name: ObjectName) throws -> UInt64 {
    try attempt(.byteCount(name)) { try store.byteCount(name) }
  }

  package func exists(_ name: ObjectName) throws -> Bool {
    try attempt(.exists(name)) { try store.exists(name) }
  }

  package func list(_ folder: ObjectFolder) throws -> [ObjectName] {
    try attempt(.list(folder)) { try store.list(folder) }
  }

  package func delete(_ names: [ObjectName]) throws {
    try attempt(.delete(names)) { try store.delete(names) }
  }

  package func synchronize(_ folder: ObjectFolder) throws {
    try attempt(.synchronize(folder)) { try store.synchronize(folder) }
  }

  package func changeStamp(_ folder: ObjectFolder) throws -> UInt64 {
    try attempt(.changeStamp(folder)) { try store.changeStamp(folder) }
  }
}

import Synchronization

/// A store that remembers what was asked of it, in order, for tests that count and order calls.
package final class RecordingStore: ObjectStore {
  private let store: any ObjectStore
  private let recorded = Mutex<[StoreOperation]>([])

  package init(_ store: any ObjectStore) { self.store = store }

  /// Every call so far, whether it succeeded or not.
  package var operations: [StoreOperation] { recorded.withLock { $0 } }

  package func forget() { recorded.withLock { $0 = [] } }

  private func record(_ operation: StoreOperation) { recorded.withLock { $0.append(operation) } }

  package func create(_ name: ObjectName, _ bytes: [UInt8]) throws {
    record(.create(name))
    try store.create(name, bytes)
  }

  package func replace(_ name: ObjectName, _ bytes: [UInt8]) throws {
    record(.replace(name))
    try store.replace(name, bytes)
  }

  package func read(_ name: ObjectName) throws -> [UInt8] {
    record(.read(name))
    return try store.read(name)
  }

  package func read(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8] {
    record(.read(name))
    return try store.read(name, range: range)
  }

  package func byteCount(_ name: ObjectName) throws -> UInt64 {
    record(.byteCount(name))
    return try store.byteCount(name)
  }

  package func exists(_ name: ObjectName) throws -> Bool {
    record(.exists(name))
    return try store.exists(name)
  }

  package func list(_ folder: ObjectFolder) throws -> [ObjectName] {
    record(.list(folder))
    return try store.list(folder)
  }

  package func delete(_ names: [ObjectName]) throws {
    record(.delete(names))
    try store.delete(names)
  }

  package func synchronize(_ folder: ObjectFolder) throws {
    record(.synchronize(folder))
    try store.synchronize(folder)
  }

  package func changeStamp(_ folder: ObjectFolder) throws -> UInt64 {
    record(.changeStamp(folder))
    return try store.changeStamp(folder)
  }
}

import Glibc
import Synchronization

/// Keeps a bounded number of folders open, the most recently used ones.
///
/// An evicted descriptor stays open until its last user lets go of it, so nobody ever holds a closed one.
final class DescriptorPool: Sendable {
  /// An open folder that closes with its last reference.
  final class Folder: Sendable {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    deinit { close(number) }
  }

  private struct State {
    var nextKey: UInt64 = 0
    var clock: UInt64 = 0
    var folders: [UInt64: (folder: Folder, lastUse: UInt64)] = [:]
  }

  let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) { self.capacity = max(capacity, 4) }

  func makeKey() -> UInt64 {
    state.withLock { state in
      state.nextKey += 1
      return state.nextKey
    }
  }

  func folder(_ key: UInt64) -> Folder? {
    state.withLock { state in
      guard let index = state.folders.index(forKey: key) else { return nil }
      state.clock += 1
      state.folders.values[index].lastUse = state.clock
      return state.folders.values[index].folder
    }
  }

  func insert(_ folder: Folder, key: UInt64) {
    // The evicted folder is returned out of the lock: closing it is a system call.
    let evicted = state.withLock { state -> Folder? in
      var evicted: Folder?
      if state.folders.count >= capacity, let oldest = state.folders.min(by: { $0.value.lastUse < $1.value.lastUse }) {
        evicted = state.folders.removeValue(forKey: oldest.key)?.folder
      }
      state.clock += 1
      state.folders[key] = (folder, state.clock)
      return evicted
    }
    _ = evicted
  }

  func remove(_ key: UInt64) {
    let removed = state.withLock { $0.folders.removeValue(forKey: key)?.folder }
    _ = removed
  }

  /// Closes all but what is in use just now: for when the process ran out of descriptors.
  func removeAll() {
    let removed = state.withLock { state in
      let folders = state.folders
      state.folders = [:]
      return folders
    }
    _ = removed.count
  }
}

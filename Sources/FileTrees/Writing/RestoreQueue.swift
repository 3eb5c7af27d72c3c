import Repositories
import SnapshotModel

/// Batches of jobs on their way from the feeding thread to the writing ones, at most so many at a time.
///
/// The first fault stops it: later batches are taken and dropped, and the feeding thread gets the fault.
final class RestoreQueue: Sendable {
  private let countMax: Int
  private let monitor = Monitor()
  nonisolated(unsafe) private var batches = Queue<[FileJob]>()  // these four: guarded by `monitor`
  nonisolated(unsafe) private var unfinishedCount = 0
  nonisolated(unsafe) private var isClosed = false
  nonisolated(unsafe) private var fault: SnapFault?

  init(countMax: Int) { self.countMax = countMax }

  /// Waits for room.
  ///
  /// - Throws: the fault that stopped the queue.
  func push(_ batch: [FileJob]) throws(SnapFault) {
    try monitor.withLock { () throws(SnapFault) in
      while unsafe fault == nil, unsafe batches.count >= countMax { monitor.wait() }
      if let fault = unsafe fault { throw fault }
      unsafe batches.append(batch)
      unsafe unfinishedCount += 1
      monitor.signalAll()
    }
  }

  /// Waits for a batch.
  ///
  /// - Returns: `nil` when the queue is closed and empty.
  func pop() -> [FileJob]? {
    monitor.withLock {
      while unsafe batches.isEmpty, unsafe !isClosed { monitor.wait() }
      guard let batch = unsafe batches.popFirst() else { return nil }
      monitor.signalAll()
      return unsafe fault == nil ? batch : []
    }
  }

  /// Says that a popped batch is done.
  func finishBatch(_ failure: SnapFault?) {
    monitor.withLock {
      unsafe unfinishedCount -= 1
      if unsafe fault == nil { unsafe fault = failure }
      monitor.signalAll()
    }
  }

  /// Whether a fault makes all further work useless.
  var isStopped: Bool { monitor.withLock { unsafe fault != nil } }

  func waitUntilIdle() throws(SnapFault) {
    try monitor.withLock { () throws(SnapFault) in
      while unsafe unfinishedCount > 0 { monitor.wait() }
      if let fault = unsafe fault { throw fault }
    }
  }

  func close() {
    monitor.withLock {
      unsafe isClosed = true
      monitor.signalAll()
    }
  }
}

import Repositories
import SnapshotModel

/// A walk on a thread of its own, some way ahead of whoever reads it: the system is asked about names while what has
/// been found is compared.
///
/// Gives what the walker gives, in its order, and is at most some 1,100 events ahead. What a reader opens may have changed
/// since it was found, as with any walk.
package final class WalkAhead {
  private static let batchEventCount = 64
  private static let batchesMax = 16

  private let line = EventLine(batchesMax: WalkAhead.batchesMax)
  private let thread: WorkerThread
  private var batch: [WalkEvent] = []
  /// How much of the batch has been given.
  private var given = 0

  /// Starts walking.
  ///
  /// - Parameter walker: nobody else's from here on.
  /// - Throws: `SnapFault` when the system refuses another thread.
  package init(_ walker: TreeWalker) throws {
    nonisolated(unsafe) let walker = walker
    thread = try WorkerThread { [line] in unsafe Self.walk(walker, into: line) }
  }

  deinit {
    line.stop()
    thread.join()
  }

  /// - Returns: `nil` at the end.
  package func next() -> WalkEvent? {
    if given == batch.count {
      batch = line.take() ?? []
      given = 0
      if batch.isEmpty { return nil }
    }
    given += 1
    return batch[given - 1]
  }

  private static func walk(_ walker: TreeWalker, into line: EventLine) {
    var batch: [WalkEvent] = []
    while let event = walker.next() {
      batch.append(event)
      guard batch.count == batchEventCount else { continue }
      guard line.put(batch) else { return }
      batch = []
    }
    if batch.isEmpty || line.put(batch) { line.end() }
  }
}

/// The batches on their way.
private final class EventLine: Sendable {
  private let batchesMax: Int
  private let monitor = Monitor()
  nonisolated(unsafe) private var batches = Queue<[WalkEvent]>()  // these three: guarded by `monitor`
  nonisolated(unsafe) private var isEnded = false
  nonisolated(unsafe) private var isStopped = false

  init(batchesMax: Int) { self.batchesMax = batchesMax }

  /// Waits for room.
  ///
  /// - Returns: `false` when nobody reads any more.
  func put(_ batch: [WalkEvent]) -> Bool {
    monitor.withLock {
      while unsafe batches.count >= batchesMax, unsafe !isStopped { monitor.wait() }
      if unsafe isStopped { return false }
      unsafe batches.append(batch)
      monitor.signalAll()
      return true
    }
  }

  func end() {
    monitor.withLock {
      unsafe isEnded = true
      monitor.signalAll()
    }
  }

  /// - Returns: `nil` after the last.
  func take() -> [WalkEvent]? {
    monitor.withLock {
      while true {
        if let batch = unsafe batches.popFirst() {
          monitor.signalAll()
          return batch
        }
        if unsafe isEnded { return nil }
        monitor.wait()
      }
    }
  }

  func stop() {
    monitor.withLock {
      unsafe isStopped = true
      monitor.signalAll()
    }
  }
}

import Repositories
import SnapshotModel

/// A walk on a thread of its own, some way ahead of whoever reads it: the system is asked about names while what has
/// been found is compared.
///
/// Gives what the walker gives, in its order. What a reader opens may have changed since it was found, as with any walk; so that
/// this is not long ago, files of 4 MiB at most lie in between, and some 1,100 events. The walk goes on behind a larger file when the
/// reader has done with it.
package final class WalkAhead {
  private static let batchEventCountMax = 64
  private static let batchByteCountMax: UInt64 = 1 << 20

  private let line = EventLine()
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
    var byteCount: UInt64 = 0
    while let event = walker.next() {
      batch.append(event)
      byteCount &+= event.byteCount
      guard batch.count == batchEventCountMax || byteCount >= batchByteCountMax else { continue }
      guard line.put(batch, byteCount: byteCount) else { return }
      batch = []
      byteCount = 0
    }
    if batch.isEmpty || line.put(batch, byteCount: byteCount) { line.end() }
  }
}

extension WalkEvent {
  /// Of the file that may have to be read.
  fileprivate var byteCount: UInt64 {
    if case .item(let item) = self, item.status.kind == .file { item.status.size } else { 0 }
  }
}

/// The batches on their way, and the one that is being read.
private final class EventLine: Sendable {
  private static let countMax = 16
  private static let byteCountMax: UInt64 = 4 << 20

  private let monitor = Monitor()
  // These five: guarded by `monitor`.
  nonisolated(unsafe) private var batches = Queue<(events: [WalkEvent], byteCount: UInt64)>()
  nonisolated(unsafe) private var byteCount: UInt64 = 0
  nonisolated(unsafe) private var byteCountInReading: UInt64 = 0
  nonisolated(unsafe) private var isEnded = false
  nonisolated(unsafe) private var isStopped = false

  /// Waits until there is room for more behind the batch.
  ///
  /// - Returns: `false` when nobody reads any more.
  func put(_ batch: [WalkEvent], byteCount added: UInt64) -> Bool {
    monitor.withLock {
      unsafe batches.append((batch, added))
      unsafe byteCount &+= added
      monitor.signalAll()
      while unsafe !isStopped, unsafe batches.count >= Self.countMax || byteCount >= Self.byteCountMax {
        monitor.wait()
      }
      return unsafe !isStopped
    }
  }

  func end() {
    monitor.withLock {
      unsafe isEnded = true
      monitor.signalAll()
    }
  }

  /// The next batch, for a reader that has done with the one before.
  ///
  /// - Returns: `nil` after the last.
  func take() -> [WalkEvent]? {
    monitor.withLock {
      unsafe byteCount &-= byteCountInReading
      unsafe byteCountInReading = 0
      monitor.signalAll()
      while true {
        if let batch = unsafe batches.popFirst() {
          unsafe byteCountInReading = batch.byteCount
          return batch.events
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

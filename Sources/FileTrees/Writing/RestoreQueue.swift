import Glibc
import SnapshotModel

/// Batches of jobs on their way from the feeding thread to the writing ones, at most so many at a time.
///
/// The first fault stops it: later batches are taken and dropped, and the feeding thread gets the fault.
@safe final class RestoreQueue {
  // Allocated, as a lock must not move; valid until deinit, and all threads end before.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let countMax: Int
  // Below: touched only with `mutex` held.
  private var batches: [[FileJob]] = []
  private var unfinishedCount = 0
  private var isClosed = false
  private var fault: SnapFault?

  init(countMax: Int) {
    self.countMax = countMax
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Waits for room.
  ///
  /// - Throws: the fault that stopped the queue.
  func push(_ batch: [FileJob]) throws(SnapFault) {
    lock()
    defer { unlock() }
    while fault == nil, batches.count >= countMax { wait() }
    if let fault { throw fault }
    batches.append(batch)
    unfinishedCount += 1
    unsafe pthread_cond_broadcast(changed)
  }

  /// Waits for a batch.
  ///
  /// - Returns: `nil` when the queue is closed and empty.
  func pop() -> [FileJob]? {
    lock()
    defer { unlock() }
    while batches.isEmpty, !isClosed { wait() }
    guard !batches.isEmpty else { return nil }
    let batch = batches.removeFirst()
    unsafe pthread_cond_broadcast(changed)
    return fault == nil ? batch : []
  }

  /// Says that a popped batch is done.
  func finishBatch(_ failure: SnapFault?) {
    lock()
    defer { unlock() }
    unfinishedCount -= 1
    if fault == nil { fault = failure }
    unsafe pthread_cond_broadcast(changed)
  }

  /// Whether a fault makes all further work useless.
  var isStopped: Bool {
    lock()
    defer { unlock() }
    return fault != nil
  }

  func waitUntilIdle() throws(SnapFault) {
    lock()
    defer { unlock() }
    while unfinishedCount > 0 { wait() }
    if let fault { throw fault }
  }

  func close() {
    lock()
    defer { unlock() }
    isClosed = true
    unsafe pthread_cond_broadcast(changed)
  }

  private func lock() { unsafe pthread_mutex_lock(mutex) }
  private func unlock() { unsafe pthread_mutex_unlock(mutex) }
  private func wait() { unsafe pthread_cond_wait(changed, mutex) }
}

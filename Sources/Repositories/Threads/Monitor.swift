import Glibc
import ObjectStores
import SnapshotModel

/// A mutual exclusion lock with a condition to wait for: what queues between threads stand on.
///
/// The standard library's `Mutex` has no condition variable, and the cooperative pool must not be blocked.
@safe package final class Monitor: @unchecked Sendable {
  // Heap-allocated because pthread objects must keep their address; freed only in deinit, when no thread holds `self`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    let results = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
    precondition(results == (0, 0), "pthread objects need no resources on Linux")
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  package func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Releases the lock until someone signals; call inside `withLock`, in a loop that tests what is waited for.
  package func wait() { unsafe pthread_cond_wait(condition, mutex) }

  package func signalAll() { unsafe pthread_cond_broadcast(condition) }
}

/// Runs `body` on a new thread; `join()` waits for its end.
package final class WorkerThread: @unchecked Sendable {
  private var handle = pthread_t()
  private let body: @Sendable () -> Void

  /// - Throws: `SnapFault` when the system refuses another thread.
  package init(_ body: @escaping @Sendable () -> Void) throws {
    self.body = body
    let retained = unsafe Unmanaged.passRetained(self)
    // The thread releases the reference that it is handed here.
    let status = unsafe pthread_create(
      &handle, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, retained.toOpaque())
    guard status == 0 else {
      unsafe retained.release()
      throw SnapFault(.failed, "cannot start a thread: \(errorText(status))")
    }
  }

  package func join() { pthread_join(handle, nil) }
}

import Packing
import Sealing
import SnapshotModel

/// What one worker thread owns: contexts that are costly to make and must not be shared.
package final class WorkerTools {
  package let hasher: ChunkHasher
  package let encoder = FrameEncoder()
  package let decoder = FrameDecoder()

  package init(naming: ChunkNaming) { hasher = ChunkHasher(naming) }
}

/// The result of a job that a pool runs.
package final class PoolResult<Value: Sendable>: Sendable {
  private let monitor = Monitor()
  nonisolated(unsafe) private var outcome: Result<Value, any Error>?  // guarded by `monitor`

  fileprivate func fulfil(_ outcome: Result<Value, any Error>) {
    monitor.withLock {
      unsafe self.outcome = outcome
      monitor.signalAll()
    }
  }

  /// Whether `get` would not wait.
  package var isReady: Bool { monitor.withLock { unsafe outcome != nil } }

  /// Waits for the job and returns what it returned or throws what it threw.
  package func get() throws -> Value {
    let outcome: Result<Value, any Error> = monitor.withLock {
      while true {
        if let outcome = unsafe self.outcome { return outcome }
        monitor.wait()
      }
    }
    return try outcome.get()
  }
}

/// A fixed set of threads that run jobs in the order in which they are submitted.
///
/// Whoever submits bounds what is in flight by taking results back in submission order before submitting more: so
/// memory is bounded, and what is decided from results never depends on thread timing.
package final class WorkerPool: Sendable {
  private typealias Job = (WorkerTools) -> Void

  private let monitor = Monitor()
  nonisolated(unsafe) private var jobs = Queue<Job>()  // these two: guarded by `monitor`
  nonisolated(unsafe) private var isClosed = false
  nonisolated(unsafe) private var threads: [WorkerThread] = []  // written in init and in `close` only

  package let threadCount: Int
  /// Without threads: what the one who submits works with.
  nonisolated(unsafe) private let ownTools: WorkerTools?  // of one thread

  /// - Parameters:
  ///   - naming: how the tools' hashers name chunks.
  ///   - threadCount: 0: jobs are done where they are submitted.
  /// - Throws: `SnapFault` when the system refuses the threads.
  package init(naming: ChunkNaming, threadCount: Int) throws {
    self.threadCount = threadCount
    unsafe ownTools = threadCount == 0 ? WorkerTools(naming: naming) : nil
    for _ in 0..<threadCount {
      let thread = try WorkerThread { [monitor, self] in
        let tools = WorkerTools(naming: naming)
        while let job = monitor.withLock({ self.nextJob() }) { job(tools) }
      }
      unsafe threads.append(thread)
    }
  }

  package func submit<Value: Sendable>(_ body: @escaping @Sendable (WorkerTools) throws -> Value) -> PoolResult<Value> {
    let result = PoolResult<Value>()
    if let ownTools = unsafe ownTools {
      result.fulfil(Result { try body(ownTools) })
      return result
    }
    monitor.withLock {
      unsafe jobs.append { tools in result.fulfil(Result { try body(tools) }) }
      monitor.signalAll()
    }
    return result
  }

  /// Lets the threads end after the jobs that were submitted, and waits for them.
  package func close() {
    monitor.withLock {
      unsafe isClosed = true
      monitor.signalAll()
    }
    for thread in unsafe threads { thread.join() }
    unsafe threads = []
  }

  /// Call under the lock: waits for a job; `nil` when the pool is closed and empty.
  private func nextJob() -> Job? {
    while true {
      if let job = unsafe jobs.popFirst() { return job }
      if unsafe isClosed { return nil }
      monitor.wait()
    }
  }
}

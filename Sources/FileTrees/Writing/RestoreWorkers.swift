import Glibc
import SnapshotModel

/// The threads that write files, and the bounded queue that feeds them.
///
/// One thread feeds. Jobs travel in batches, as a queue step costs as much as three system calls; the bound also
/// bounds the open folders. Fewer jobs than one batch never start a thread.
final class RestoreWorkers {
  private let context: RestoreContext
  private let queue: RestoreQueue
  private var threads: [pthread_t] = []
  private var batch: [FileJob] = []
  private var batchByteCount: UInt64 = 0
  /// The feeding thread's own, then one for each thread; theirs are read while they are idle only.
  private var restorers: [FileRestorer]

  /// Sorted; made when first asked for, as most trees have no hard links.
  private var done: [UInt64] = []

  /// 32 jobs, at most 7 batches in flight: at most 224 open folders, well below the common limit of 1024 descriptors.
  private static let batchCountMax = 32
  private static let batchByteCountMax: UInt64 = 1 << 20
  private static let queueCountMax = 4

  init(context: RestoreContext) {
    self.context = context
    queue = RestoreQueue(countMax: Self.queueCountMax)
    restorers = [FileRestorer(context: context, thread: 0)]
  }

  /// - Throws: the fault that ended the restore in one of the threads.
  func add(_ job: FileJob) throws(SnapFault) {
    batch.append(job)
    batchByteCount &+= min(job.entry.size, Self.batchByteCountMax)
    if batch.count >= Self.batchCountMax || batchByteCount >= Self.batchByteCountMax { try send() }
  }

  private func send() throws(SnapFault) {
    if threads.isEmpty { start() }
    let full = batch
    batch = []
    batchByteCount = 0
    if threads.isEmpty {
      try run(full)
    } else {
      try queue.push(full)
    }
  }

  private func run(_ jobs: [FileJob]) throws(SnapFault) {
    for job in jobs { try restorers[0].restore(job) }
  }

  /// Waits until all jobs so far are done.
  func drain() throws(SnapFault) {
    let rest = batch
    batch = []
    batchByteCount = 0
    if threads.isEmpty {
      try run(rest)
    } else {
      if !rest.isEmpty { try queue.push(rest) }
      try queue.waitUntilIdle()
    }
  }

  /// Ends the threads, also after a fault, and gives what they have done.
  func finish() -> RestoreSummary {
    queue.close()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
    var summary = RestoreSummary()
    for restorer in restorers { summary.add(restorer.summary) }
    return summary
  }

  /// Whether `fingerprint` is of a file that is done; only after `drain`.
  func hasDone(_ fingerprint: UInt64) -> Bool {
    if done.count != restorers.reduce(0, { $0 + $1.fingerprints.count }) {
      done = restorers.flatMap(\.fingerprints).sorted()
    }
    let at = partitioningIndex(in: done.indices) { done[$0] >= fingerprint }
    return at < done.count && done[at] == fingerprint
  }

  private func start() {
    for number in 1...max(1, context.options.writerCount) {
      var thread = pthread_t()
      let restorer = FileRestorer(context: context, thread: number)
      // The thread takes over the one reference that is made here.
      let argument = unsafe Unmanaged.passRetained(Worker(queue: queue, restorer: restorer)).toOpaque()
      let result = unsafe pthread_create(&thread, nil, runWorker, argument)
      if result == 0 {
        threads.append(thread)
        restorers.append(restorer)
      } else {
        // Without a further thread the others, or the feeding one, do the work.
        unsafe Unmanaged<Worker>.fromOpaque(argument).release()
      }
    }
  }
}

private final class Worker {
  private let queue: RestoreQueue
  private let restorer: FileRestorer

  init(queue: RestoreQueue, restorer: FileRestorer) {
    self.queue = queue
    self.restorer = restorer
  }

  func run() {
    while let jobs = queue.pop() {
      var fault: SnapFault?
      do throws(SnapFault) {
        for job in jobs where !queue.isStopped { try restorer.restore(job) }
      } catch {
        fault = error
      }
      queue.finishBatch(fault)
    }
  }
}

private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // The reference that `start` passed: never nil.
  if let argument = unsafe argument { unsafe Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}

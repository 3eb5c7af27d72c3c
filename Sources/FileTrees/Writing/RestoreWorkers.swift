import Repositories
import SnapshotModel

/// The threads that write files, and the bounded queue that feeds them.
///
/// One thread feeds. Jobs travel in batches, as a queue step costs as much as three system calls; the bound also
/// bounds the open folders. Fewer jobs than one batch never start a thread.
final class RestoreWorkers {
  private let context: RestoreContext
  private let queue: RestoreQueue
  private var threads: [WorkerThread] = []
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
    for thread in threads { thread.join() }
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
      let restorer = FileRestorer(context: context, thread: number)
      // Its thread's own until that ends or is idle.
      nonisolated(unsafe) let worker = restorer
      // Without a further thread the others, or the feeding one, do the work.
      guard let thread = try? WorkerThread({ [queue] in unsafe Self.work(worker, through: queue) }) else { continue }
      threads.append(thread)
      restorers.append(restorer)
    }
  }

  private static func work(_ restorer: FileRestorer, through queue: RestoreQueue) {
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

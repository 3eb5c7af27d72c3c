import ObjectStores
import Packing
import Sealing
import SnapshotModel

extension Repository {
  /// Runs `body` as a save: with an up-to-date index and worker threads, announced to collectors, and again from the
  /// start whenever a collector took away what it relied on.
  package func withSaveInProgress<R>(
    isDryRun: Bool = false, _ body: (WorkerPool) throws -> R
  ) throws -> R {
    try asFault {
      let pool = try makeWorkerPool()
      defer { pool.close() }
      let announcement = ObjectName.pending(machine.newID())
      if !isDryRun {
        do {
          try store.announce(announcement, SaveAnnouncement(by: machine).encoded())
        } catch let error as ObjectStoreError {
          throw error.faultOfSave
        }
      }
      defer { if !isDryRun { store.withdraw(announcement) } }
      for _ in 0..<5 {
        do {
          return try body(pool)
        } catch is SaveMustRepeat {
          // What this attempt stored is adopted, as far as it is sound; what was adopted and no longer is goes.
          try forgetUnsoundPacks()
          continue
        } catch let error as ObjectStoreError {
          throw error.faultOfSave
        }
      }
      throw SnapFault(
        .busy, "collectors removed what this save stored five times in a row; nothing was added to history",
        hint: "try again when no snap gc is running")
    }
  }
}

extension ObjectStoreError {
  /// The fault, with what it means for a save.
  fileprivate var faultOfSave: SnapFault {
    var fault = fault
    switch self {
    case .noSpace, .quota: fault.message += "; nothing was added to history"
    case .inputOutput, .notDurable: fault.message += "; save stopped, earlier snapshots are unaffected"
    default: break
    }
    return fault
  }
}

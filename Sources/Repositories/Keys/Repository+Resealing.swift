import ObjectStores
import Packing
import SnapshotModel

extension Repository {
  /// What sealing everything under the newest keys came to.
  package struct Resealing: Sendable {
    package var packs: Int
    package var records: Int
    /// Packs that a running save may be about to use: they keep their keys.
    package var packsLeft: Int
  }

  /// Moves all that older keys seal under the newest: packs as a collection does it, records one by one.
  ///
  /// The older keys stay in the ring, for a save that began before the rotation may still be using them.
  package func reseal() throws -> Resealing {
    let plan = try GarbageCollector.plan(in: self, undoWindowSeconds: .max, resealing: true)
    if !plan.isEmpty { try GarbageCollector.execute(plan, in: self) }
    return try asFault {
      Resealing(
        packs: plan.packsDeleted + plan.packsRewritten, records: try resealRecords(store.isOutdated),
        packsLeft: try packNames().count { try store.isOutdated(.pack($0)) })
    }
  }

  /// - Returns: how many were due.
  func resealRecords(_ isDue: (ObjectName) throws -> Bool) throws -> Int {
    var count = 0
    var history: OperationLog.History?
    for folder in [ObjectFolder.snapshots, .trash, .labels, .operations] {
      for name in try store.list(folder) {
        do {
          guard try isDue(name) else { continue }
          let before = try history ?? OperationLog.history(in: self)
          history = before
          if try rewrite(name, since: before) { count += 1 }
        } catch ObjectStoreError.missing, ObjectStoreError.truncated, ObjectStoreError.exists {
          continue  // Moved on meanwhile, or damaged: `verify` tells.
        } catch is PackingError {
          continue
        }
      }
    }
    return count
  }

  /// Seals a record under the newest keys.
  ///
  /// - Returns: `false` where it was forgotten or taken back meanwhile: writing it has then brought it back, and it goes again.
  private func rewrite(_ name: ObjectName, since before: OperationLog.History) throws -> Bool {
    let stoodTwice = try standsElsewhere(name)
    let record = try store.read(name)
    try store.replace(name, record)
    let hasMoved = try !stoodTwice && standsElsewhere(name)
    guard try hasMoved || wasGivenUp(name, record, since: before) else { return true }
    try store.delete([name])
    // And moved on once more: it must stand somewhere.
    if try !standsElsewhere(name) && !wasGivenUp(name, record, since: before) { try store.create(name, record) }
    return false
  }

  /// Whether a version's record is among the forgotten and among the others, as while it moves, or when that was cut short.
  private func standsElsewhere(_ name: ObjectName) throws -> Bool {
    switch name {
    case .snapshot(let id): try store.exists(.trash(id))
    case .trash(let id): try store.exists(.snapshot(id))
    default: false
    }
  }

  /// Whether a version was forgotten meanwhile and a collector has given it up, so that nothing of it stands in the trash.
  ///
  /// The log alone does not tell: an undo has its version back before it says so. What is all there stays.
  private func wasGivenUp(_ name: ObjectName, _ record: [UInt8], since before: OperationLog.History) throws -> Bool {
    guard case .snapshot(let id) = name, !before.forgotten.contains(id),
      try OperationLog.names(in: self) != before.names, try OperationLog.history(in: self).forgotten.contains(id)
    else { return false }
    return try !isAvailable(SnapshotCoder.decode(record))
  }
}

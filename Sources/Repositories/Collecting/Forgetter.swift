import ObjectStores
import Packing
import SnapshotModel

/// What forgetting some versions would do.
package struct ForgetPlan: Sendable {
  package var snapshots: [ListedSnapshot]
  /// Asked for, but held: they block.
  package var held: [ListedSnapshot]
  /// Forgetting moves records; it frees nothing by itself.
  package var bytesFreedNow: UInt64
  /// What the next collection frees in all if it gives up everything: these, and what was forgotten or dead before.
  ///
  /// Exact when nobody else writes. `nil` when the list of files of some version cannot be read: then nothing can be
  /// foretold, and nothing collected but by forgetting that version.
  package var bytesFreedByCollection: UInt64?
}

/// Moves versions into the undo window.
package enum Forgetter {
  /// - Parameter ids: of committed snapshots.
  package static func plan(_ ids: [SnapshotID], in repository: Repository) throws -> ForgetPlan {
    try asFault {
      try repository.adoptPacks()
      let wanted = Set(ids)
      let chosen = try repository.snapshots().filter { wanted.contains($0.snapshot.id) }
      return ForgetPlan(
        snapshots: chosen, held: chosen.filter(\.isHeld), bytesFreedNow: 0,
        bytesFreedByCollection: try foretold(wanted, in: repository))
    }
  }

  private static func foretold(_ wanted: Set<SnapshotID>, in repository: Repository) throws -> UInt64? {
    do {
      return try bytesFreed(byForgetting: wanted, in: repository)
    } catch let error as GarbageRoots.UnreadableManifest {
      repository.events.warn("what that frees cannot be told: \(error.text)")
      return nil
    }
  }

  /// What the next collection frees more when some versions are forgotten before.
  ///
  /// Cost: reading what all versions need; where that collection would encode history anew, doing so without writing.
  static func bytesFreed(byForgetting ids: Set<SnapshotID>, in repository: Repository) throws -> UInt64 {
    func bytesFreed(forgetting ids: Set<SnapshotID>) throws -> UInt64 {
      let usual = try GarbagePlan.make(for: repository, undoWindowSeconds: 0, forgetting: ids)
      let repack = try GarbageCollector.repackIfWasteful(
        in: repository, insteadOf: usual, isDryRun: true, undoWindowSeconds: 0, forgetting: ids)
      return repack?.plan.bytesFreed ?? usual.bytesFreed
    }
    let (before, after) = (try bytesFreed(forgetting: []), try bytesFreed(forgetting: ids))
    return after - min(before, after)
  }

  /// Creates each record in the trash before it goes from the snapshots, so that it is a root at every moment.
  ///
  /// - Throws: `SnapFault` `.refused` when one is held.
  package static func execute(_ plan: ForgetPlan, in repository: Repository) throws {
    if let held = plan.held.first {
      let reasons = held.labels.holds.map { $0.value.isEmpty ? $0.key : "\($0.key): \($0.value)" }.sorted()
      throw SnapFault(
        .refused, "\(held.snapshot.version) is held (\(reasons.joined(separator: ", "))); nothing was forgotten",
        hint: "snap release \(held.snapshot.version)")
    }
    try asFault {
      try repository.withReserve {
        // First of all, so that a forgetting that is cut short can be undone.
        try OperationLog.append(
          .forget, "forgot \(plan.snapshots.map(\.snapshot.version).joined(separator: ", "))",
          plan.snapshots.map(\.snapshot.id), in: repository)
        // Run again with the reserve's space, some are there already.
        for listed in plan.snapshots where try repository.store.exists(.snapshot(listed.snapshot.id)) {
          try repository.move(listed.snapshot.id, from: ObjectName.snapshot, to: ObjectName.trash)
        }
      }
      try repository.adoptRecords()
    }
  }
}

extension Repository {
  /// Creates the record under its new name, then deletes it under the old one.
  func move(
    _ id: SnapshotID, from source: (SnapshotID) -> ObjectName, to target: (SnapshotID) -> ObjectName
  ) throws {
    try copy(id, from: source, to: target)
    try store.delete([source(id)])
  }

  /// Takes a forgotten version back, unless a collector has given it up meanwhile.
  ///
  /// - Throws: `SnapFault` `.refused` then.
  func takeBack(_ snapshot: Snapshot) throws {
    let id = snapshot.id
    let refusal = SnapFault(
      .refused, "\(snapshot.version) cannot be taken back: a collection has given it up", hint: "snap list")
    do {
      // Kept from here on, and no version yet: whoever cannot read takes those for whole.
      try copy(id, from: ObjectName.trash, to: ObjectName.pending)
    } catch ObjectStoreError.missing(.trash) {
      throw refusal
    }
    // A collector deletes the record in the trash before it makes its tomb, and lists the pending ones after that. So
    // while the record is still there, none has passed over the version.
    if try !store.exists(.trash(id)), try !isAvailable(snapshot) {
      try store.delete([.pending(id)])
      throw refusal
    }
    do {
      try store.rename(.pending(id), to: .snapshot(id))
    } catch ObjectStoreError.missing(.pending) {
      throw SnapFault(.busy, "another process took this undo for dead", hint: "run it again")
    } catch ObjectStoreError.exists {
      try copy(id, from: ObjectName.pending, to: ObjectName.snapshot)
    }
    try store.delete([.pending(id), .trash(id)])
  }

  private func copy(
    _ id: SnapshotID, from source: (SnapshotID) -> ObjectName, to target: (SnapshotID) -> ObjectName
  ) throws {
    do {
      try store.copyRecord(source(id), to: target(id), replacing: false)
    } catch ObjectStoreError.exists {
      // Left by a move that was interrupted: the same record, but its age must be counted from now. Or a VOID, which
      // only kept a save from committing that had long committed: it must not take the record's place.
      try requireNoOthersRecord(at: target(id), for: source(id))
      try store.copyRecord(source(id), to: target(id), replacing: true)
    }
  }

  /// - Throws: `SnapFault` `.refused` when a client that can only save has put a record where another's version of the same id is.
  private func requireNoOthersRecord(at target: ObjectName, for source: ObjectName) throws {
    guard let moving = try? SnapshotCoder.decode(store.read(source)), let writer = moving.writer,
      let there = try? SnapshotCoder.decode(store.read(target)), there.writer != writer
    else { return }
    throw SnapFault(
      .refused, "\(moving.version) has the id of another version, which \(target.path) is; nothing was done with it",
      hint: there.writer == nil
        ? "rm \(folder)/\(source.path)"
        : "one of the machines '\(writer)' and '\(there.writer ?? "")' copied it: move that one's file out of \(folder)"
    )
  }
}

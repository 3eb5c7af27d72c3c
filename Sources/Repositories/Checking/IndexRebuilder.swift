import Glibc
import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Makes the derived index anew, and the records that only their copies in packs still tell of.
package enum IndexRebuilder {
  package struct Outcome: Sendable {
    package var packs: Int
    package var chunks: Int
    package var snapshots: Int
    /// Records that were written again from their copies.
    package var recordsRecovered: Int
    /// Versions whose labels were damaged, and are gone.
    package var labelsDropped: [SnapshotID] = []
  }

  /// Works also where the index is so damaged that the repository would not open otherwise.
  package static func rebuild(
    _ path: String, access: RepositoryAccess = .plain, events: any RepositoryEvents
  ) throws -> Outcome {
    try asFault {
      var repository = try Repository.open(at: path, access: access, events: events)
      if repository.isWriteOnly { throw RepositoryStore.onlyWrites }
      if let reason = repository.index.reasonNotWritten {
        throw SnapFault(
          reason.meansReadOnly ? .permission : .noSpace,
          "the index of \(repository.folder) cannot be written: \(reason.shortText)", path: repository.folder)
      }
      // Before the index goes: it may be the only one that remembers them, as far as it can be read.
      var found = 0
      do { found = try recoverLost(in: repository) } catch let error as IndexError where error.callsForRebuild {}
      let indexPath = repository.index.path
      repository.index.close()
      try removeIndex(indexPath)
      repository = try Repository.open(at: path, access: access, events: events)
      let recovered =
        try found + recoverLost(in: repository) + recoverRecords(in: repository) + resealDamaged(in: repository)
      let dropped = try dropDamagedLabels(in: repository)
      let packs = try repository.index.packIDs().count
      var chunks = 0
      try repository.index.forEachChunk { _, _ in chunks += 1 }
      return Outcome(
        packs: packs, chunks: chunks, snapshots: try repository.snapshots().count, recordsRecovered: recovered,
        labelsDropped: dropped)
    }
  }

  private static func removeIndex(_ path: String) throws {
    for suffix in ["", "-wal", "-shm"] where unsafe unlink(path + suffix) != 0 && errno != ENOENT {
      throw SnapFault(.inputOutput, "cannot remove \(path + suffix): \(errorText(errno))")
    }
  }

  /// Writes records again that are missing though nothing forgot them.
  private static func recoverLost(in repository: Repository) throws -> Int {
    let lost = try repository.lostSnapshots()
    // As they were stored, with fields that this version may not know.
    let records = Dictionary(uniqueKeysWithValues: try repository.index.lostRecords())
    for snapshot in lost {
      do {
        try repository.store.create(
          .snapshot(snapshot.id), records[snapshot.id] ?? SnapshotCoder.encode(snapshot))
      } catch ObjectStoreError.exists {}  // Somebody else was quicker.
    }
    if !lost.isEmpty { try repository.adoptRecords() }
    return lost.count
  }

  /// Labels have no copy; damaged ones say nothing any more, and would be complained of for ever.
  private static func dropDamagedLabels(in repository: Repository) throws -> [SnapshotID] {
    let damaged = try repository.store.list(.labels).filter { name in
      do {
        _ = try LabelsCoder.decode(repository.store.read(name))
        return false
      } catch let error as PackingError {
        return !error.isNewerFormat
      } catch ObjectStoreError.missing {
        return false
      }
    }
    guard !damaged.isEmpty else { return [] }
    try repository.store.delete(damaged)
    try repository.adoptRecords()
    return damaged.compactMap(\.snapshotID)
  }

  /// Writes damaged records again from their copies, and missing ones when no record is left at all.
  private static func recoverRecords(in repository: Repository) throws -> Int {
    let store = repository.store
    let names = try store.list(.snapshots)
    var damaged: [SnapshotID] = []
    for name in names {
      guard let id = name.snapshotID else { continue }
      let record = try store.readRecord(name)
      if !SnapshotCoder.isVoid(record), (try? SnapshotCoder.decode(record)) == nil { damaged.append(id) }
    }
    let isAllLost = try names.isEmpty && store.list(.trash).isEmpty
    guard isAllLost || !damaged.isEmpty else { return 0 }
    let copies = try repository.recordCopies()
    let wanted = isAllLost ? Array(copies.keys) : damaged.filter { copies[$0] != nil }
    for id in wanted {
      guard let copy = copies[id] else { continue }
      try store.replace(.snapshot(id), SnapshotCoder.encode(copy))
    }
    // The index holds the damaged bytes under the same ids: take them out before the records are read again.
    for id in wanted { try repository.index.removeRecord(.snapshots, id) }
    try repository.index.setStamp("records." + ObjectFolder.snapshots.name, 0)
    try repository.adoptRecords()
    return wanted.count
  }

  /// Writes sealed records again that can be read though a part is damaged that stands twice in them.
  ///
  /// - Returns: how many.
  private static func resealDamaged(in repository: Repository) throws -> Int {
    guard repository.isEncrypted else { return 0 }
    let store = repository.store
    return try repository.resealRecords { name in
      do {
        _ = try store.read(name, isStrict: true)
        return false
      } catch is PackingError {
        return (try? store.read(name)) != nil
      }
    }
  }
}

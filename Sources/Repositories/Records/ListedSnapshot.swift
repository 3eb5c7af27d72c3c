import Indexing
import ObjectStores
import Packing
import SnapshotModel
import Synchronization

/// A snapshot with what was said about it later.
package struct ListedSnapshot: Sendable {
  package var snapshot: Snapshot
  package var labels: SnapshotLabels

  package init(snapshot: Snapshot, labels: SnapshotLabels) {
    self.snapshot = snapshot
    self.labels = labels
  }

  /// Tags given on saving and later ones, sorted, once each.
  package var tags: [String] { Array(Set(snapshot.tags + labels.tags)).sorted() }
  package var isHeld: Bool { !labels.holds.isEmpty }
  package var isSuspect: Bool { !labels.suspect.isEmpty }

  /// The tag of versions that hold only what a restore in place was about to overwrite.
  package static let safetyTag = "before-restore"

  /// Such a version is part of a tree only, and nobody means it by `latest`.
  package var isSafetyCopy: Bool { snapshot.tags.contains(Self.safetyTag) }
}

extension Repository {
  /// Committed snapshots, oldest first.
  package func snapshots() throws -> [ListedSnapshot] { try listed(in: .snapshots) }

  /// Whether `snapshots` or `trashed` had to leave one out.
  package var hasUnreadableRecords: Bool { unreadableRecords.withLock { !$0.isEmpty } }

  /// Forgotten snapshots that can still be taken back, oldest first.
  package func trashed() throws -> [ListedSnapshot] {
    // A record in both folders is what a move leaves that was cut short: not forgotten, or taken back.
    let committed = Set(try index.records(.snapshots).map(\.0))
    return try listed(in: .trash).filter { !committed.contains($0.snapshot.id) }
  }

  /// Replaces a snapshot's labels, durably.
  package func setLabels(_ labels: SnapshotLabels, of id: SnapshotID) throws {
    try asFault {
      if labels.isEmpty {
        try store.delete([.labels(id)])
      } else {
        try store.replace(.labels(id), LabelsCoder.encode(labels))
      }
      try adoptRecords()
    }
  }

  /// Records that do not decode are left out and told about; VOID ones never were snapshots.
  private func listed(in folder: RecordFolder) throws -> [ListedSnapshot] {
    try asFault {
      var labels: [SnapshotID: SnapshotLabels] = [:]
      for (id, record) in try index.records(.labels) {
        do {
          labels[id] = try LabelsCoder.decode(record)
        } catch {
          events.warn("the labels of snapshot \(id.short) are damaged and left aside: \(error)")
        }
      }
      var found: [ListedSnapshot] = []
      for (id, record) in try index.records(folder) where !SnapshotCoder.isVoid(record) {
        guard let snapshot = try snapshot(id, decoding: record, in: folder) else { continue }
        found.append(ListedSnapshot(snapshot: snapshot, labels: labels[id] ?? SnapshotLabels()))
      }
      return found.sorted {
        ($0.snapshot.created, $0.snapshot.id) < ($1.snapshot.created, $1.snapshot.id)
      }
    }
  }

  /// The snapshot that a record spells; one that does not decode is read again from the store, then from its copy in a pack.
  private func snapshot(_ id: SnapshotID, decoding record: [UInt8], in folder: RecordFolder) throws -> Snapshot? {
    do {
      let snapshot = try SnapshotCoder.decode(record)
      guard snapshot.id == id else { throw PackingError.damaged(what: "snapshot record") }
      return snapshot
    } catch PackingError.newerFormat(let what, let version) {
      throw SnapFault(
        .newerFormat, "\(what) \(id.short) has format version \(version); this is snap \(toolVersion)",
        hint: "upgrade snap"
      )
    } catch is PackingError {
      let name: ObjectName = folder == .trash ? .trash(id) : .snapshot(id)
      if let stored = try? store.read(name), stored != record {
        try? index.setRecord(folder, id, record: stored)  // Spares the next command this look.
        return try snapshot(id, decoding: stored, in: folder)
      }
      if store.isUnbelievable(name) {
        tellUnbelievable(name)
        return nil
      }
      if let copy = try recordCopies()[id] {
        events.note("snapshot \(id.short) is damaged; recovered from its copy in a pack")
        return copy
      }
      events.warn("snapshot \(id.short) is damaged, and no pack holds a copy; run snap verify")
      unreadableRecords.withLock { _ = $0.insert(id) }
      return nil
    }
  }

  /// A record that was signed by nobody whose key is there: it neither is a version nor stands in the way of any.
  func tellUnbelievable(_ name: ObjectName) {
    events.warn("\(name.path) is of nobody who may save here; it counts for nothing, and \(folder)/\(name.path) may go")
  }

  /// The snapshot records that saves left in their last packs. Cost: the directory of every pack.
  func recordCopies() throws -> [SnapshotID: Snapshot] {
    var copies: [SnapshotID: Snapshot] = [:]
    let decoder = FrameDecoder()
    for pack in try packNames() {
      guard let directory = try directory(of: pack) else { continue }
      for frame in directory.frames where frame.header.kind == .snapshotRecord {
        guard let stored = try? store.read(.pack(pack), range: frame.range),
          let bytes = try? decoder.decode(frame.header, payload: stored[frame.header.headerLength...], prefix: []),
          let snapshot = try? SnapshotCoder.decode(bytes)
        else { continue }  // A damaged copy is no copy.
        copies[snapshot.id] = snapshot
      }
    }
    return copies
  }
}

import ObjectStores
import Packing
import SnapshotModel

/// What must be kept: every committed snapshot, every one inside the undo window, and every one about to be committed.
struct GarbageRoots {
  /// The list of files of a version cannot be had, so what it needs is unknown.
  struct UnreadableManifest: Error {
    var version: String
    var reason: String

    var text: String { "the list of files of \(version) cannot be read (\(reason))" }

    var fault: SnapFault {
      SnapFault(
        .damage, "\(text); nothing may be collected while it is there",
        hint: "snap verify; snap repair --from brings back what a copy has; snap forget \(version) gives it up")
    }
  }

  /// Not the forgotten, the pending and the lost of which nobody can tell any more what they need.
  var snapshots: [Snapshot]
  /// Forgotten ones that are given up.
  var expired: [ListedSnapshot]
  private let store: RepositoryStore

  /// Lists in the order that the protocol asks for: snapshots, pending, trash, snapshots again. Whoever moves from one
  /// to the next creates there before deleting here, so one of the listings sees it.
  init(_ repository: Repository, undoWindowSeconds: Int64, forgetting: Set<SnapshotID> = []) throws {
    let store = repository.store
    self.store = store
    var records: [SnapshotID: Snapshot] = [:]
    // Whoever can only save can put a record beside another's of the same id: it stands for nothing but itself.
    var written: [Snapshot] = []
    func collect(_ folder: ObjectFolder, unless isLeftOut: (SnapshotID) throws -> Bool = { _ in false }) throws {
      for name in try store.list(folder) {
        guard let id = name.snapshotID, records[id] == nil, try !isLeftOut(id) else { continue }
        do {
          let record = try store.read(name)
          if SnapshotCoder.isVoid(record) || SaveAnnouncement(decoding: record) != nil { continue }
          let snapshot = try SnapshotCoder.decode(record)
          // The pending one is reaped, too.
          if folder != .snapshots, try !repository.canTellNeeds(of: snapshot) { continue }
          if snapshot.writer == nil { records[id] = snapshot } else { written.append(snapshot) }
        } catch ObjectStoreError.missing {
          continue  // Moved on; a later listing sees where to.
        } catch let error as PackingError {
          // Torn, or damaged: it is reaped before anything else is deleted, so nobody can commit it any more.
          if folder == .pending, !error.isNewerFormat { continue }
          if store.isUnbelievable(name) {
            repository.tellUnbelievable(name)
            continue
          }
          guard let copy = try repository.recordCopies()[id] else {
            throw SnapFault(
              .damage, "the record of snapshot \(id.short) is damaged; nothing may be collected while it is there",
              hint: "snap repair; if there is no copy of it, rm \(repository.folder)/\(name.path) gives the version up")
          }
          records[id] = copy
        }
      }
    }
    try collect(.snapshots, unless: forgetting.contains)
    try collect(.pending, unless: forgetting.contains)
    expired = []
    let now = repository.machine.now()
    var expiredIDs = Set<SnapshotID>()
    // About to be taken back, or never forgotten.
    let kept = try repository.trashedByNobody().union(records.keys).union(written.map(\.id))
    for listed in try repository.trashed() where !kept.contains(listed.snapshot.id) {
      let id = listed.snapshot.id
      let forgotten = try store.modificationTime(.trash(id)) ?? now
      // By a clock that was ahead: not long ago, for all that anybody can tell.
      guard max(0, now.seconds(since: forgotten)) >= undoWindowSeconds else { continue }
      expired.append(listed)
      expiredIDs.insert(id)
    }
    if !forgetting.isEmpty { expired += try repository.snapshots().filter { forgetting.contains($0.snapshot.id) } }
    try collect(.trash) { expiredIDs.contains($0) || forgetting.contains($0) }
    try collect(.snapshots, unless: forgetting.contains)
    for lost in try repository.lostSnapshots() where records[lost.id] == nil && !forgetting.contains(lost.id) {
      records[lost.id] = lost
    }
    snapshots = (Array(records.values) + Set(written)).sorted { $0.id < $1.id }
  }

  /// By node of the graph: which frames the roots need.
  ///
  /// - Throws: `UnreadableManifest` that names the version: what cannot be read cannot be protected.
  func liveFrames(of graph: PackGraph, reader: ChunkReader) throws -> [Bool] {
    var marker = LivenessMarker(graph: graph, reader: reader)
    for snapshot in snapshots {
      do {
        try marker.mark(snapshot)
      } catch let error where meansDamage(error) {
        // Given up since it was listed: another collector may have freed what it needed.
        if try !isRoot(snapshot.id) { continue }
        throw UnreadableManifest(version: snapshot.version, reason: "\(error)")
      }
    }
    return marker.isLive
  }

  /// Whether a record is there now. One that moves is seen: it comes to stand in one place before it goes from the other.
  private func isRoot(_ id: SnapshotID) throws -> Bool {
    try store.exists(.snapshot(id)) || store.exists(.pending(id)) || store.exists(.trash(id))
      || store.exists(.snapshot(id))
  }
}

extension Repository {
  /// Whether all can be read that says which chunks a version needs.
  func canTellNeeds(of snapshot: Snapshot) throws -> Bool {
    while true {
      let packs = try packNames()
      do {
        try Manifest(snapshot.manifest, reader: reader()).checkStructure()
        return true
      } catch let error where meansDamage(error) {
        // Unless a collector was just moving it.
        if try packNames() == packs { return false }
      }
    }
  }
}

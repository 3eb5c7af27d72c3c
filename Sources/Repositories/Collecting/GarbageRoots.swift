import ObjectStores
import Packing
import SnapshotModel

/// What must be kept: every committed snapshot, every one inside the undo window, and every one about to be committed.
struct GarbageRoots {
  var snapshots: [Snapshot]
  /// Forgotten ones that are given up.
  var expired: [ListedSnapshot]

  /// Lists in the order that the protocol asks for: snapshots, pending, trash, snapshots again. Whoever moves from one
  /// to the next creates there before deleting here, so one of the listings sees it.
  init(_ repository: Repository, undoWindowSeconds: Int64, forgetting: Set<SnapshotID> = []) throws {
    let store = repository.store
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
          if snapshot.writer == nil { records[id] = snapshot } else { written.append(snapshot) }
        } catch ObjectStoreError.missing {
          continue  // Moved on; a later listing sees where to.
        } catch let error as PackingError {
          // Torn, or damaged: it is reaped before anything else is deleted, so nobody can commit it any more.
          if folder == .pending, !error.isNewerFormat { continue }
          if store.isUnbelievable(name) {
            repository.events.warn("\(name.path) is of nobody who may save here; it counts for nothing")
            continue
          }
          guard let copy = try repository.recordCopies()[id] else {
            throw SnapFault(
              .damage, "the record of snapshot \(id.short) is damaged; nothing may be collected while it is there",
              hint: "snap verify, then snap forget \(id.short)")
          }
          records[id] = copy
        }
      }
    }
    try collect(.snapshots, unless: forgetting.contains)
    try collect(.pending, unless: forgetting.contains)
    expired = []
    let now = currentTime().seconds
    var expiredIDs = Set<SnapshotID>()
    for listed in try repository.trashed() {
      let id = listed.snapshot.id
      let forgotten = try store.modificationTime(.trash(id))?.seconds ?? now
      guard now - forgotten >= undoWindowSeconds else { continue }
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
  func liveFrames(of graph: PackGraph, reader: ChunkReader) throws -> [Bool] {
    var marker = LivenessMarker(graph: graph, reader: reader)
    for snapshot in snapshots { try marker.mark(snapshot) }
    return marker.isLive
  }
}

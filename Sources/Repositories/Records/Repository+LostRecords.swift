import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Versions whose record is gone though nothing forgot them (docs/decisions/lost-records.md).
extension Repository {
  /// Lost versions of which everything can still be read, oldest first: they are kept like any other, and `snap repair`
  /// brings them back.
  func lostSnapshots() throws -> [Snapshot] {
    try index.lostRecords().compactMap { try? SnapshotCoder.decode($0.1) }
      // What a collection has freed since cannot be brought back; nor what was damaged, until it is mended.
      .filter(canTellNeeds)
      .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  /// Looks whether records that have left `snapshots/` were forgotten, and remembers those that were not.
  ///
  /// - Parameter gone: what the index held and the folder does not.
  func rememberLost(_ gone: [(SnapshotID, [UInt8])]) throws {
    let known = try index.lostRecords()
    guard !gone.isEmpty || !known.isEmpty else { return }
    let present = Set(try index.records(.snapshots).map(\.0)).subtracting(gone.map(\.0))
      .union(try index.records(.trash).map(\.0))
    // A record under another's id is damage of the index, which adoption mends.
    let open = (known + gone).filter { !present.contains($0.0) && (try? SnapshotCoder.decode($0.1))?.id == $0.0 }
    let forgotten = open.isEmpty ? [] : try OperationLog.history(in: self).forgotten
    try rememberLost(open.filter { !forgotten.contains($0.0) }, insteadOf: known)
  }

  /// Looks, for an index that remembers nothing, whether something names a version that is not there: a later version,
  /// labels, an operation. A record in a pack alone proves nothing, for a save that was killed leaves one, too.
  ///
  /// Cost: nothing more, unless there is such a name; then the directory of every pack.
  func findLostRecords() throws {
    let history = try OperationLog.history(in: self)
    guard history.isComplete else { return }
    let present = Set(try (index.records(.snapshots) + index.records(.trash)).map(\.0))
    let parents = try (snapshots() + trashed()).compactMap(\.snapshot.parent)
    let named = history.named.union(parents).union(try index.records(.labels).map(\.0))
    let missing = named.subtracting(present).subtracting(history.forgotten)
    guard !missing.isEmpty else { return }
    let copies = try recordCopies().filter { missing.contains($0.key) }
    try rememberLost(copies.map { ($0.key, SnapshotCoder.encode($0.value)) }, insteadOf: [])
  }

  /// Warns once of each.
  func tellOfLostRecords() throws {
    guard try !index.lostRecords().isEmpty else { return }
    for snapshot in try lostSnapshots() {
      events.warn("\(lostText(snapshot)); its data is kept, and snap repair brings it back")
    }
  }

  /// `the record of v2 (4f21c9ab) is missing, and nothing forgot it`.
  func lostText(_ snapshot: Snapshot) -> String {
    "the record of \(snapshot.version) (\(snapshot.id.short)) is missing, and nothing forgot it"
  }

  private func rememberLost(_ lost: [(SnapshotID, [UInt8])], insteadOf known: [(SnapshotID, [UInt8])]) throws {
    let (old, new) = (Set(known.map(\.0)), Set(lost.map(\.0)))
    guard old != new else { return }
    try index.setLostRecords(lost.filter { !old.contains($0.0) }, removing: old.subtracting(new).sorted())
  }
}

import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// Each record of an encrypted repository names the ones that were the newest when it was made: whoever takes some away, or puts an
/// older state back, leaves a gap that the others show (docs/format/snapshot.md#the-chain).
extension Repository {
  /// The records that no other names, as links to them; the newest first, at most 64. Those of clients that can only save
  /// come last, or many of them could keep others from being named.
  func heads() throws -> [RecordLink] {
    let records = try chainRecords()
    let named = Set(records.flatMap { $0.snapshot.before.map(\.id) })
    return records.filter { !named.contains($0.snapshot.id) }
      .sorted { a, b in
        let isWritten = (a.snapshot.writer != nil, b.snapshot.writer != nil)
        guard isWritten.0 == isWritten.1 else { return isWritten.1 }
        return (a.snapshot.created, a.snapshot.id) > (b.snapshot.created, b.snapshot.id)
      }
      .prefix(RecordLink.countMax).map { RecordLink(id: $0.snapshot.id, hash: $0.hash) }
  }

  /// What stands for all that the repository holds now: later it must still hold this record.
  ///
  /// - Returns: `nil` in a repository that is not encrypted.
  package func headText(of id: SnapshotID) throws -> String? {
    guard isEncrypted else { return nil }
    return try asFault { try chainRecords().first { $0.snapshot.id == id }.map { hexadecimal($0.hash) } }
  }

  /// Looks whether anything was taken away behind the keys' back.
  ///
  /// - Parameters:
  ///   - expectedHead: a hash that `headText` once gave, in hexadecimal.
  ///   - seen: versions that were here when this machine last looked, with when they were made.
  ///   - accepted: versions that may be gone.
  /// - Throws: `SnapFault` `.tampering` that names the first version that should be here.
  package func checkChain(
    expectedHead: String?, seen: [SnapshotID: Timestamp], accepted: Set<SnapshotID>
  ) throws {
    try asFault {
      let records = try chainRecords()
      if let expectedHead, !records.contains(where: { hexadecimal($0.hash) == expectedHead.lowercased() }) {
        throw Self.rollback("the expected head \(expectedHead.prefix(16))… is not here")
      }
      let present = Set(records.map(\.snapshot.id)).union(accepted)
      let missing = seen.filter { !present.contains($0.key) }
        .sorted { ($0.value, $0.key) > ($1.value, $1.key) }
      let gaps = records.flatMap { record in
        record.snapshot.before.filter { !present.contains($0.id) }.map { (id: $0.id, after: record.snapshot) }
      }
      let trashed = try trashed().map(\.snapshot)
      // The log is read only where there is something to explain.
      guard !(missing.isEmpty && gaps.isEmpty && trashed.isEmpty) else { return }
      let history = try OperationLog.history(in: self)
      for (id, created) in missing where !history.forgotten.contains(id) {
        // A forgetting that long ago may have left the log.
        guard history.reachesBack || created > history.start else { continue }
        throw Self.rollback("snapshot \(id.short) (\(created.rfc3339().prefix(10)), last seen here) is gone")
      }
      guard history.reachesBack else { return }
      for gap in gaps where !history.forgotten.contains(gap.id) {
        throw Self.rollback("snapshot \(gap.id.short), which was here before \(gap.after.version), is gone")
      }
      // The name of a record's folder is no secret, so anybody can move it: then the next collection would give it up.
      for snapshot in trashed where !history.forgotten.contains(snapshot.id) && !accepted.contains(snapshot.id) {
        if snapshot.writer != nil {
          // He can put it there himself: that is to stop nobody.
          events.warn(
            "\(snapshot.version) (\(snapshot.id.short)) lies in the trash, and nothing forgot it; it is kept: "
              + "mv \(folder)/trash/\(snapshot.id) \(folder)/snapshots/")
          continue
        }
        throw SnapFault(
          .tampering, "\(snapshot.version) (\(snapshot.id.short)) lies in the trash, and nothing forgot it",
          hint: "mv \(folder)/trash/\(snapshot.id) \(folder)/snapshots/, or --accept-rollback")
      }
    }
  }

  /// Versions of clients that can only save which lie in the trash though nothing forgot them: no collection gives them up.
  func trashedByNobody() throws -> Set<SnapshotID> {
    let written = try trashed().map(\.snapshot).filter { $0.writer != nil }.map(\.id)
    guard !written.isEmpty else { return [] }
    let history = try OperationLog.history(in: self)
    return history.reachesBack ? Set(written).subtracting(history.forgotten) : []
  }

  /// What was seen, or is named by a record, and is not here though nothing forgot it.
  package func goneVersions(seen: [SnapshotID: Timestamp]) throws -> Set<SnapshotID> {
    try asFault {
      let records = try chainRecords()
      let named = Set(seen.keys).union(records.flatMap { $0.snapshot.before.map(\.id) })
      let forgotten = try OperationLog.history(in: self).forgotten
      let moved = Set(try trashed().map(\.snapshot.id))
      return named.subtracting(records.map(\.snapshot.id)).union(moved).subtracting(forgotten)
    }
  }

  private static func rollback(_ what: String) -> SnapFault {
    SnapFault(
      .tampering, "repository went back in time: \(what)",
      hint: "snap repair brings back what this machine still knows; --accept-rollback goes on without it")
  }

  /// A record that is here, forgotten or not.
  private struct ChainRecord {
    var snapshot: Snapshot
    var bytes: [UInt8]

    var hash: [UInt8] { sha256(bytes) }
  }

  private func chainRecords() throws -> [ChainRecord] {
    try (index.records(.snapshots) + index.records(.trash)).compactMap { _, record in
      // What is damaged is told about where it is listed; it is here, and that is all that counts.
      (try? SnapshotCoder.decode(record)).map { ChainRecord(snapshot: $0, bytes: record) }
    }
  }

  /// When each version was made that is here, forgotten ones included.
  package func versionTimes() throws -> [SnapshotID: Timestamp] {
    try asFault { Dictionary(try chainRecords().map { ($0.snapshot.id, $0.snapshot.created) }) { first, _ in first } }
  }
}

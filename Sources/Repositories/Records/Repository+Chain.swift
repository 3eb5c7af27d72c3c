import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// Each record of an encrypted repository names the ones that were the newest when it was made: whoever takes some away, or puts an
/// older state back, leaves a gap that the others show (docs/format/snapshot.md#the-chain).
extension Repository {
  /// The records that no other names, as links to them; the newest first, at most 64.
  func heads() throws -> [RecordLink] {
    let records = try chainRecords()
    let named = Set(records.flatMap { $0.snapshot.before.map(\.id) })
    return records.filter { !named.contains($0.snapshot.id) }
      .sorted { ($0.snapshot.created, $0.snapshot.id) > ($1.snapshot.created, $1.snapshot.id) }
      .prefix(RecordLink.countMax).map(\.link)
  }

  /// What stands for all that the repository holds now: later it must still hold this record.
  ///
  /// - Returns: `nil` in a repository that is not encrypted.
  package func headText(of id: SnapshotID) throws -> String? {
    guard isEncrypted else { return nil }
    return try asFault { try chainRecords().first { $0.snapshot.id == id }.map { hexadecimal($0.link.hash) } }
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
      let present = Set(records.map(\.snapshot.id)).union(accepted)
      let history = try OperationLog.history(in: self)
      let isExplained = { (id: SnapshotID) in present.contains(id) || history.forgotten.contains(id) }
      for (id, created) in seen.sorted(by: { ($0.value, $0.key) > ($1.value, $1.key) }) where !isExplained(id) {
        // A forgetting that long ago may have left the log.
        guard history.reachesBack || created > history.start else { continue }
        throw Self.rollback("snapshot \(id.short) (\(created.rfc3339().prefix(10)), last seen here) is gone")
      }
      for record in records where history.reachesBack {
        for link in record.snapshot.before where !isExplained(link.id) {
          throw Self.rollback(
            "snapshot \(link.id.short), which was here before \(record.snapshot.version), is gone")
        }
      }
      // The name of a record's folder is no secret, so anybody can move it: then the next collection would give it up.
      for listed in try trashed() where history.reachesBack && !history.forgotten.contains(listed.snapshot.id) {
        guard !accepted.contains(listed.snapshot.id) else { continue }
        throw SnapFault(
          .tampering,
          "\(listed.snapshot.version) (\(listed.snapshot.id.short)) lies in the trash, and nothing forgot it",
          hint: "mv \(folder)/trash/\(listed.snapshot.id) \(folder)/snapshots/, or --accept-rollback")
      }
      if let expectedHead, !records.contains(where: { hexadecimal($0.link.hash) == expectedHead.lowercased() }) {
        throw Self.rollback("the expected head \(expectedHead.prefix(16))… is not here")
      }
    }
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

  private func chainRecords() throws -> [(snapshot: Snapshot, link: RecordLink)] {
    try (index.records(.snapshots) + index.records(.trash)).compactMap { id, record in
      // What is damaged is told about where it is listed; it is here, and that is all that counts.
      guard let snapshot = try? SnapshotCoder.decode(record) else { return nil }
      return (snapshot, RecordLink(id: id, hash: sha256(record)))
    }
  }

  /// When each version was made that is here, forgotten ones included.
  package func versionTimes() throws -> [SnapshotID: Timestamp] {
    try asFault { Dictionary(try chainRecords().map { ($0.snapshot.id, $0.snapshot.created) }) { first, _ in first } }
  }
}

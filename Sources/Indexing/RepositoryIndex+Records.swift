import SnapshotModel

extension RepositoryIndex {
  /// The records of a folder as they were stored there, in ascending order of id; whoever decodes them checks them.
  package func records(_ folder: RecordFolder) throws -> [(SnapshotID, [UInt8])] {
    try reading { try records($0, kind: folder.rawValue) }
  }

  package func setRecord(_ folder: RecordFolder, _ id: SnapshotID, record: [UInt8]) throws {
    try setRecords(folder, [(id, record)], removing: [])
  }

  package func removeRecord(_ folder: RecordFolder, _ id: SnapshotID) throws {
    try setRecords(folder, [], removing: [id])
  }

  /// Many changes in one transaction.
  package func setRecords(
    _ folder: RecordFolder, _ records: [(SnapshotID, [UInt8])], removing removed: [SnapshotID]
  ) throws {
    try writing { db in
      for id in removed { try IndexRecords.remove(db, kind: folder.rawValue, key: id.bytes) }
      for (id, record) in records { try set(db, kind: folder.rawValue, id, record) }
      // Labels change nothing that is counted.
      if folder != .labels { try IndexRecords.removeAll(db, kind: IndexSchema.RecordKind.cachedValues) }
    }
  }

  /// Records of versions that are gone though nothing forgot them, as they were stored, in ascending order of id.
  package func lostRecords() throws -> [(SnapshotID, [UInt8])] {
    try reading { try records($0, kind: IndexSchema.RecordKind.lostRecords) }
  }

  package func setLostRecords(_ records: [(SnapshotID, [UInt8])], removing removed: [SnapshotID]) throws {
    try writing { db in
      let kind = IndexSchema.RecordKind.lostRecords
      for id in removed { try IndexRecords.remove(db, kind: kind, key: id.bytes) }
      for (id, record) in records { try set(db, kind: kind, id, record) }
    }
  }

  private func records(_ db: Connection, kind: Int64) throws -> [(SnapshotID, [UInt8])] {
    let cipher = cipher?.session()
    return try IndexRecords.all(db, kind: kind).map { key, value in
      guard let id = SnapshotID(bytes: key) else { throw IndexError.damaged("the id of a record") }
      guard let cipher else { return (id, value) }
      guard let record = cipher.open(value, of: id, kind: kind) else { throw IndexError.damaged("a sealed record") }
      return (id, record)
    }
  }

  private func set(_ db: Connection, kind: Int64, _ id: SnapshotID, _ record: [UInt8]) throws(IndexError) {
    let value = cipher?.session().seal(record, of: id, kind: kind) ?? record
    try IndexRecords.set(db, kind: kind, key: id.bytes, value: value)
  }

  package func snapshotRecords() throws -> [(SnapshotID, [UInt8])] { try records(.snapshots) }
  package func setSnapshot(_ id: SnapshotID, record: [UInt8]) throws { try setRecord(.snapshots, id, record: record) }
  package func removeSnapshot(_ id: SnapshotID) throws { try removeRecord(.snapshots, id) }

  /// The change stamp that a folder had when the index last agreed with it; `nil` when it never did.
  package func stamp(_ key: String) throws -> UInt64? {
    try reading { db in
      guard let stored = try IndexRecords.value(db, kind: IndexSchema.RecordKind.stamps, key: Array(key.utf8))
      else { return nil }
      guard let stamp = UInt64(String(decoding: stored, as: UTF8.self)) else {
        throw IndexError.damaged("the stamp of \(key)")
      }
      return stamp
    }
  }

  /// Spares the next command a listing, so a disk that cannot be written is no reason to do without it.
  package func setStamp(_ key: String, _ stamp: UInt64) throws {
    try writing(isOptional: true) { db in
      try IndexRecords.set(db, kind: IndexSchema.RecordKind.stamps, key: Array(key.utf8), value: decimal(stamp))
    }
  }

  /// A figure that was derived from all packs and snapshots, as `setCachedValue` kept it;
  /// gone once any of them changes.
  package func cachedValue(_ key: String) throws -> [UInt8]? {
    try reading { try IndexRecords.value($0, kind: IndexSchema.RecordKind.cachedValues, key: Array(key.utf8)) }
  }

  package func setCachedValue(_ key: String, _ value: [UInt8]) throws {
    try writing(isOptional: true) { db in
      try IndexRecords.set(db, kind: IndexSchema.RecordKind.cachedValues, key: Array(key.utf8), value: value)
    }
  }
}

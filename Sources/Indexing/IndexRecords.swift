import SnapshotModel

/// Rows of the `record` table: small values by kind and key.
enum IndexRecords {
  static func value(_ db: Connection, kind: Int64, key: [UInt8]) throws(IndexError) -> [UInt8]? {
    let row = try Statement(db, "SELECT value FROM record WHERE kind = ? AND key = ?")
    row.bind(kind, at: 1)
    row.bind(key, at: 2)
    return try row.step() ? try row.bytes(0) : nil
  }

  /// In ascending order of key.
  ///
  /// - Throws: `IndexError.damaged` also when a key comes twice: the table does not let that happen.
  static func all(_ db: Connection, kind: Int64) throws(IndexError) -> [(key: [UInt8], value: [UInt8])] {
    let rows = try Statement(db, "SELECT key, value FROM record WHERE kind = ? ORDER BY key")
    rows.bind(kind, at: 1)
    var found: [(key: [UInt8], value: [UInt8])] = []
    while try rows.step() {
      let key = try rows.bytes(0)
      if let last = found.last?.key, !last.lexicographicallyPrecedes(key) { throw .damaged("the order of its records") }
      found.append((key, try rows.bytes(1)))
    }
    return found
  }

  static func set(_ db: Connection, kind: Int64, key: [UInt8], value: [UInt8]) throws(IndexError) {
    let row = try Statement(db, "INSERT OR REPLACE INTO record (kind, key, value) VALUES (?, ?, ?)")
    row.bind(kind, at: 1)
    row.bind(key, at: 2)
    row.bind(value, at: 3)
    try row.run()
  }

  static func remove(_ db: Connection, kind: Int64, key: [UInt8]) throws(IndexError) {
    let row = try Statement(db, "DELETE FROM record WHERE kind = ? AND key = ?")
    row.bind(kind, at: 1)
    row.bind(key, at: 2)
    try row.run()
  }

  static func removeAll(_ db: Connection, kind: Int64) throws(IndexError) {
    let rows = try Statement(db, "DELETE FROM record WHERE kind = ?")
    rows.bind(kind, at: 1)
    try rows.run()
  }
}

import SnapshotModel

/// The tables of the index, and the check that a file has these and nothing else (docs/format/index.md).
enum IndexSchema {
  /// `snap` in ASCII: SQLite's `application_id`.
  static let applicationID: Int32 = 0x736E_6170
  /// SQLite's `user_version`. A change makes older files `damaged` and this program's files `newer` to older ones; both
  /// are rebuilt, so there are no migrations.
  static let version = 1

  /// 1024: an index of five B-trees begins at 5 KiB, not 20 (docs/decisions/index-database.md has what it costs).
  static let pageByteCount = 1024

  private static let tables: [(name: String, sql: String)] = [
    (
      "pack",
      "CREATE TABLE pack (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, byteCount INTEGER NOT NULL, "
        + "layout BLOB NOT NULL) STRICT"
    ),
    (
      "chunk",
      "CREATE TABLE chunk (id BLOB NOT NULL, pack INTEGER NOT NULL, position INTEGER NOT NULL, "
        + "PRIMARY KEY (id, pack, position)) STRICT, WITHOUT ROWID"
    ),
    (
      "record",
      "CREATE TABLE record (kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
        + "PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID"
    ),
  ]

  /// Kinds of the `record` table beside `RecordFolder`'s.
  enum RecordKind {
    static let header: Int64 = 0
    static let stamps: Int64 = 10
    static let cachedValues: Int64 = 11
    static let incompletePacks: Int64 = 12
    static let lostRecords: Int64 = 13
    static let packReadTimes: Int64 = 14
  }

  static let repositoryKey = Array("repository".utf8)
  static let nextPackKey = Array("nextPack".utf8)

  /// Whether nothing was ever written to the file.
  static func isEmpty(_ db: Connection) throws(IndexError) -> Bool {
    guard try number(db, "SELECT count(*) FROM sqlite_schema") == 0 else { return false }
    let version = try number(db, "PRAGMA user_version")
    let application = try number(db, "PRAGMA application_id")
    return version == 0 && application == 0
  }

  /// Inside a transaction, so that a crash leaves an empty file or a whole schema.
  static func create(_ db: Connection, repository: RepositoryID) throws(IndexError) {
    for table in tables { try db.execute(table.sql) }
    try IndexRecords.set(db, kind: RecordKind.header, key: repositoryKey, value: repository.bytes)
    try db.execute("PRAGMA application_id = \(applicationID)")
    try db.execute("PRAGMA user_version = \(version)")
  }

  /// Refuses every file whose schema differs by one byte: a view or a trigger of a known name would run as our code.
  static func check(_ db: Connection, repository: RepositoryID) throws(IndexError) {
    let application = try number(db, "PRAGMA application_id")
    guard application == Int64(applicationID) else {
      throw .damaged("it is not an index of snap")
    }
    let found = try number(db, "PRAGMA user_version")
    guard found <= version else { throw .newer(version: Int(found)) }
    guard found == version else { throw .damaged("schema \(found) is not known") }

    var expected = Set(tables.map { ["table", $0.name, $0.name, $0.sql] })
    expected.insert(["index", "sqlite_autoindex_pack_1", "pack", ""])
    var actual: [[String]] = []
    let rows = try Statement(db, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")
    while try rows.step() {
      actual.append([try rows.text(0), try rows.text(1), try rows.text(2), try rows.text(3)])
    }
    guard actual.count == expected.count, Set(actual) == expected else {
      throw .damaged("its tables are not those of an index")
    }
    guard let owner = try IndexRecords.value(db, kind: RecordKind.header, key: repositoryKey),
      let id = RepositoryID(bytes: owner)
    else { throw .damaged("it does not say whose it is") }
    guard id == repository else { throw .otherRepository }
  }

  /// The first column of the one row that `sql` gives.
  static func number(_ db: Connection, _ sql: String) throws(IndexError) -> Int64 {
    let row = try Statement(db, sql)
    guard try row.step() else { throw .damaged("\(sql) gives nothing") }
    return try row.integer(0)
  }
}

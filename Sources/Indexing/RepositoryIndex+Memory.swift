import Glibc
import SnapshotModel

/// An index without a file: where the disk is full, or may only be read.
extension RepositoryIndex {
  /// Moves the index into memory and deletes its files: they are derived, and the space may be needed more.
  ///
  /// - Returns: bytes that were freed; 0 where there was no file.
  package func discardFile() throws -> UInt64 {
    try leaveDisk(because: .noSpace)
    var freed: UInt64 = 0
    for suffix in ["", "-wal", "-shm"] {
      var status = stat()
      // Unsafe: paths are lent as C strings, and the kernel fills a value of ours.
      guard unsafe stat(path + suffix, &status) == 0, unsafe unlink(path + suffix) == 0 else { continue }
      freed += UInt64(max(0, status.st_size))
    }
    return freed
  }

  /// A new, empty index that exists until its last connection is closed; all connections to its URL see the same.
  static func connectToMemory(repository: RepositoryID) throws(IndexError) -> (connection: Connection, url: String) {
    var random = SystemRandomNumberGenerator()
    let url = "file:/\(ObjectID<Never>(using: &random).hexadecimal)?vfs=memdb"
    let connection = try connect(.memory(url: url, because: .noSpace))
    _ = try prepareSchema(connection, repository: repository)
    return (connection, url)
  }

  /// - Throws: also when the file is not an index of this repository.
  static func connectImmutably(_ path: String, repository: RepositoryID) throws(IndexError) -> Connection {
    let connection = try connect(.immutableFile(path))
    try IndexSchema.check(connection, repository: repository)
    return connection
  }

  static func copy(
    immutable path: String, _ repository: RepositoryID, to target: Connection
  ) throws(IndexError) {
    try copy(connectImmutably(path, repository: repository), to: target)
  }

  /// Copies every row, in one transaction: all or nothing.
  static func copy(_ source: Connection, to target: Connection) throws(IndexError) {
    try source.transaction(.reading) { () throws(IndexError) in
      try target.transaction(.writing) { () throws(IndexError) in try copyRows(source, target) }
    }
  }

  private static func copyRows(_ old: Connection, _ new: Connection) throws(IndexError) {
    let packs = try Statement(old, "SELECT number, id, byteCount, layout FROM pack")
    let newPack = try Statement(new, "INSERT INTO pack (number, id, byteCount, layout) VALUES (?, ?, ?, ?)")
    while try packs.step() {
      newPack.bind(try packs.integer(0), at: 1)
      newPack.bind(try packs.bytes(1), at: 2)
      newPack.bind(try packs.integer(2), at: 3)
      newPack.bind(try packs.bytes(3), at: 4)
      try newPack.run()
    }
    let chunks = try Statement(old, "SELECT id, pack, position FROM chunk ORDER BY id, pack, position")
    let newChunk = try Statement(new, "INSERT INTO chunk (id, pack, position) VALUES (?, ?, ?)")
    while try chunks.step() {
      newChunk.bind(try chunks.chunkID(0), at: 1)
      newChunk.bind(try chunks.integer(1), at: 2)
      newChunk.bind(try chunks.integer(2), at: 3)
      try newChunk.run()
    }
    let records = try Statement(old, "SELECT kind, key, value FROM record")
    while try records.step() {
      try IndexRecords.set(
        new, kind: records.integer(0), key: records.bytes(1), value: records.bytes(2))
    }
  }
}

import GRDB
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
  static func connectToMemory(repository: RepositoryID) throws(IndexError) -> (queue: DatabaseQueue, url: String) {
    var random = SystemRandomNumberGenerator()
    let url = "file:/\(ObjectID<Never>(using: &random).hexadecimal)?vfs=memdb"
    let queue = try connect(.memory(url: url, because: .noSpace))
    _ = try prepareSchema(queue, repository: repository)
    return (queue, url)
  }

  /// - Throws: also when the file is not an index of this repository.
  static func connectImmutably(_ path: String, repository: RepositoryID) throws(IndexError) -> DatabaseQueue {
    let queue = try connect(.immutableFile(path))
    do {
      try queue.inDatabase { try IndexSchema.check($0, repository: repository) }
    } catch {
      throw IndexError(error)
    }
    return queue
  }

  static func copy(
    immutable path: String, _ repository: RepositoryID, to target: DatabaseQueue
  ) throws(IndexError) {
    let source = try connectImmutably(path, repository: repository)
    try copy(source, to: target)
    try? source.close()
  }

  /// Copies every row, in one transaction: all or nothing.
  static func copy(_ source: DatabaseQueue, to target: DatabaseQueue) throws(IndexError) {
    do {
      try source.inDatabase { old in
        try old.inTransaction(.deferred) {
          try target.inDatabase { new in
            try new.inTransaction(.immediate) {
              try copyRows(old, new)
              return .commit
            }
          }
          return .commit
        }
      }
    } catch {
      throw IndexError(error)
    }
  }

  private static func copyRows(_ old: Database, _ new: Database) throws(IndexError) {
    let packs = try RawStatement(old, "SELECT number, id, byteCount, layout FROM pack")
    let newPack = try RawStatement(new, "INSERT INTO pack (number, id, byteCount, layout) VALUES (?, ?, ?, ?)")
    while try packs.step() {
      newPack.bind(try packs.integer(0), at: 1)
      newPack.bind(try packs.bytes(1), at: 2)
      newPack.bind(try packs.integer(2), at: 3)
      newPack.bind(try packs.bytes(3), at: 4)
      try newPack.run()
    }
    let chunks = try RawStatement(old, "SELECT id, pack, position FROM chunk ORDER BY id, pack, position")
    let newChunk = try RawStatement(new, "INSERT INTO chunk (id, pack, position) VALUES (?, ?, ?)")
    while try chunks.step() {
      newChunk.bind(try chunks.chunkID(0), at: 1)
      newChunk.bind(try chunks.integer(1), at: 2)
      newChunk.bind(try chunks.integer(2), at: 3)
      try newChunk.run()
    }
    let records = try RawStatement(old, "SELECT kind, key, value FROM record")
    while try records.step() {
      try IndexRecords.set(
        new, kind: records.integer(0), key: records.bytes(1), value: records.bytes(2))
    }
  }
}

import GRDB
import Glibc
import SnapshotModel
import Synchronization

/// Finds chunks: the SQLite file that is derived from the packs and snapshots of one repository.
///
/// Losing it loses only time. Any number of threads and processes may use it at once: each call takes an idle connection
/// or opens one more, so calls may also be nested, but not a change inside a lookup's transaction waiting for itself.
/// Writers queue up, for 30 s at most. Every method throws `IndexError`.
package final class RepositoryIndex: Sendable {
  /// Whether this call of `init` made the file: it holds nothing yet.
  package let isNew: Bool
  /// Whether the file can only be read: it lies on a read-only medium.
  package let isReadOnly: Bool
  let path: String
  let layouts = LayoutCache()
  private let idle: Mutex<[DatabaseQueue]>

  package static let busyTimeoutSeconds = 30.0

  /// Opens the index, or creates it when it is missing or of no bytes.
  ///
  /// Where the folder cannot be written to, an existing index is opened for reading.
  package convenience init(path: String, repository: RepositoryID) throws(IndexError) {
    do throws(IndexError) {
      try Self.createFile(path)
      let queue = try Self.connect(path, readOnly: false)
      let isNew = try Self.prepareSchema(queue, repository: repository)
      self.init(path: path, queue: queue, isNew: isNew, isReadOnly: false)
    } catch {
      guard error.meansReadOnly, Self.exists(path) else { throw error }
      try self.init(readingOnly: path, repository: repository)
    }
  }

  /// Opens an existing index that nobody can change meanwhile; needs no file beside it.
  ///
  /// - Throws: `IndexError.cannotOpen` also while changes stand in the log alone.
  package convenience init(readingOnly path: String, repository: RepositoryID) throws(IndexError) {
    guard Self.isWholeWithoutLog(path) else {
      throw .cannotOpen(code: 0, text: "its log was not written back, and the folder is read-only")
    }
    let queue = try Self.connect(path, readOnly: true)
    do {
      try queue.inDatabase { try IndexSchema.check($0, repository: repository) }
    } catch {
      throw IndexError(error)
    }
    self.init(path: path, queue: queue, isNew: false, isReadOnly: true)
  }

  private init(path: String, queue: DatabaseQueue, isNew: Bool, isReadOnly: Bool) {
    self.path = path
    self.isNew = isNew
    self.isReadOnly = isReadOnly
    idle = Mutex([queue])
  }

  /// Makes the connection that is idle fail as on a full disk once the file has so many pages: for tests.
  package func limitPages(to count: Int) throws {
    try reading { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
  }

  /// Closes the idle connections; the last one of all processes writes the log back and deletes it.
  ///
  /// Call it before the process ends: a log left behind counts as the store's size. The index stays usable.
  package func close() {
    let queues = idle.withLock { queues in
      defer { queues = [] }
      return queues
    }
    // An error leaves the log in place: the next one to open the index goes on from there.
    for queue in queues { try? queue.close() }
  }

  /// One read transaction: all of `body` sees the same state. Errors of `body` itself come out as they are.
  func reading<R>(_ body: (Database) throws -> R) throws -> R {
    try transaction(.deferred, body)
  }

  /// One write transaction, rolled back when `body` throws.
  func writing<R>(_ body: (Database) throws -> R) throws -> R {
    guard !isReadOnly else { throw IndexError.readOnly }
    return try transaction(.immediate, body)
  }

  private func transaction<R>(_ kind: Database.TransactionKind, _ body: (Database) throws -> R) throws -> R {
    let queue = try idle.withLock { $0.popLast() } ?? Self.connect(path, readOnly: isReadOnly)
    defer { idle.withLock { $0.append(queue) } }
    do {
      return try queue.inDatabase { db in
        try db.beginTransaction(kind)
        do {
          let result = try body(db)
          try db.commit()
          return result
        } catch {
          // SQLite has rolled back by itself where the disk was full.
          if db.isInsideTransaction { try? db.rollback() }
          throw error
        }
      }
    } catch let error as DatabaseError {
      throw IndexError(error)
    }
  }
}

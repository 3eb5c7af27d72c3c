import CSQLite
import SnapshotModel

/// A connection to an SQLite database, with the statements that it has compiled.
///
/// One thread at a time may use it, with all its statements. Unsafe, throughout: SQLite's C interface, whose pointers
/// live as long as the connection.
/// - SeeAlso: https://www.sqlite.org/cintro.html
@safe package final class Connection: @unchecked Sendable {
  private let database: OpaquePointer
  /// Compiled, and in use by nobody.
  private var idleStatements: [String: CompiledStatement] = [:]

  package enum Access: Hashable, Sendable {
    case readOnly
    /// Creates the file where there is none.
    case readWrite
  }

  /// - Parameters:
  ///   - name: path, or what SQLite reads as a `file:` URI.
  ///   - busyTimeoutSeconds: how long a statement waits for the locks of others before it throws `.busy`.
  package init(_ name: String, _ access: Access = .readWrite, busyTimeoutSeconds: Double) throws(IndexError) {
    // Each connection belongs to one thread at a time, so SQLite need not lock it.
    let flags =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let database = unsafe opened else {
      // A connection that could not be opened still holds the reason, and must be closed.
      defer { unsafe sqlite3_close_v2(opened) }
      throw unsafe IndexError(code: sqlite3_extended_errcode(opened), text: String(cString: sqlite3_errmsg(opened)))
    }
    unsafe self.database = database
    unsafe LogIndexPages.makeWhenMapped(by: database)
    unsafe sqlite3_extended_result_codes(database, 1)
    unsafe sqlite3_busy_timeout(database, Int32(busyTimeoutSeconds * 1000))
  }

  deinit {
    idleStatements = [:]
    unsafe sqlite3_close_v2(database)
  }

  /// Whether SQLite will change nothing: since it cannot, or since the file's header, once it was read, says so.
  var isReadOnly: Bool { unsafe sqlite3_db_readonly(database, "main") == 1 }

  /// Runs statements that take no parameters; rows that they give are passed over.
  package func execute(_ sql: String) throws(IndexError) {
    let code = unsafe sqlite3_exec(database, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// All of `body` is one transaction, rolled back when it throws.
  func transaction<R>(_ kind: TransactionKind, _ body: () throws -> R) throws -> R {
    try perform(kind) { Result { try body() } }.get()
  }

  /// The same where nothing but the database can fail.
  func transaction<R>(
    _ kind: TransactionKind, _ body: () throws(IndexError) -> R
  ) throws(IndexError) -> R {
    try perform(kind) { Result { () throws(IndexError) in try body() } }.get()
  }

  private func perform<R, Failure>(
    _ kind: TransactionKind, _ body: () -> Result<R, Failure>
  ) throws(IndexError) -> Result<R, Failure> {
    try execute(kind.rawValue)
    let result = body()
    do throws(IndexError) {
      if case .success = result { try execute("COMMIT") } else { rollBack() }
    } catch {
      rollBack()
      throw error
    }
    return result
  }

  private func rollBack() {
    // SQLite has rolled back by itself where the disk was full.
    if unsafe sqlite3_get_autocommit(database) == 0 { try? execute("ROLLBACK") }
  }

  enum TransactionKind: String {
    /// Sees one state, that of its first statement.
    case reading = "BEGIN DEFERRED"
    /// Holds the only lock for writing from its start.
    case writing = "BEGIN IMMEDIATE"
  }

  /// Rows that the last `INSERT`, `UPDATE` or `DELETE` changed.
  var changedRowCount: Int { Int(unsafe sqlite3_changes(database)) }

  /// A compiled statement for the caller alone, until `giveBack`.
  func take(_ sql: String) throws(IndexError) -> CompiledStatement {
    if let idle = idleStatements.removeValue(forKey: sql) { return idle }
    var compiled: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK, let pointer = unsafe compiled else { throw failure(code) }
    return unsafe CompiledStatement(pointer)
  }

  /// Keeps the statement for the next who asks for the same SQL.
  func giveBack(_ statement: CompiledStatement, _ sql: String) {
    unsafe sqlite3_reset(statement.pointer)
    unsafe sqlite3_clear_bindings(statement.pointer)
    idleStatements[sql] = statement
  }

  func failure(_ code: Int32) -> IndexError {
    unsafe IndexError(code: code, text: String(cString: sqlite3_errmsg(database)))
  }
}

/// Owns what SQLite has compiled.
@safe final class CompiledStatement {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

  deinit { unsafe sqlite3_finalize(pointer) }
}

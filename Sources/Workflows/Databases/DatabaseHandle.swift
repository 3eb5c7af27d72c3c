import CSQLite

/// What SQLite says went wrong.
struct DatabaseError: Error {
  /// Extended result code.
  var code: Int32
  var text: String
}

/// An open database of somebody else's.
///
/// Not the index's `Connection`: that one trusts its file, this one must not let a schema run anything.
@safe final class DatabaseHandle {
  let pointer: OpaquePointer

  /// - Parameter uri: `file:` and an escaped path.
  init(_ uri: String, _ flags: Int32) throws(DatabaseError) {
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(uri, &opened, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let pointer = unsafe opened else {
      // A connection that could not be opened still holds the reason, and must be closed.
      defer { unsafe sqlite3_close_v2(opened) }
      throw unsafe DatabaseError(code: sqlite3_extended_errcode(opened), text: String(cString: sqlite3_errmsg(opened)))
    }
    unsafe self.pointer = pointer
    unsafe sqlite3_extended_result_codes(pointer, 1)
    try execute("PRAGMA trusted_schema=OFF")
  }

  deinit { unsafe sqlite3_close_v2(pointer) }

  func execute(_ sql: String) throws(DatabaseError) {
    let code = unsafe sqlite3_exec(pointer, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error() }
  }

  /// The first column of the first row.
  func text(_ sql: String) throws(DatabaseError) -> String {
    var statement: OpaquePointer?
    guard unsafe sqlite3_prepare_v2(pointer, sql, -1, &statement, nil) == SQLITE_OK else { throw error() }
    defer { unsafe sqlite3_finalize(statement) }
    guard unsafe sqlite3_step(statement) == SQLITE_ROW, let text = unsafe sqlite3_column_text(statement, 0) else {
      throw error()
    }
    return unsafe String(cString: text)
  }

  /// - Parameter code: what the failed call returned, where the connection was not told.
  func error(code: Int32? = nil) -> DatabaseError {
    let text = unsafe code.map { unsafe sqlite3_errstr($0) } ?? sqlite3_errmsg(pointer)
    return unsafe DatabaseError(
      code: code ?? sqlite3_extended_errcode(pointer), text: text.map { unsafe String(cString: $0) } ?? "")
  }
}

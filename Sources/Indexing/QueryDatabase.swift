import CSQLite
import SnapshotModel

/// A database in memory that a query of somebody's may read and nothing else: it can change no file, not even this one.
///
/// For one thread. Unsafe, throughout: SQLite's C interface, whose pointers live as long as this.
/// - SeeAlso: https://www.sqlite.org/c3ref/set_authorizer.html
@safe package final class QueryDatabase {
  /// Why a query is not run, or ended, in SQLite's words.
  package struct Failure: Error, Hashable, Sendable {
    package var reason: String
  }

  /// What a query reads, noted while it is compiled.
  private final class Reads {
    var tables: Set<String> = []
    var refused = false
  }

  private let database: OpaquePointer

  package init() throws(Failure) {
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(
      ":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let database = unsafe opened else {
      unsafe sqlite3_close_v2(opened)
      throw Failure(reason: "no memory for a database")
    }
    unsafe self.database = database
    try execute(QuerySchema.text)
    // `VACUUM INTO` attaches a file when it runs, which the authorizer of a compilation does not see.
    unsafe sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
  }

  deinit { unsafe sqlite3_close_v2(database) }

  /// Asks often, while a query runs, whether it is to go on.
  package func setLimit(_ shouldStop: @escaping () -> Bool) {
    limit = Limit(shouldStop: shouldStop)
    guard let limit else { return }
    // Held by this for as long as the database can ask.
    unsafe sqlite3_progress_handler(
      database, Self.instructionsAtOnce,
      { limit in
        guard let limit = unsafe limit else { return 0 }
        return unsafe Unmanaged<Limit>.fromOpaque(limit).takeUnretainedValue().shouldStop() ? 1 : 0
      }, unsafe Unmanaged.passUnretained(limit).toOpaque())
  }

  private final class Limit {
    let shouldStop: () -> Bool

    init(shouldStop: @escaping () -> Bool) { self.shouldStop = shouldStop }
  }

  private var limit: Limit?
  /// Of SQLite's machine: some tenths of a millisecond.
  private static let instructionsAtOnce: Int32 = 100_000

  /// The tables, of those in `QuerySchema`, that have to be filled before the query can be run.
  package func tablesRead(by sql: String) throws(Failure) -> Set<String> {
    let reads = Reads()
    let statement = unsafe try compile(sql, reads)
    unsafe sqlite3_finalize(statement)
    return reads.tables
  }

  /// Adds rows to a table of `QuerySchema`; `body` gets what adds one.
  package func fill(
    _ table: QuerySchema.Table, _ body: (([QueryValue]) throws -> Void) throws -> Void
  ) throws {
    let places = Array(repeating: "?", count: table.columnCount).joined(separator: ", ")
    var compiled: OpaquePointer?
    unsafe sqlite3_prepare_v2(database, "INSERT INTO \(table.rawValue) VALUES (\(places))", -1, &compiled, nil)
    guard let statement = unsafe compiled else { throw failure }
    defer { unsafe sqlite3_finalize(statement) }
    try execute("BEGIN")
    try body { values in
      precondition(values.count == table.columnCount, "a row of \(table.rawValue) has \(values.count) values")
      for (at, value) in values.enumerated() { unsafe Self.bind(value, to: statement, at: Int32(at + 1)) }
      guard unsafe sqlite3_step(statement) == SQLITE_DONE else { throw failure }
      unsafe sqlite3_reset(statement)
    }
    try execute("COMMIT")
  }

  /// Runs a query of somebody's.
  ///
  /// - Parameter body: gets the names of the columns, and a row's values, once a row.
  /// - Returns: the names of the columns.
  /// - Throws: `Failure`, also for anything that is not a single query; else what `body` throws.
  @discardableResult
  package func forEachRow(of sql: String, _ body: ([String], [QueryValue]) throws -> Void) throws -> [String] {
    let statement = unsafe try compile(sql, Reads())
    defer { unsafe sqlite3_finalize(statement) }
    let names = unsafe (0..<sqlite3_column_count(statement)).map { column in
      unsafe sqlite3_column_name(statement, column).map { unsafe String(cString: $0) } ?? ""
    }
    while true {
      switch unsafe sqlite3_step(statement) {
      case SQLITE_ROW: try body(names, names.indices.map { unsafe Self.value(of: statement, Int32($0)) })
      case SQLITE_DONE: return names
      default: throw failure
      }
    }
  }

  private func compile(_ sql: String, _ reads: Reads) throws(Failure) -> OpaquePointer {
    // The authorizer is asked during this call only, so `reads` outlives its use.
    unsafe sqlite3_set_authorizer(
      database,
      { reads, action, first, second, _, _ in
        guard let reads = unsafe reads else { return SQLITE_DENY }
        let noted = unsafe Unmanaged<Reads>.fromOpaque(reads).takeUnretainedValue()
        switch action {
        case SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_READ:
          if let first = unsafe first { noted.tables.insert(unsafe String(cString: first)) }
          return SQLITE_OK
        case SQLITE_FUNCTION where unsafe second.map({ unsafe String(cString: $0) }) != "load_extension":
          return SQLITE_OK
        default:
          noted.refused = true
          return SQLITE_DENY
        }
      }, unsafe Unmanaged.passUnretained(reads).toOpaque())
    defer { unsafe sqlite3_set_authorizer(database, nil, nil) }
    var compiled: OpaquePointer?
    var isWhole = true
    let code = unsafe sql.withCString { text in
      var tail: UnsafePointer<CChar>?
      let code = unsafe sqlite3_prepare_v2(database, text, -1, &compiled, &tail)
      if let tail = unsafe tail {
        let rest = unsafe String(cString: tail)
        isWhole = rest.allSatisfy { $0.isWhitespace || $0 == ";" }
      }
      return code
    }
    if reads.refused { throw Failure(reason: "only SELECT is allowed") }
    guard code == SQLITE_OK else { throw failure }
    guard let statement = unsafe compiled else { throw Failure(reason: "there is no query in it") }
    guard isWhole, unsafe sqlite3_stmt_readonly(statement) != 0, unsafe sqlite3_column_count(statement) > 0 else {
      unsafe sqlite3_finalize(statement)
      throw Failure(reason: isWhole ? "only SELECT is allowed" : "one query at a time")
    }
    return unsafe statement
  }

  private func execute(_ sql: String) throws(Failure) {
    guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
  }

  private var failure: Failure { unsafe Failure(reason: String(cString: sqlite3_errmsg(database))) }

  private static func bind(_ value: QueryValue, to statement: OpaquePointer, at parameter: Int32) {
    switch value {
    case .null: unsafe sqlite3_bind_null(statement, parameter)
    case .integer(let number): unsafe sqlite3_bind_int64(statement, parameter, number)
    case .real(let number): unsafe sqlite3_bind_double(statement, parameter, number)
    case .text(let text): unsafe sqlite3_bind_text(statement, parameter, text, -1, copied)
    case .bytes(let bytes): unsafe sqlite3_bind_blob(statement, parameter, bytes, Int32(bytes.count), copied)
    }
  }

  private static func value(of statement: OpaquePointer, _ column: Int32) -> QueryValue {
    switch unsafe sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      let text = unsafe sqlite3_column_text(statement, column)
      let count = Int(unsafe sqlite3_column_bytes(statement, column))
      return .text(unsafe String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      let start = unsafe sqlite3_column_blob(statement, column)
      let count = Int(unsafe sqlite3_column_bytes(statement, column))
      return .bytes(unsafe Array(UnsafeRawBufferPointer(start: start, count: count)))
    default: return .null
    }
  }
}

/// Tells SQLite to copy what is bound: `SQLITE_TRANSIENT`, which C spells as a cast that Swift does not import.
private nonisolated(unsafe) let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

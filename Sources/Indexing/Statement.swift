import CSQLite
import SnapshotModel

/// A compiled statement, its connection's until it is destroyed.
///
/// Columns are read with their type checked, for a damaged page may hold anything. Parameters count from 1, columns
/// from 0. Unsafe, throughout: SQLite's C interface; what it points to is copied before the statement moves on.
@safe package struct Statement: ~Copyable {
  private let connection: Connection
  private let sql: String
  private let compiled: CompiledStatement
  private var pointer: OpaquePointer { unsafe compiled.pointer }

  /// - Parameter sql: constant text; the connection keeps the compiled statement.
  package init(_ connection: Connection, _ sql: String) throws(IndexError) {
    compiled = try connection.take(sql)
    self.connection = connection
    self.sql = sql
  }

  deinit { connection.giveBack(compiled, sql) }

  borrowing func bind(_ value: Int64, at parameter: Int32) {
    unsafe sqlite3_bind_int64(pointer, parameter, value)
  }

  borrowing func bind(_ bytes: [UInt8], at parameter: Int32) {
    // A null pointer would bind NULL in place of no bytes.
    guard !bytes.isEmpty else {
      unsafe sqlite3_bind_zeroblob(pointer, parameter, 0)
      return
    }
    unsafe sqlite3_bind_blob(pointer, parameter, bytes, Int32(bytes.count), transient)
  }

  borrowing func bind(_ id: ChunkID, at parameter: Int32) {
    _ = unsafe withBigEndianBytes(of: id) {
      unsafe sqlite3_bind_blob(pointer, parameter, $0.baseAddress, 32, transient)
    }
  }

  /// - Returns: whether there is a row.
  package borrowing func step() throws(IndexError) -> Bool {
    switch unsafe sqlite3_step(pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw connection.failure(code)
    }
  }

  /// Steps a statement that gives no rows, and makes it ready to run again.
  borrowing func run() throws(IndexError) {
    _ = try step()
    reset()
  }

  borrowing func reset() { unsafe sqlite3_reset(pointer) }

  borrowing func integer(_ column: Int32) throws(IndexError) -> Int64 {
    guard unsafe sqlite3_column_type(pointer, column) == SQLITE_INTEGER else { throw wrongType }
    return unsafe sqlite3_column_int64(pointer, column)
  }

  borrowing func bytes(_ column: Int32) throws(IndexError) -> [UInt8] {
    guard unsafe sqlite3_column_type(pointer, column) == SQLITE_BLOB else { throw wrongType }
    let count = Int(unsafe sqlite3_column_bytes(pointer, column))
    guard count > 0 else { return [] }
    guard let start = unsafe sqlite3_column_blob(pointer, column) else {
      throw IndexError(code: SQLITE_NOMEM, text: "out of memory")
    }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  package borrowing func text(_ column: Int32) throws(IndexError) -> String {
    guard unsafe sqlite3_column_type(pointer, column) == SQLITE_TEXT,
      let start = unsafe sqlite3_column_text(pointer, column)
    else { throw wrongType }
    let count = Int(unsafe sqlite3_column_bytes(pointer, column))
    return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  borrowing func chunkID(_ column: Int32) throws(IndexError) -> ChunkID {
    guard unsafe sqlite3_column_type(pointer, column) == SQLITE_BLOB,
      unsafe sqlite3_column_bytes(pointer, column) == Int32(ChunkID.byteCount),
      let start = unsafe sqlite3_column_blob(pointer, column)
    else { throw wrongType }
    func word(_ at: Int) -> UInt64 {
      unsafe UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 8 * at, as: UInt64.self))
    }
    return ChunkID((word(0), word(1), word(2), word(3)))
  }

  private var wrongType: IndexError { .damaged("a row holds a value of the wrong type") }
}

/// Tells SQLite to copy what is bound: `SQLITE_TRANSIENT`, which C spells as a cast that Swift does not import.
private nonisolated(unsafe) let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// The 32 bytes of an id without the arrays that `ChunkID.bytes` makes: it is four big-endian words.
private func withBigEndianBytes<R>(of id: ChunkID, _ body: (UnsafeRawBufferPointer) -> R) -> R {
  precondition(MemoryLayout<ChunkID>.size == 32)
  // Unsafe: loads and stores within two values of 32 bytes.
  let words = unsafe withUnsafeBytes(of: id) { raw in
    unsafe (
      raw.load(fromByteOffset: 0, as: UInt64.self).bigEndian, raw.load(fromByteOffset: 8, as: UInt64.self).bigEndian,
      raw.load(fromByteOffset: 16, as: UInt64.self).bigEndian, raw.load(fromByteOffset: 24, as: UInt64.self).bigEndian
    )
  }
  return unsafe withUnsafeBytes(of: words) { unsafe body($0) }
}

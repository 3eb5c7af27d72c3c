import CSQLite
import Glibc
import Synchronization

/// The pages of `index.sqlite-shm`, by which processes that use an index at the same time agree on its log.
///
/// SQLite makes the file as long as it needs, and writes a byte in each 4 KiB so that they exist. Where blocks are shorter, as on small file systems of ext4, most
/// of it stays a hole: who writes there while the disk is full gets no error, but SIGBUS. So the pages are made when they are mapped.
/// Unsafe, throughout: SQLite's C interface.
/// - SeeAlso: https://www.sqlite.org/walformat.html#the_wal_index_file_format; `MADV_POPULATE_WRITE` in madvise(2)
enum LogIndexPages {
  /// SQLite's functions for a kind of files, and the same with a mapping that makes pages. Both live as long as the program.
  @safe private struct Functions: @unchecked Sendable {
    let given: UnsafePointer<sqlite3_io_methods>
    let own: UnsafePointer<sqlite3_io_methods>

    init(_ given: UnsafePointer<sqlite3_io_methods>) {
      let own = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
      unsafe own.initialize(to: given.pointee)
      unsafe own.pointee.xShmMap = { unsafe LogIndexPages.map($0, $1, $2, $3, $4) }
      unsafe self.given = given
      unsafe self.own = UnsafePointer(own)
    }
  }

  /// Those of the first file: all are in folders, and their functions the same, but where a system knows several ways to lock.
  private static let functions = Mutex<Functions?>(nil)

  /// Has the pages made whenever the connection maps some.
  static func makeWhenMapped(by database: OpaquePointer) {
    var found: UnsafeMutablePointer<sqlite3_file>?
    guard unsafe sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &found) == SQLITE_OK,
      let file = unsafe found, let given = unsafe file.pointee.pMethods,
      unsafe given.pointee.iVersion >= 2 && given.pointee.xShmMap != nil
    else { return }
    let known = functions.withLock { known in
      if known == nil { known = unsafe Functions(given) }
      return known
    }
    if let known, unsafe known.given == given { unsafe file.pointee.pMethods = known.own }
  }

  private static func map(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ number: Int32, _ byteCount: Int32, _ mayExtend: Int32,
    _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
  ) -> Int32 {
    guard let map = unsafe functions.withLock({ unsafe $0?.given.pointee.xShmMap }) else { return SQLITE_IOERR }
    let code = unsafe map(file, number, byteCount, mayExtend, place)
    guard code == SQLITE_OK, let start = unsafe place?.pointee else { return code }
    return unsafe make(start, byteCount: Int(byteCount)) ? SQLITE_OK : SQLITE_IOERR | 19 << 8
  }

  /// - Returns: `false` when a write there would end the program. Also `true` where it cannot be told, or made: for who only reads, and before Linux 5.14.
  static func make(_ start: UnsafeMutableRawPointer, byteCount: Int) -> Bool {
    let populateWritable: Int32 = 23
    return unsafe madvise(start, byteCount, populateWritable) == 0 || errno != EFAULT
  }
}

import Glibc
import SnapshotModel

extension RepositoryIndex {
  /// Makes an empty file for SQLite to fill, for SQLite would make it readable by everyone.
  ///
  /// Only where there is none: closing a descriptor of a database file drops the locks that SQLite holds on it.
  static func createFile(_ path: String) throws(IndexError) {
    // Unsafe: the path is lent as a C string for the call.
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if file >= 0 {
      _ = Glibc.close(file)
      return
    }
    switch errno {
    case EEXIST: return
    case ENOSPC, EDQUOT: throw .noSpace
    case EROFS: throw .readOnly
    case let number: throw .cannotOpen(code: 14, text: unsafe String(cString: strerror(number)))
    }
  }

  /// - Throws: `.damaged` for a symbolic link: SQLite would follow it, and make a file wherever that leads; and for a header of a
  ///   format to come, of which SQLite only reads.
  static func connect(_ place: IndexPlace) throws(IndexError) -> Connection {
    var status = stat()
    // Unsafe: the path is lent as a C string, and the kernel fills a value of ours.
    if unsafe lstat(place.path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
      throw .damaged("it is a symbolic link")
    }
    var attemptsLeft = Int(busyTimeoutSeconds * 100)
    while true {
      do throws(IndexError) {
        let connection = try Connection(
          place.path, place.isImmutable ? .readOnly : .readWrite, busyTimeoutSeconds: busyTimeoutSeconds)
        try prepare(connection, to: place)
        if case .file(let path) = place, connection.isReadOnly, unsafe access(path, W_OK) == 0 {
          throw IndexError.damaged("its header names a format that cannot be written")
        }
        return connection
      } catch {
        // Switching a new file to the log waits for nobody: where two processes meet there, SQLite gives up at once.
        guard error == .busy, attemptsLeft > 0 else { throw error }
        attemptsLeft -= 1
        usleep(10_000)
      }
    }
  }

  private static func prepare(_ db: Connection, to place: IndexPlace) throws(IndexError) {
    // Nothing that a file's schema names may run before the schema is checked, or do anything but compute after.
    try db.execute("PRAGMA trusted_schema = OFF")
    try db.execute("PRAGMA cell_size_check = ON")
    try db.execute("PRAGMA cache_size = -16384")
    guard !place.isImmutable else { return }
    try db.execute("PRAGMA page_size = \(IndexSchema.pageByteCount)")
    if case .memory = place { return }
    try db.execute("PRAGMA journal_mode = WAL")
    try db.execute("PRAGMA synchronous = NORMAL")
    // What the log keeps after a checkpoint that could not delete it.
    try db.execute("PRAGMA journal_size_limit = 0")
  }

  /// - Returns: whether the schema was made now.
  static func prepareSchema(_ db: Connection, repository: RepositoryID) throws(IndexError) -> Bool {
    if try IndexSchema.isEmpty(db) {
      let isNew = try db.transaction(.writing) { () throws(IndexError) in
        // Another process may have made it since.
        guard try IndexSchema.isEmpty(db) else { return false }
        try IndexSchema.create(db, repository: repository)
        return true
      }
      if isNew { return true }
    }
    try IndexSchema.check(db, repository: repository)
    return false
  }

  static func exists(_ path: String) -> Bool {
    // Unsafe: the path is lent as a C string for the call.
    unsafe access(path, F_OK) == 0
  }

  /// Whether the file alone is the whole index: changes that only the log holds would be missed.
  static func isWholeWithoutLog(_ path: String) -> Bool {
    var status = stat()
    // Unsafe: the kernel fills a value of ours.
    guard unsafe stat(path, &status) == 0, status.st_size > 0 else { return false }
    return unsafe stat(path + "-wal", &status) != 0 || status.st_size == 0
  }

  /// Renames a damaged index, and its log, out of the way: `index.sqlite.bad`, in place of an earlier one.
  ///
  /// Processes that have it open go on with the renamed file, and lose what they add to it.
  package static func moveAside(path: String) throws(IndexError) {
    for suffix in ["-wal", "-shm", ""] {
      // Unsafe: paths are lent as C strings for the call.
      guard unsafe rename(path + suffix, path + ".bad" + suffix) != 0, errno != ENOENT else { continue }
      let number = errno
      guard number != EROFS else { throw .readOnly }
      throw .cannotOpen(code: 14, text: unsafe String(cString: strerror(number)))
    }
  }
}

extension IndexError {
  /// Whether the folder may be the reason, so that a file that needs no company could still be read.
  package var meansReadOnly: Bool {
    switch self {
    case .readOnly, .cannotOpen: true
    default: false
    }
  }

  /// Whether the file may be sound and only cannot be changed, or made.
  var meansNoWriting: Bool { self == .noSpace || meansReadOnly }
}

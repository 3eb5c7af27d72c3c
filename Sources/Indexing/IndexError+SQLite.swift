import CSQLite

extension IndexError {
  /// - Parameter code: primary or extended.
  init(code: Int32, text: String) {
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_SCHEMA, SQLITE_MISMATCH, SQLITE_CONSTRAINT, SQLITE_TOOBIG:
      self = .damaged(text)
    // The schema was checked: SQL that does not compile means that it has changed under us.
    case SQLITE_ERROR: self = .damaged(text)
    case SQLITE_FULL: self = .noSpace
    // Shared memory lies in a file beside the index, and could not grow.
    case SQLITE_IOERR where code == (SQLITE_IOERR | 19 << 8): self = .noSpace
    case SQLITE_READONLY: self = .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
    case SQLITE_CANTOPEN: self = .cannotOpen(code: code, text: text)
    // A page beyond the end of a file that was cut short.
    case SQLITE_IOERR where code == (SQLITE_IOERR | 2 << 8): self = .damaged("it is truncated")
    default: self = .failed(code: code, text: text)
    }
  }
}

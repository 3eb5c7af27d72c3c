import CSQLite
import FileTrees
import Glibc
import ObjectStores
import SnapshotModel

/// Copies databases with SQLite's own backup interface, and checks the copies.
///
/// The source is only read, in one transaction, so the copy is the state between two transactions of whoever writes. With a
/// write-ahead log the writers go on meanwhile; without one their commits wait until the copy is made.
///
/// - SeeAlso: https://www.sqlite.org/backup.html
package struct DatabaseCopier: DatabaseCopying {
  /// Where copies are made, each as large as its database; `TMPDIR`, else `/var/tmp`, which lies on a disk.
  private let folder: [UInt8]
  private let busySecondsMax: Int
  /// Between two looks at whether to stop: 16 MiB with pages of 4 KiB.
  private static let pagesAtOnce: Int32 = 4096

  package init(folder: [UInt8]? = nil, busySecondsMax: Int = 5) {
    self.folder = folder ?? environmentVariable("TMPDIR") ?? Array("/var/tmp".utf8)
    self.busySecondsMax = busySecondsMax
  }

  package func copy(
    ofDatabaseAt path: [UInt8], isAtRest: Bool, shouldStop: () -> Bool
  ) throws(DatabaseCopyFailure) -> Int32 {
    let place = try temporaryFolder()
    defer { remove(place) }
    let target = place + Array("/copy".utf8)
    do {
      // Closed before the copy is opened: what SQLite keeps beside it is merged then.
      let source = try DatabaseHandle(uri(path, isAtRest ? "?immutable=1" : "?mode=ro"), SQLITE_OPEN_READONLY)
      let copy = try DatabaseHandle(uri(target, ""), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      unsafe sqlite3_busy_timeout(source.pointer, Int32(busySecondsMax * 1000))
      try copy.execute("PRAGMA synchronous=OFF")
      // Pins the state: what is committed from now on is not in the copy.
      try source.execute("BEGIN; SELECT count(*) FROM sqlite_schema")
      try Self.copy(source, copy, shouldStop)
      let complaint = try copy.text("PRAGMA quick_check(1)")
      // A heading and a line.
      let words = complaint.split(whereSeparator: \.isNewline).joined(separator: " ")
      if complaint != "ok" { throw DatabaseCopyFailure("the database is damaged: \(words)") }
    } catch let failure as DatabaseCopyFailure {
      throw failure
    } catch let failure as DatabaseError {
      throw DatabaseCopyFailure(words(for: failure))
    } catch {
      throw DatabaseCopyFailure("\(error)")
    }
    let descriptor = unsafe target.withPath { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard descriptor >= 0 else { throw DatabaseCopyFailure("the copy cannot be read: \(errorText(errno))") }
    return descriptor
  }

  private static func copy(_ source: DatabaseHandle, _ target: DatabaseHandle, _ shouldStop: () -> Bool) throws {
    guard let backup = unsafe sqlite3_backup_init(target.pointer, "main", source.pointer, "main") else {
      throw target.error()
    }
    var code = SQLITE_OK
    while code == SQLITE_OK, !shouldStop() { unsafe code = sqlite3_backup_step(backup, pagesAtOnce) }
    let finished = unsafe sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE, finished == SQLITE_OK else {
      if code == SQLITE_OK { throw DatabaseCopyFailure("the copy was interrupted") }
      throw target.error(code: code == SQLITE_DONE ? finished : code)
    }
  }

  private func words(for failure: DatabaseError) -> String {
    switch failure.code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: "the database is locked for more than \(counted(busySecondsMax, "second"))"
    case SQLITE_NOTADB: "it looks like an SQLite database and is none"
    case SQLITE_CORRUPT: "the database is damaged: \(failure.text)"
    case SQLITE_FULL: "no space for a copy in \(displayText(folder))"
    default:
      failure.code == SQLITE_READONLY | (3 << 8)  // SQLITE_READONLY_ROLLBACK
        ? "the database has the journal of an interrupted transaction" : "SQLite cannot copy it: \(failure.text)"
    }
  }

  private func temporaryFolder() throws(DatabaseCopyFailure) -> [UInt8] {
    var template = folder + Array("/snap-copy-XXXXXX".utf8) + [0]
    let isMade = unsafe template.withUnsafeMutableBytes { bytes in
      // The array ends in NUL and outlives the call, which writes over the X only.
      unsafe mkdtemp(bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)) != nil
    }
    guard isMade else {
      throw DatabaseCopyFailure("no folder for a copy can be made in \(displayText(folder)): \(errorText(errno))")
    }
    return template.dropLast()
  }

  private func remove(_ place: [UInt8]) {
    for name in ["copy", "copy-journal", "copy-wal", "copy-shm"] {
      _ = unsafe (place + Array("/\(name)".utf8)).withPath { unsafe unlink($0) }
    }
    _ = unsafe place.withPath { unsafe rmdir($0) }
  }

  /// As SQLite reads it: bytes that mean something in a URI, and those that are no ASCII, as `%xx`.
  private func uri(_ path: [UInt8], _ parameters: String) -> String {
    let escaped = path.map { byte -> String in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "/._-".utf8.contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal(CollectionOfOne(byte))
    }
    return "file://" + escaped.joined() + parameters
  }
}

extension [UInt8] {
  /// - Returns: what `body` makes of the bytes as a C string; they hold no NUL.
  fileprivate func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    unsafe (self + [0]).withUnsafeBytes {
      unsafe body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self))
    }
  }
}

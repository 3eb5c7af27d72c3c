import SnapshotModel

/// The files that SQLite keeps beside a database while it is in use.
enum SidecarNames {
  static let all = ["-journal", "-shm", "-wal"].map { Array($0.utf8) }

  /// Those that may hold what the database's file does not.
  static let logs = ["-journal", "-wal"].map { Array($0.utf8) }

  static func paths(of database: ArchivePath) -> [ArchivePath] {
    all.compactMap { ArchivePath(database.bytes + $0) }
  }
}

extension WalkedItem {
  /// Of a database: the files beside it that may hold what it lacks.
  var databaseLogs: [FileStatus] {
    guard let folder = try? directory.open() else { return [] }
    return SidecarNames.logs.compactMap { suffix in
      let status = try? FileStatus(folder: folder.number, name: name + suffix)
      return status.flatMap { $0.kind == .file && $0.size > 0 ? $0 : nil }
    }
  }

  /// Its status, changed when the later of the file and its logs was.
  ///
  /// Not when a log's own status changed: as root SQLite gives it to the database's owner whenever it opens it.
  func status(withLogs logs: [FileStatus]) -> FileStatus {
    var combined = status
    combined.changed = ([status.changed] + logs.map(\.modified)).max() ?? status.changed
    return combined
  }
}

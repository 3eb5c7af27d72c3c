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

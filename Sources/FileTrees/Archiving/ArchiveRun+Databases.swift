import Glibc
import ObjectStores
import Repositories
import SnapshotModel

/// SQLite databases, which are not what lies in their files as long as a program writes to them.
///
/// Looked for by size, a multiple of 512, then by the first bytes. A database whose file and log are as the stat cache has
/// them is not opened: the row keeps the later of their times.
extension ArchiveRun {
  private static let magic = Array("SQLite format 3\0".utf8)
  private static let headBytes = 100

  /// - Returns: whether that was all about the item.
  func archiveDatabase(_ item: WalkedItem, known: (entry: ManifestEntry, row: StatCache.Row?)?) throws -> Bool {
    guard let copier = request.databases, case .tree(let root, _) = request.input else { return false }
    if sidecars.contains(item.path) { return true }
    let status = item.status
    guard status.size >= 512, status.size % 512 == 0, status.linkCount == 1 else { return false }
    let logs = item.databaseLogs
    var combined = item
    combined.status = item.status(withLogs: logs)
    if let known, let row = known.row {
      let isKept = row.matches(combined.status) && known.entry.metadata.modified == status.modified
      if isKept, databasesOfParent.contains(item.path), session.canTakeOver(known.entry.content) {
        take(item.path)
        try add(.unchanged(combined.status, known.entry), byteCount: 0)
        return true
      }
      // Saved as a plain file, be it one that SQLite could not copy.
      if logs.isEmpty, row.matches(status), known.entry.isUnchanged(status) { return false }
    }
    guard let head = head(of: item), head.starts(with: Self.magic) else { return false }
    // Byte 18 is 2 for a database with a write-ahead log: opening that would make files beside it.
    let isAtRest = logs.isEmpty && head.count > 18 && head[18] == 2
    let path = FolderPath.joined(root, item.path)
    let descriptor: Int32
    do throws(DatabaseCopyFailure) {
      let first = try copier.copy(ofDatabaseAt: path, isAtRest: isAtRest) { events.shouldStop }
      if isAtRest, !item.databaseLogs.isEmpty {
        // Someone has begun to write.
        close(first)
        descriptor = try copier.copy(ofDatabaseAt: path, isAtRest: false) { events.shouldStop }
      } else {
        descriptor = first
      }
    } catch {
      try stopIfAsked()
      fail(item.path, "\(error.reason) (saved as read)")
      return false
    }
    try flushBatch()
    try archive(copy: descriptor, of: combined, prior: known?.entry)
    return true
  }

  private func archive(copy descriptor: Int32, of item: WalkedItem, prior: ManifestEntry?) throws {
    var reader = LargeFileReader(OwnedDescriptor(adopting: descriptor), extents: nil, chunker: chunker)
    let size = try FileStatus(descriptor: descriptor).size
    let file = LargeFile(
      path: item.path, prior: prior, base: try base(for: item.path, prior: prior, byteCount: size), status: item.status,
      metadata: try EntryCapture.metadata(item, owners: owners), dataExtents: nil, byteCountExpected: size)
    take(item.path)
    try read(file, from: &reader)
    try submit(.largeFileEnd(file), byteCount: 0)
  }

  private func take(_ path: ArchivePath) {
    databases.append(path)
    sidecars.formUnion(SidecarNames.paths(of: path))
  }

  private func head(of item: WalkedItem) -> [UInt8]? {
    guard let file = try? EntryCapture.open(item) else { return nil }
    return try? EntryCapture.read(file.number, countMax: Self.headBytes, at: 0)
  }
}

private enum FolderPath {
  static func joined(_ folder: [UInt8], _ path: ArchivePath) -> [UInt8] {
    (folder == [UInt8(ascii: "/")] ? [] : folder) + [UInt8(ascii: "/")] + path.bytes
  }
}

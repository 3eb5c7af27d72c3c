import Glibc
import ObjectStores
import Repositories
import Sealing
import SnapshotModel

/// Compares a snapshot with the files that lie there now.
package enum WorkTreeDiffer {
  /// Calls `body` with every change, in path order.
  ///
  /// A file whose size and time of modification are those of the snapshot counts as unchanged, like in git; one whose
  /// size alone is the same is read and hashed, and is a change of metadata when only its time is new. What the rules
  /// leave out now but the snapshot holds is passed over, not called removed. The new side of a change has no content
  /// of its own where the content changed: `FileContent.empty`.
  ///
  /// - Parameter root: where the snapshot's paths begin.
  /// - Throws: `SnapFault`; what cannot be read counts as unchanged, and the repository's events hear of it.
  package static func forEachChange(
    from old: Manifest, of snapshot: Snapshot, root: [UInt8], options: WalkOptions, in repository: Repository,
    _ body: (ManifestChange) throws -> Void
  ) throws {
    let cache = StatCacheFile(repository: repository.id, root: root)?.load(manifest: snapshot.manifest.id)
    var comparison = WorkTreeComparison(old, of: snapshot, cache: cache, repository: repository)
    let walk = try WalkAhead(TreeWalker(root: root, sources: snapshot.sources, options: options))
    while let event = walk.next() {
      switch event {
      case .item(let item): try comparison.compare(item, body)
      case .ignored(let path, _, _), .skippedRepository(let path): try comparison.passOver(path, body)
      case .failed(let path, let error):
        if error.errno == ENOENT { continue }
        repository.events.warn("cannot compare \(path): \(error.description)")
        try comparison.passOver(path, body)
      }
    }
    try comparison.finish(body)
  }
}

/// What a version holds that no file of the tree is.
private struct MadeFiles {
  let dumps: Set<ArchivePath>
  /// Those above dumps, which may be there for their sake alone.
  let folders: Set<ArchivePath>
  let databases: Set<ArchivePath>
  /// What SQLite keeps beside databases, and merges into their copies.
  let sidecars: Set<ArchivePath>

  init(of snapshot: Snapshot) {
    dumps = Set(snapshot.dumps.map(\.path))
    databases = Set(snapshot.databases)
    sidecars = Set(snapshot.databases.flatMap(SidecarNames.paths))
    var folders: Set<ArchivePath> = []
    for dump in dumps {
      var folder = dump.parent
      while let above = folder, !above.isRoot, folders.insert(above).inserted { folder = above.parent }
    }
    self.folders = folders
  }
}

/// One comparison, step by step with the walk.
private struct WorkTreeComparison {
  private var cursor: ManifestCursor
  private var rows: StatCache.Cursor?
  private let repository: Repository
  private let owners = OwnerNames()
  private let hasher: ChunkHasher
  private let reader: ChunkReader
  private let made: MadeFiles
  /// When the snapshot was made.
  private let saved: Timestamp
  private var hardLinks = HardLinkTable()

  init(_ manifest: Manifest, of snapshot: Snapshot, cache: StatCache?, repository: Repository) {
    made = MadeFiles(of: snapshot)
    saved = snapshot.created
    cursor = manifest.makeCursor()
    rows = cache?.makeCursor()
    reader = repository.reader()
    self.repository = repository
    hasher = ChunkHasher(repository.naming)
  }

  mutating func compare(_ item: WalkedItem, _ body: (ManifestChange) throws -> Void) throws {
    try removeEntries(before: item.path, body)
    let linkTarget = hardLinks.target(of: item)
    guard let (old, row) = try take(item.path) else {
      if made.sidecars.contains(item.path) { return }
      if let new = describe(item, like: nil, linkTarget) {
        try body(ManifestChange(path: item.path, kind: .added, old: nil, new: new))
      }
      return
    }
    if made.dumps.contains(item.path) { return }
    // Of a database in use the copy has other bytes; its time is that of the file. What is new may stand in the log alone.
    if made.databases.contains(item.path), old.metadata.modified == item.status.modified {
      guard let change = changeInLogs(item, old, row) else { return }
      return try body(change)
    }
    if let row, row.matches(item.status), old.isUnchanged(item.status), old.hardLinkTarget == linkTarget { return }
    guard let new = describe(item, like: old, linkTarget), let kind = ManifestDiffer.kind(from: old, to: new) else {
      return
    }
    try body(ManifestChange(path: item.path, kind: kind, old: old, new: new))
  }

  /// A log that was written since the save makes a change, though it may hold no more than a page that is as it was: what is in it only
  /// a copy would tell.
  private func changeInLogs(_ item: WalkedItem, _ old: ManifestEntry, _ row: StatCache.Row?) -> ManifestChange? {
    let logs = item.databaseLogs
    guard let last = logs.map(\.modified).max() else { return nil }
    let isKnown = row.map { $0.inode != 0 } ?? false
    let isWritten = isKnown ? row?.matches(item.status(withLogs: logs)) == false : last > saved
    guard isWritten, last > old.metadata.modified, var new = describe(item, like: nil, nil) else { return nil }
    new.metadata.modified = last
    return ManifestChange(path: item.path, kind: .modified, old: old, new: new)
  }

  /// Leaves `path`, and what the snapshot has below it, out of the comparison.
  mutating func passOver(_ path: ArchivePath, _ body: (ManifestChange) throws -> Void) throws {
    try removeEntries(before: path, body)
    while let entry = try cursor.peek(), path.contains(entry.path) { _ = try take(entry.path) }
  }

  mutating func finish(_ body: (ManifestChange) throws -> Void) throws {
    while let entry = try cursor.peek() {
      try remove(entry, body)
    }
  }

  private mutating func removeEntries(
    before path: ArchivePath, _ body: (ManifestChange) throws -> Void
  ) throws {
    while let entry = try cursor.peek(), entry.path < path { try remove(entry, body) }
  }

  private mutating func remove(_ entry: ManifestEntry, _ body: (ManifestChange) throws -> Void) throws {
    _ = try take(entry.path)
    if made.dumps.contains(entry.path) || (entry.kind == .directory && made.folders.contains(entry.path)) { return }
    try body(ManifestChange(path: entry.path, kind: .removed, old: entry, new: nil))
  }

  /// Steps over the entry at `path`, if that is the next one, and its row in the cache.
  private mutating func take(_ path: ArchivePath) throws -> (ManifestEntry, StatCache.Row?)? {
    guard let entry = try cursor.peek(), entry.path == path else { return nil }
    cursor.advance()
    return (entry, rows?.nextRow())
  }

  /// The entry that a save would write, with the old content where that is still the same;
  /// `nil` when it cannot be read.
  private func describe(_ item: WalkedItem, like old: ManifestEntry?, _ linkTarget: ArchivePath?) -> ManifestEntry? {
    do {
      let status = item.status
      var entry = ManifestEntry(
        path: item.path, kind: status.kind, metadata: try EntryCapture.metadata(item, owners: owners))
      entry.hardLinkTarget = linkTarget
      switch status.kind {
      case .file:
        entry.size = status.size
        if let old, old.kind == .file, try hasContent(of: old, item) {
          entry.content = old.content
          entry.dataExtents = old.dataExtents
        }
      case .symbolicLink:
        entry.linkTarget = try EntryCapture.linkTarget(item)
        entry.size = UInt64(entry.linkTarget.count)
      case .characterDevice, .blockDevice: entry.deviceNumber = status.deviceNumber
      case .directory, .fifo, .socket: break
      }
      return entry
    } catch {
      repository.events.warn("cannot compare \(item.path): \(error)")
      return nil
    }
  }

  private func hasContent(of old: ManifestEntry, _ item: WalkedItem) throws -> Bool {
    guard old.size == item.status.size else { return false }
    if old.metadata.modified == item.status.modified || old.size == 0 { return true }
    let layout = try ContentLayout(of: old, reading: reader)
    let file = try EntryCapture.open(item)
    for piece in layout.pieces {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(piece.chunk.length)
      for run in piece.runs {
        guard let part = try? EntryCapture.read(file.number, countMax: run.length, at: run.offset),
          part.count == run.length
        else { return false }
        bytes += part
      }
      if hasher.id(of: bytes[...]) != piece.chunk.id { return false }
    }
    // A hole of old may hold data now, and the chunks say nothing about it.
    return try old.dataExtents == nil || old.dataExtents == EntryCapture.dataExtents(file.number, status: item.status)
  }
}

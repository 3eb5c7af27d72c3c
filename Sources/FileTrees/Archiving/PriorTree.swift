import Repositories
import SnapshotModel

/// The parent snapshot, stepped through beside the walk, and what the stat cache says about its entries.
struct PriorTree {
  private let manifest: Manifest
  private var cursor: ManifestCursor
  private var names: PriorNames?
  private var cache: StatCache.Cursor?
  private(set) var filesRemoved: UInt64 = 0

  init(_ manifest: Manifest, cache: StatCache?) {
    self.manifest = manifest
    cursor = manifest.makeCursor()
    self.cache = cache?.makeCursor()
  }

  /// The entry at `path`, and its row in the stat cache. Paths come in ascending order.
  mutating func entry(at path: ArchivePath) throws -> (entry: ManifestEntry, row: StatCache.Row?)? {
    while let entry = try cursor.peek(), entry.path <= path {
      cursor.advance()
      let row = cache?.nextRow()
      if entry.path == path { return (entry, row) }
      if entry.kind == .file { filesRemoved += 1 }
    }
    return nil
  }

  /// The parent's entry at `path`, out of turn.
  func find(_ path: ArchivePath) throws -> ManifestEntry? { try manifest.entry(at: path) }

  /// A file of the parent that a new path probably continues; `nil` when none is like it.
  mutating func file(resembling path: ArchivePath, byteCount: UInt64) throws -> ManifestEntry? {
    if names == nil { names = try PriorNames(manifest) }
    return try names?.file(resembling: path, byteCount: byteCount)
  }

  /// Counts what the walk did not come to any more.
  mutating func finish() throws {
    while let entry = try cursor.peek() {
      cursor.advance()
      if entry.kind == .file { filesRemoved += 1 }
    }
  }
}

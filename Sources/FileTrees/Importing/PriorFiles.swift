import Repositories
import SnapshotModel

/// The entries of the version before, for paths that are asked for in any order.
///
/// Memory: all of that version's entries. Cost of making it: its manifest decoded once.
struct PriorFiles {
  private var entries: [ArchivePath: ManifestEntry] = [:]
  private let manifest: Manifest
  private var names: PriorNames?

  init(_ manifest: Manifest) throws {
    self.manifest = manifest
    try manifest.forEach { entries[$0.path] = $0 }
  }

  /// What a file is likely to resemble: its own previous version, else one of a like name.
  mutating func base(for path: ArchivePath, byteCount: UInt64) throws -> (content: FileContent?, isOwn: Bool) {
    if let entry = entries[path], entry.kind == .file { return (entry.content, true) }
    if names == nil { names = try PriorNames(manifest) }
    return (try names?.file(resembling: path, byteCount: byteCount)?.content, false)
  }

  /// The entry at a path, which has then been met.
  mutating func take(_ path: ArchivePath) -> ManifestEntry? { entries.removeValue(forKey: path) }

  /// Files that nobody has taken.
  var fileCountLeft: UInt64 { UInt64(entries.values.count { $0.kind == .file }) }
}

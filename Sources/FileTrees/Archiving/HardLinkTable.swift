import SnapshotModel

/// The names of inodes that have several.
struct HardLinkTable {
  private var firstPaths: [FileIdentity: ArchivePath] = [:]

  /// The path that the inode was met under first; `nil` when this is the first, or it has just one name.
  mutating func target(of item: WalkedItem) -> ArchivePath? {
    guard item.status.linkCount > 1, item.status.kind != .directory else { return nil }
    if let first = firstPaths[item.status.identity] { return first }
    firstPaths[item.status.identity] = item.path
    return nil
  }
}

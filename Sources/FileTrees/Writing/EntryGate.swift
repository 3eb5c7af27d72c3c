import SnapshotModel

/// Refuses entries that whoever writes them one after the other would write somewhere else: through a link, or over one another.
struct EntryGate {
  private var lastPath: ArchivePath?
  /// The last entry that is no folder: nothing may lie below it.
  private var lastLeaf: ArchivePath?

  /// Takes the next entry in path order.
  ///
  /// - Returns: `false` for one that is not to be written; it counts for nothing then.
  mutating func admits(_ entry: ManifestEntry) -> Bool {
    let isInOrder = lastPath.map { $0 < entry.path } ?? true
    let isBelowLeaf = lastLeaf.map { $0.contains(entry.path) } ?? false
    let isLinkedBack = entry.hardLinkTarget.map { $0 < entry.path && !$0.isRoot } ?? true
    let isRootFolder = !entry.path.isRoot || entry.kind == .directory
    guard isInOrder, !isBelowLeaf, isLinkedBack, isRootFolder, !entry.linkTarget.contains(0) else { return false }
    lastPath = entry.path
    lastLeaf = entry.kind == .directory ? nil : entry.path
    return true
  }

  /// What is told of such an entry.
  ///
  /// - Parameter version: its name; may be empty.
  static func refusal(of entry: ManifestEntry, in version: String = "", hint: String) -> SnapFault {
    let place = version.isEmpty ? "" : " in \(version)"
    return SnapFault(
      .refused, "refused unsafe entry '\(entry.path)'\(place) (hostile or damaged snapshot)", hint: hint,
      path: entry.path.description)
  }
}

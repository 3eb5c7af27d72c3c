import SnapshotModel

/// Which paths of a snapshot are meant: what `--path` says, given once or several times.
///
/// - A plain path selects that item and, of a folder, everything below.
/// - `'*.json'`, a glob without a slash, matches the name at any depth.
/// - `config/*.json`, `config/**`, `**/x`, `/a?[0-9]`: a glob with a slash is anchored at the snapshot's root.
/// - A trailing slash means folders only; absolute paths below the saved folder are understood.
///
/// What a glob matches selects everything below it, too.
package struct PathSelection: Sendable, Hashable {
  let patterns: [SelectionPattern]

  /// No restriction.
  package static let everything = PathSelection(patterns: [])

  private init(patterns: [SelectionPattern]) { self.patterns = patterns }

  /// - Parameters:
  ///   - patterns: as the user wrote them; none selects everything.
  ///   - root: the absolute path of the folder that the snapshot was made of, if known.
  /// - Throws: a fault `.usage` for a pattern that is empty or leads out of the snapshot.
  package init(_ patterns: [[UInt8]], root: [UInt8]? = nil) throws(SnapFault) {
    var compiled: [SelectionPattern] = []
    for pattern in patterns { compiled.append(try SelectionPattern(pattern, root: root)) }
    // A pattern for the root itself, such as `.`, selects everything; kept, because it names what it names.
    self.patterns = compiled
  }

  package init(_ patterns: [String], root: [UInt8]? = nil) throws(SnapFault) {
    try self.init(patterns.map { Array($0.utf8) }, root: root)
  }

  /// Whether nothing is left out.
  package var selectsEverything: Bool { patterns.isEmpty || patterns.contains { $0.literal == .root && !$0.isGlob } }

  /// Whether the item itself or a folder above it is named.
  ///
  /// - Complexity: O(depth * patterns); `SelectionFilter` is faster for entries in order.
  package func selects(_ path: ArchivePath, isFolder: Bool) -> Bool {
    if selectsEverything || names(path, isFolder: isFolder) { return true }
    var above = path.parent
    while let folder = above {
      if names(folder, isFolder: true) { return true }
      above = folder.parent
    }
    return false
  }

  /// Whether a pattern names the item itself.
  package func names(_ path: ArchivePath, isFolder: Bool) -> Bool {
    patterns.contains { $0.names(path, isFolder: isFolder) }
  }

  /// Whether whatever stands directly in `folder` is selected, also what no snapshot has.
  package func coversAll(in folder: ArchivePath) -> Bool {
    selects(folder, isFolder: true) || patterns.contains { $0.namesAllIn(folder) }
  }

  /// Whether anything below `folder` can be selected; `false` is certain.
  package func maySelect(below folder: ArchivePath) -> Bool {
    selects(folder, isFolder: true) || patterns.contains { $0.mayName(below: folder) }
  }

  /// Whether a stretch of a manifest can hold a selected entry or a folder above one; `false` is certain.
  ///
  /// - Parameter next: the first path after the stretch; `nil` when it is the last.
  package func touches(from first: ArchivePath, upTo next: ArchivePath?) -> Bool {
    func isBeforeEnd(_ path: ArchivePath) -> Bool { next.map { path < $0 } ?? true }
    if selectsEverything { return true }
    return patterns.contains { pattern in
      let roots = pattern.isGlob ? [pattern.literalRoot, pattern.literal] : [pattern.literalRoot]
      return roots.contains { root in
        guard let root else { return true }
        if isBeforeEnd(root), first <= root || root.contains(first) { return true }
        var above = root.parent
        while let folder = above {
          if first <= folder, isBeforeEnd(folder) { return true }
          above = folder.parent
        }
        return false
      }
    }
  }

  /// The patterns as the user wrote them.
  package var texts: [String] { patterns.map { displayText($0.text) } }
}

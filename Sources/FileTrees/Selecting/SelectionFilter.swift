import SnapshotModel

/// Picks the selected entries out of a manifest, in one pass, and with them the folders above them.
package struct SelectionFilter {
  /// Why an entry is wanted.
  package enum Role: Sendable {
    case selected
    /// Only because something below it is selected.
    case parent
  }

  private let selection: PathSelection
  private let selectsEverything: Bool
  /// The innermost selected folder, while the entries are below it.
  private var selectedFolder: ArchivePath?
  /// Folders above the current entry that nothing has needed yet.
  private var waiting: [ManifestEntry] = []
  private var isMatched: [Bool]

  package init(_ selection: PathSelection) {
    self.selection = selection
    selectsEverything = selection.selectsEverything
    isMatched = selection.patterns.map { $0.literal == .root && !$0.isGlob }
  }

  /// Hands `entry` on when it is selected, after the folders above it that were not handed on before.
  ///
  /// Entries must come in path order.
  package mutating func take(_ entry: ManifestEntry, _ body: (ManifestEntry, Role) throws -> Void) rethrows {
    if selectsEverything { return try body(entry, .selected) }
    let isFolder = entry.kind == .directory
    let isNamed = note(entry.path, isFolder: isFolder)
    if let selectedFolder, selectedFolder.contains(entry.path) { return try body(entry, .selected) }
    selectedFolder = nil
    while let last = waiting.last, !last.path.contains(entry.path) { waiting.removeLast() }
    guard isNamed else {
      if isFolder { waiting.append(entry) }
      return
    }
    for folder in waiting { try body(folder, .parent) }
    waiting = []
    if isFolder { selectedFolder = entry.path }
    try body(entry, .selected)
  }

  private mutating func note(_ path: ArchivePath, isFolder: Bool) -> Bool {
    var isNamed = false
    for (at, pattern) in selection.patterns.enumerated() where pattern.names(path, isFolder: isFolder) {
      isMatched[at] = true
      isNamed = true
    }
    return isNamed
  }

  /// The patterns that have matched nothing so far, as the user wrote them.
  package var unmatched: [[UInt8]] {
    zip(selection.patterns, isMatched).filter { !$0.1 }.map { $0.0.text }
  }
}

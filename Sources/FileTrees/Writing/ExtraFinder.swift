import SnapshotModel

/// Finds what the target has and the snapshot does not, in the folders that the selection covers whole.
///
/// Entries come in path order, so the names of one folder's entries are known when the first entry behind it comes.
struct ExtraFinder {
  private struct Open {
    var path: ArchivePath
    var names: Set<ArraySlice<UInt8>>
  }

  private let selection: PathSelection
  private let isActive: Bool
  private var open: [Open] = []
  /// Folders of the target that are done, each with the names that the snapshot has in it.
  private(set) var closed: [(folder: ArchivePath, names: Set<ArraySlice<UInt8>>)] = []

  init(context: RestoreContext) {
    selection = context.options.selection
    isActive = context.options.deletesExtra
  }

  /// Takes note that the snapshot has `path`.
  mutating func note(_ path: ArchivePath) {
    guard isActive else { return }
    while let last = open.last, last.path == path || !last.path.contains(path) { close() }
    if let last = open.last, path.parent == last.path { open[open.count - 1].names.insert(path.name) }
  }

  /// Starts to collect the entries of a folder, unless it is new or only partly selected.
  mutating func enter(_ path: ArchivePath, _ targetPath: ArchivePath, isFresh: Bool) {
    guard isActive, !isFresh, selection.coversAll(in: path) else { return }
    open.append(Open(path: targetPath, names: []))
  }

  private mutating func close() {
    guard let last = open.popLast() else { return }
    closed.append((last.path, last.names))
  }

  /// Ends all folders.
  mutating func finish() {
    while !open.isEmpty { close() }
  }
}

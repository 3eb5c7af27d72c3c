import SnapshotModel

/// The sources of a save as a tree of names: which folders lead to them, and which are saved whole.
final class SourceTree: Sendable {
  let path: ArchivePath
  /// Saved with all that is in it; otherwise only the folder itself, and the way to `children`.
  let isSource: Bool
  /// In ascending order of their names; empty when this is a source.
  let children: [SourceTree]

  private struct Item {
    var path: ArchivePath
    var isSource: Bool
  }

  /// - Parameters:
  ///   - sources: in any order; those below others are merged into them.
  ///   - foldersAlone: folders of which only they themselves are meant.
  convenience init(sources: [ArchivePath], foldersAlone: [ArchivePath] = []) {
    let items = sources.map { Item(path: $0, isSource: true) } + foldersAlone.map { Item(path: $0, isSource: false) }
    let sorted = items.sorted { $0.path == $1.path ? $0.isSource && !$1.isSource : $0.path < $1.path }
    self.init(path: .root, items: sorted[...])
  }

  /// - Parameter items: in ascending order, a source before the same path alone; all below `path` or equal to it.
  private init(path: ArchivePath, items: ArraySlice<Item>) {
    self.path = path
    isSource = items.first.map { $0.path == path && $0.isSource } ?? false
    var children: [SourceTree] = []
    var rest = isSource ? [] : items.drop { $0.path == path }
    let depth = path.components.count
    while let first = rest.first, let child = path.appending(first.path.components[depth]) {
      let end = rest.firstIndex { !child.contains($0.path) } ?? rest.endIndex
      children.append(SourceTree(path: child, items: rest[..<end]))
      rest = rest[end...]
    }
    self.children = children
  }

  /// By bisection: a folder may hold very many sources.
  func child(_ name: ArraySlice<UInt8>) -> SourceTree? {
    let at = partitioningIndex(in: children.indices) { !children[$0].path.name.lexicographicallyPrecedes(name) }
    return at < children.count && children[at].path.name.elementsEqual(name) ? children[at] : nil
  }

  /// What was asked for at and below this.
  var sources: [ArchivePath] { isSource || children.isEmpty ? [path] : children.flatMap(\.sources) }
}

import SnapshotModel

/// The sources of a save as a tree of names: which folders lead to them, and which are saved whole.
final class SourceTree: Sendable {
  let path: ArchivePath
  /// Saved with all that is in it; otherwise only the way to `children`.
  let isSource: Bool
  /// In ascending order of their names; empty when this is a source.
  let children: [SourceTree]

  /// - Parameter sources: in any order; those below others are merged into them.
  convenience init(sources: [ArchivePath]) {
    self.init(path: .root, sources: sources.sorted()[...])
  }

  /// - Parameter sources: in ascending order, all below `path` or equal to it.
  private init(path: ArchivePath, sources: ArraySlice<ArchivePath>) {
    self.path = path
    isSource = sources.first == path
    var children: [SourceTree] = []
    var rest = isSource ? [] : sources
    let depth = path.components.count
    while let first = rest.first, let child = path.appending(first.components[depth]) {
      let end = rest.firstIndex { !child.contains($0) } ?? rest.endIndex
      children.append(SourceTree(path: child, sources: rest[..<end]))
      rest = rest[end...]
    }
    self.children = children
  }

  func child(_ name: ArraySlice<UInt8>) -> SourceTree? { children.first { $0.path.name.elementsEqual(name) } }

  /// The sources at and below this.
  var sources: [ArchivePath] { isSource ? [path] : children.flatMap(\.sources) }
}

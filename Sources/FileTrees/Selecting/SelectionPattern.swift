import SnapshotModel

/// One `--path`: a path or a glob, compiled.
struct SelectionPattern: Hashable, Sendable {
  private enum Part: Hashable, Sendable {
    /// `**`: any number of folders, none included; as the last part, everything below.
    case anyDepth
    case literal(ArraySlice<UInt8>)
    case glob(GlobComponent)
  }

  /// As the user wrote it.
  let text: [UInt8]
  /// The path that it is when read without globs, also if it has them: a file may really be called `a[1]`.
  let literal: ArchivePath?
  /// A glob without a slash: matches the name at any depth.
  private let matchesAnyDepth: Bool
  private let needsFolder: Bool
  private let parts: [Part]
  /// The leading parts without globs; all that can match lies at or below this path.
  let literalRoot: ArchivePath?
  let isGlob: Bool

  /// - Parameter root: the absolute folder that the snapshot was made of, for patterns that are absolute paths.
  /// - Throws: a fault `.usage` when it is empty or leads out of the snapshot.
  init(_ text: [UInt8], root: [UInt8]?) throws(SnapFault) {
    let slash = UInt8(ascii: "/")
    self.text = text
    guard !text.isEmpty else { throw SnapFault(.usage, "--path needs a path or a pattern") }
    guard !text.contains(0) else {
      throw SnapFault(.usage, "'\(displayText(text))' is not a path: it holds a NUL byte")
    }
    var relative = text[...]
    if let root, text.first == slash {
      let root = root.reversed().drop { $0 == slash }.reversed()
      if text.starts(with: root), text.count == root.count || text[root.count] == slash {
        relative = text[root.count...]
      }
    }
    let hasInnerSlash = relative.drop { $0 == slash }.reversed().drop { $0 == slash }.contains(slash)
    let isAnchored = hasInnerSlash || relative.first == slash
    needsFolder = relative.last == slash
    var components: [ArraySlice<UInt8>] = []
    for component in relative.split(separator: slash) where component != [UInt8(ascii: ".")] {
      if component == [UInt8(ascii: "."), UInt8(ascii: ".")] {
        guard components.popLast() != nil else {
          throw SnapFault(.usage, "'\(displayText(text))' leads out of the snapshot")
        }
      } else {
        components.append(component)
      }
    }
    literal = ArchivePath(Array(components.joined(separator: [slash])))
    isGlob = components.contains { GlobComponent.isGlob($0) }
    matchesAnyDepth = isGlob && !isAnchored
    let starStar = [UInt8(ascii: "*"), UInt8(ascii: "*")]
    parts = components.map { component in
      if component == starStar[...] { return .anyDepth }
      return GlobComponent.isGlob(component) || component.contains(UInt8(ascii: "\\"))
        ? .glob(GlobComponent(component)) : .literal(component)
    }
    if matchesAnyDepth {
      literalRoot = nil
    } else {
      let leading = isGlob ? components.prefix { !GlobComponent.isGlob($0) } : components[...]
      literalRoot = ArchivePath(Array(leading.joined(separator: [slash])))
    }
  }

  /// Whether it names this very item; what lies below one is not asked here.
  func names(_ path: ArchivePath, isFolder: Bool) -> Bool {
    if needsFolder, !isFolder { return false }
    if path == literal { return true }
    if matchesAnyDepth {
      guard case .glob(let glob) = parts.first, !path.isRoot else { return !path.isRoot && parts.first == .anyDepth }
      return glob.matches(path.name)
    }
    if !isGlob, !parts.contains(where: { if case .glob = $0 { true } else { false } }) { return false }
    return matches(path.components[...], parts[...])
  }

  /// Whether an item at or below `folder`, apart from `folder` itself, can match.
  func mayName(below folder: ArchivePath) -> Bool {
    if matchesAnyDepth || folder.isRoot { return true }
    if let literal, folder.contains(literal) { return true }
    var parts = parts[...]
    for component in folder.components {
      guard let part = parts.popFirst() else { return false }
      switch part {
      case .anyDepth: return true
      case .literal(let name): if name != component { return false }
      case .glob(let glob): if !glob.matches(component) { return false }
      }
    }
    return !parts.isEmpty
  }

  /// Whether everything directly in `folder` matches, whatever it is called.
  func namesAllIn(_ folder: ArchivePath) -> Bool {
    guard !needsFolder, !matchesAnyDepth, parts.last == .anyDepth else { return false }
    return matches(folder.components[...], parts.dropLast()) || matches(folder.components[...], parts[...])
  }

  private func matches(_ path: ArraySlice<ArraySlice<UInt8>>, _ parts: ArraySlice<Part>) -> Bool {
    guard let part = parts.first else { return path.isEmpty }
    if part == .anyDepth {
      if parts.count == 1 { return !path.isEmpty }
      var rest = path
      while true {
        if matches(rest, parts.dropFirst()) { return true }
        if rest.popFirst() == nil { return false }
      }
    }
    guard let component = path.first else { return false }
    switch part {
    case .literal(let name): guard name == component else { return false }
    case .glob(let glob): guard glob.matches(component) else { return false }
    case .anyDepth: return false
    }
    return matches(path.dropFirst(), parts.dropFirst())
  }
}

import SnapshotModel

/// One `--path`: a path or a glob, compiled.
struct SelectionPattern: Hashable, Sendable {
  private enum Part: Hashable, Sendable {
    /// `**`: any number of components, none included. As the last part it means one or more: a `*` goes before it.
    case anyDepth
    case literal(ArraySlice<UInt8>)
    case glob(GlobComponent)

    func matches(_ component: ArraySlice<UInt8>) -> Bool {
      switch self {
      case .anyDepth: false
      case .literal(let name): name == component
      case .glob(let glob): glob.matches(component)
      }
    }
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
    let starStar = [UInt8(ascii: "*"), UInt8(ascii: "*")]
    matchesAnyDepth = isGlob && !isAnchored && components != [starStar[...]]
    var parts: [Part] = components.map { component in
      if component == starStar[...] { return .anyDepth }
      return GlobComponent.isGlob(component) || component.contains(UInt8(ascii: "\\"))
        ? .glob(GlobComponent(component)) : .literal(component)
    }
    if parts.last == .anyDepth { parts.insert(.glob(GlobComponent([UInt8(ascii: "*")])), at: parts.count - 1) }
    self.parts = parts
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
      return !path.isRoot && parts.count == 1 && parts[0].matches(path.name)
    }
    if !isGlob, !parts.contains(where: { if case .glob = $0 { true } else { false } }) { return false }
    return Self.matches(path.components, parts[...])
  }

  /// Whether an item at or below `folder`, apart from `folder` itself, can match.
  func mayName(below folder: ArchivePath) -> Bool {
    if matchesAnyDepth || folder.isRoot { return true }
    if let literal, folder.contains(literal) { return true }
    var parts = parts[...]
    for component in folder.components {
      guard let part = parts.popFirst() else { return false }
      if part == .anyDepth { return true }
      guard part.matches(component) else { return false }
    }
    return !parts.isEmpty
  }

  /// Whether everything directly in `folder` matches, whatever it is called.
  func namesAllIn(_ folder: ArchivePath) -> Bool {
    guard !needsFolder, !matchesAnyDepth, parts.last == .anyDepth else { return false }
    return Self.matches(folder.components, parts.dropLast(2)) || Self.matches(folder.components, parts[...])
  }

  /// - Complexity: O(components * parts): only the last `**` is ever tried again.
  private static func matches(_ path: [ArraySlice<UInt8>], _ parts: ArraySlice<Part>) -> Bool {
    var part = parts.startIndex
    var at = 0
    var retry: (part: Int, at: Int)?
    while at < path.count || part < parts.endIndex {
      if part < parts.endIndex {
        if parts[part] == .anyDepth {
          retry = (part, at + 1)
          part += 1
          continue
        }
        if at < path.count, parts[part].matches(path[at]) {
          part += 1
          at += 1
          continue
        }
      }
      guard let again = retry, again.at <= path.count else { return false }
      (part, at) = again
    }
    return true
  }
}

import SnapshotModel

/// The entries that an archive's members come to, in whatever order they stand in it; later ones replace earlier ones, as
/// when it is unpacked.
///
/// - Content: what is known of a regular file's data.
struct ImportedTree<Content> {
  struct Row {
    var entry: ManifestEntry
    /// Of regular files only.
    var content: Content?
  }

  private struct Node {
    var entry: ManifestEntry
    var content: Content?
    /// The same for all names of one file.
    var inode: Int
  }

  /// Twice Linux's PATH_MAX, and deeper than any tree that people have: the folders above a path are made up where they are
  /// missing, so a few bytes of archive could ask for much.
  private static var pathBytesMax: Int { 8192 }
  private static var pathDepthMax: Int { 512 }

  private var nodes: [ArchivePath: Node] = [:]
  private var nextInode = 0
  private let stripComponents: Int

  /// - Parameter stripComponents: how many leading names of every path are dropped.
  init(stripComponents: Int) { self.stripComponents = stripComponents }

  /// Adds what is no regular file; of a hard link, another name of what its target is by now.
  ///
  /// - Throws: `ArchiveFault` for a path that leads out, or a link to nothing.
  mutating func add(_ member: ArchiveMember) throws(ArchiveFault) {
    guard let path = try path(of: member) else { return }
    switch member.kind {
    case .hardLink(let target):
      guard let target = try self.path(target), var node = nodes[target] else {
        throw .damaged("'\(path)' is a hard link to '\(displayText(target))', which is not before it")
      }
      guard target != path else { return }
      guard node.entry.kind != .directory else { throw .hostile("'\(path)' is a hard link to a folder") }
      node.entry.path = path
      nodes[path] = node
    case .node(let kind):
      var entry = ManifestEntry(path: path, kind: kind, metadata: member.metadata)
      entry.linkTarget = member.linkTarget
      entry.size = UInt64(member.linkTarget.count)
      entry.deviceNumber = member.deviceNumber
      insert(entry, content: nil)
    }
  }

  mutating func add(file entry: ManifestEntry, content: Content) { insert(entry, content: content) }

  /// Where a member belongs; `nil` when nothing of its path is left.
  ///
  /// - Throws: `ArchiveFault.hostile`.
  func path(of member: ArchiveMember) throws(ArchiveFault) -> ArchivePath? {
    let path = try path(member.path)
    if let path, path.isRoot, member.kind != .node(.directory) {
      throw .hostile("a member that is no folder stands for the whole archive")
    }
    return path
  }

  private func path(_ bytes: [UInt8]) throws(ArchiveFault) -> ArchivePath? {
    let slash = UInt8(ascii: "/")
    guard bytes.count <= Self.pathBytesMax, bytes.count(where: { $0 == slash }) <= Self.pathDepthMax else {
      throw .hostile("a path of \(formatted(count: bytes.count)) bytes is too long or too deep")
    }
    if bytes.first == slash { throw .hostile("'\(displayText(bytes))' is an absolute path") }
    let names = bytes.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
    if names.contains([UInt8(ascii: "."), UInt8(ascii: ".")]) {
      throw .hostile("'\(displayText(bytes))' leads out of the archive")
    }
    if stripComponents > 0, names.count < stripComponents { return nil }
    guard let path = ArchivePath(Array(names.dropFirst(stripComponents).joined(separator: [slash]))) else {
      throw .damaged("'\(displayText(bytes))' is no path")
    }
    return path
  }

  private mutating func insert(_ entry: ManifestEntry, content: Content?) {
    nodes[entry.path] = Node(entry: entry, content: content, inode: nextInode)
    nextInode += 1
  }

  /// All entries in path order, with the folders above them that the archive leaves out.
  ///
  /// - Parameter folder: of the folders that are made up.
  /// - Throws: `ArchiveFault.hostile` when something stands below what is no folder: a symbolic link, for instance.
  consuming func rows(folder: FileMetadata) throws(ArchiveFault) -> [Row] {
    addFolders(folder)
    var firstNames: [Int: ArchivePath] = [:]
    var rows: [Row] = []
    rows.reserveCapacity(nodes.count)
    for path in nodes.keys.sorted() {
      guard let node = nodes[path] else { continue }
      if let parent = path.parent, nodes[parent]?.entry.kind != .directory {
        throw .hostile("'\(path)' stands below '\(parent)', which is no folder")
      }
      var row = Row(entry: node.entry, content: node.content)
      if let first = firstNames[node.inode] { row.entry.hardLinkTarget = first } else { firstNames[node.inode] = path }
      rows.append(row)
    }
    return rows
  }

  private mutating func addFolders(_ metadata: FileMetadata) {
    for path in nodes.keys + [.root] {
      var folder = path.isRoot ? ArchivePath.root : path.parent
      while let missing = folder, nodes[missing] == nil {
        insert(ManifestEntry(path: missing, kind: .directory, metadata: metadata), content: nil)
        folder = missing.parent
      }
    }
  }
}

import FileTrees
import Packing
import Repositories
import SnapshotModel

extension Session {
  /// `REV` or `REV:path` as typed; the path is `nil` without a colon.
  func locate(_ text: String, in repository: Repository) throws -> (version: ListedSnapshot, path: ArchivePath?) {
    let parts = try RevisionExpression.split(text, in: repository)
    let version = try resolve(parts.revision, in: repository)
    return (version, try parts.path.map { try archivePath($0, of: version.snapshot, in: repository) })
  }

  func resolve(_ text: String, in repository: Repository) throws -> ListedSnapshot {
    try RevisionExpression.resolve(text, in: repository, preferring: ownFolder(in: repository))
  }

  /// The folder whose versions are meant where nothing else is said, in a repository that several projects may share.
  private func ownFolder(in repository: Repository) -> [UInt8]? {
    repository.projectRoot == nil ? workingFolder : nil
  }

  /// Oldest first: those of somebody who can only save; else in a repository that several projects may share those of
  /// this folder, if there are any.
  ///
  /// - Throws: `SnapFault` `.notFound` for a writer who has no key, and has saved nothing.
  func versions(of writer: String?, in repository: Repository) throws -> [ListedSnapshot] {
    let all = try repository.snapshots()
    if let writer {
      let found = all.filter { $0.snapshot.writer == writer }
      let names = found.isEmpty ? try repository.keySlots?.writers().compactMap(\.writer?.name) ?? [] : [writer]
      guard names.contains(writer) else {
        throw SnapFault(
          .notFound, "there is no write-only key '\(ArgumentText.display(writer))'", hint: "snap key list")
      }
      return found
    }
    let trusted = all.filter { $0.snapshot.writer == nil }
    let meant = trusted.isEmpty ? all : trusted
    guard let folder = ownFolder(in: repository) else { return meant }
    let own = meant.filter { $0.snapshot.root == folder }
    return own.isEmpty ? meant : own
  }

  /// What `--path` and the like select: patterns from the version's root, or with `./` and `../` from the current folder.
  ///
  /// - Parameter root: the folder that the version was made of.
  func selection(_ patterns: [String], root: [UInt8], in repository: Repository) throws -> PathSelection {
    // Elsewhere the current folder says nothing about what lies inside a version.
    let folder = place(of: workingFolder, inVersionOf: root, in: repository) ?? .root
    return try PathSelection(
      patterns.map { text in
        guard isFromCurrentFolder(text), !folder.isRoot else { return ArgumentText.encode(text) }
        let inFolder = text.hasPrefix("./") ? text.dropFirst(2) : text[...]
        return folder.bytes + [UInt8(ascii: "/")] + ArgumentText.encode(String(inFolder))
      }, root: root)
  }

  /// Where a version has what stands at `path`: below the folder that it was made of or, after the project has moved, the project's.
  private func place(of path: [UInt8], inVersionOf root: [UInt8], in repository: Repository) -> ArchivePath? {
    FileSystemPath.relative(path, to: root) ?? FileSystemPath.relative(path, to: base(of: repository))
  }

  private func isFromCurrentFolder(_ text: String) -> Bool {
    [".", ".."].contains(text) || text.hasPrefix("./") || text.hasPrefix("../")
  }

  /// A path inside a version as typed: from its root, or with `./` and `../` from the current folder.
  ///
  /// - Throws: `SnapFault` `.usage` when it leads out.
  func archivePath(_ text: String, of snapshot: Snapshot, in repository: Repository) throws -> ArchivePath {
    let bytes = ArgumentText.encode(text)
    if isFromCurrentFolder(text) {
      let absolute = try FileSystemPath.absolute(bytes)
      if let path = place(of: absolute, inVersionOf: snapshot.root, in: repository) { return path }
    } else if bytes.first == UInt8(ascii: "/"), let path = FileSystemPath.relative(bytes, to: snapshot.root) {
      return path
    }
    let parts = bytes.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
    guard let path = ArchivePath(Array(parts.joined(separator: [UInt8(ascii: "/")]))) else {
      throw SnapFault(.usage, "'\(ArgumentText.display(text))' leads out of the version")
    }
    return path
  }

  /// The path that a file of the project has in its versions, typed as the shell completes it.
  func archivePath(ofFile text: String, in repository: Repository) throws -> ArchivePath {
    let absolute = try FileSystemPath.absolute(ArgumentText.encode(text))
    if let path = FileSystemPath.relative(absolute, to: base(of: repository)) { return path }
    guard let path = ArchivePath(absolute.dropFirst()) else {
      throw SnapFault(.usage, "'\(ArgumentText.display(text))' is not a path")
    }
    return path
  }

  /// `'docs/x' is not in version v1.2.0 (nearest: 'doc/x')`.
  func notInVersion(_ path: ArchivePath, _ version: Snapshot, _ manifest: Manifest) -> SnapFault {
    var paths: [ArchivePath] = []
    // The suggestion is a courtesy: when the manifest cannot be read, the message goes without.
    try? manifest.forEach { paths.append($0.path) }
    let nearest = nearestPath(to: path.bytes, among: paths).map { " (nearest: '\($0)')" } ?? ""
    return SnapFault(
      .notFound, "'\(path)' is not in version \(version.version)\(nearest)", path: path.description)
  }

  /// What to say of a pattern that selects nothing.
  func noMatch(for pattern: [UInt8], _ version: Snapshot, _ manifest: Manifest) -> SnapFault {
    guard let path = ArchivePath(pattern) else {
      return SnapFault(.notFound, "nothing in version \(version.version) matches '\(displayText(pattern))'")
    }
    return notInVersion(path, version, manifest)
  }

  /// The entry at `path`, which may be the name of a dump; of the root, which needs none of its own, `nil`.
  func entry(at path: ArchivePath, of version: Snapshot, in manifest: Manifest) throws -> ManifestEntry? {
    if let entry = try manifest.entry(at: path) { return entry }
    if let dump = version.dumps.first(where: { path.bytes == Array($0.name.utf8) }),
      let entry = try manifest.entry(at: dump.path)
    {
      return entry
    }
    if path.isRoot { return nil }
    throw notInVersion(path, version, manifest)
  }
}

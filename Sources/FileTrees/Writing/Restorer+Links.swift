import Glibc
import SnapshotModel

extension Restorer {
  /// Makes the further names of files, each to an inode that this run has written or found equal.
  ///
  /// Where the file of the first name is not among them (not selected, damaged), the first of the others that is
  /// selected gets the content, and the rest become names of that.
  func restoreHardLinks() throws(SnapFault) {
    guard !hardLinks.isEmpty else { return }
    var sources: [ArchivePath: ArchivePath] = [:]
    let complete = try existingSources(of: Set(hardLinks.compactMap { link in link.entry.hardLinkTarget }))
    var rest: [LateEntry] = []
    for link in hardLinks {
      guard let first = link.entry.hardLinkTarget else { continue }
      if complete.contains(first) {
        sources[first] = stripped(first)
      } else if sources[first] == nil {
        sources[first] = link.targetPath
        try addJob(link.entry, at: link.targetPath)
        continue
      }
      rest.append(link)
    }
    hardLinks = []
    try workers.drain()
    for link in rest {
      try checkStop()
      guard let first = link.entry.hardLinkTarget, let source = sources[first] else { continue }
      if try !makeHardLink(link, to: source) { try addJob(link.entry, at: link.targetPath) }
    }
    try workers.drain()
  }

  /// Which of `paths` stand in the target as this run has left them.
  private func existingSources(of paths: Set<ArchivePath>) throws(SnapFault) -> Set<ArchivePath> {
    paths.filter { path in
      guard let path = stripped(path) else { return false }
      return openSource(path) != nil || context.options.isDryRun && workers.hasDone(fingerprint(path, .planned))
    }
  }

  /// Opens a file of the target if it is still the one that this run has put or found there.
  private func openSource(_ path: ArchivePath) -> LinkSource? {
    guard let source = openAny(path), source.status.kind == .file,
      workers.hasDone(fingerprint(path, source.status.identity))
    else { return nil }
    return source
  }

  private func openAny(_ path: ArchivePath) -> LinkSource? {
    guard let parent = path.parent, let folder = try? openTree().existingFolder(parent),
      let descriptor = try? folder.nameFile(path.name)
    else { return nil }
    return try? LinkSource(owning: descriptor)
  }

  /// Something in the target that is to get one more name, whatever becomes of the one by which it was opened.
  private final class LinkSource {
    let descriptor: Int32
    let status: TargetStatus

    /// - Parameter descriptor: closed by this object.
    init(owning descriptor: Int32) throws(TargetError) {
      do throws(TargetError) {
        status = try TargetStatus(of: descriptor)
      } catch {
        close(descriptor)
        throw error
      }
      self.descriptor = descriptor
    }

    deinit { close(descriptor) }
  }

  /// - Returns: `false` when the name must become a file of its own.
  private func makeHardLink(_ link: LateEntry, to path: ArchivePath) throws(SnapFault) -> Bool {
    let source = openSource(path)
    // In a dry run there is none when the file is yet to be written.
    if source == nil, !context.options.isDryRun { return false }
    return try placeLink(link, to: source)
  }

  /// Makes one more name of `source`, of which a dry run has none when it would make that, too.
  ///
  /// - Returns: `false` when the name must become a file or node of its own.
  private func placeLink(_ late: LateEntry, to source: LinkSource?) throws(SnapFault) -> Bool {
    try placeLate(late.targetPath, kind: late.entry.kind) { folder, existing throws(TargetError) in
      if let source, existing?.identity == source.status.identity { return .unchanged }
      if let existing, keeps(existing, late.entry) { return .kept }
      do throws(TargetError) {
        return try replace(late.targetPath, in: folder, existing) { name throws(TargetError) in
          if let source { try folder.link(source.descriptor, as: name) }
        }
      } catch  where [EXDEV, EMLINK, EPERM, ENOTSUP, ENOENT].contains(error.number) {
        return nil
      }
    }
  }

  /// Symbolic links and special files; further names of one become names of the first that is restored.
  func restoreLateEntries() throws(SnapFault) {
    var sources: [ArchivePath: (path: ArchivePath, identity: FileIdentity)] = [:]
    for late in lateEntries {
      try checkStop()
      let isDevice = late.entry.kind == .characterDevice || late.entry.kind == .blockDevice
      if isDevice, !context.mayPreservePrivileged {
        summary.privilegesWithheld += 1
        continue
      }
      let first = late.entry.hardLinkTarget ?? late.entry.path
      if late.entry.hardLinkTarget != nil, let source = sources[first] {
        if try makeLateLink(late, to: source.path, source.identity) { continue }
      }
      _ = try placeLate(late.targetPath, kind: late.entry.kind) { folder, existing throws(TargetError) in
        let action = try restoreLate(late, in: folder, existing)
        if let status = try folder.status(late.targetPath.name) { sources[first] = (late.targetPath, status.identity) }
        return action
      }
    }
    lateEntries = []
  }

  /// - Returns: `false` when the name must become a node of its own.
  private func makeLateLink(
    _ late: LateEntry, to path: ArchivePath, _ identity: FileIdentity
  ) throws(SnapFault) -> Bool {
    guard let source = openAny(path), source.status.identity == identity else { return false }
    return try placeLink(late, to: source)
  }

  private func restoreLate(
    _ late: LateEntry, in folder: TargetFolder, _ existing: TargetStatus?
  ) throws(TargetError) -> RestoreAction {
    let entry = late.entry
    let name = late.targetPath.name
    if let existing, keeps(existing, entry) { return .kept }
    let writer = MetadataWriter(context: context)
    var action: RestoreAction?
    if let existing, context.options.overwrite == .ifChanged, try isEqual(entry, existing, in: folder, name) {
      guard writer.differs(entry.metadata, existing, folder.attributes(name)) else { return .unchanged }
      // The attributes of what has other names are theirs too.
      if existing.linkCount == 1 { action = .adjusted }
    }
    let done: RestoreAction
    if let action {
      done = action
    } else {
      done = try replace(late.targetPath, in: folder, existing) { name throws(TargetError) in
        try make(entry, in: folder, name)
      }
    }
    if !context.options.isDryRun {
      try writer.apply(entry.metadata, kind: entry.kind, in: folder, name: name, summary: &summary)
    }
    return done
  }

  private func isEqual(
    _ entry: ManifestEntry, _ existing: TargetStatus, in folder: TargetFolder, _ name: ArraySlice<UInt8>
  ) throws(TargetError) -> Bool {
    guard existing.kind == entry.kind else { return false }
    return entry.kind == .symbolicLink
      ? try folder.linkTarget(name) == entry.linkTarget : existing.device == entry.deviceNumber
  }

  private func make(_ entry: ManifestEntry, in folder: TargetFolder, _ name: ArraySlice<UInt8>) throws(TargetError) {
    let type: UInt32
    switch entry.kind {
    case .symbolicLink: return try folder.makeSymbolicLink(name, to: entry.linkTarget)
    case .fifo: type = UInt32(S_IFIFO)
    case .socket: type = UInt32(S_IFSOCK)
    case .characterDevice: type = UInt32(S_IFCHR)
    case .blockDevice: type = UInt32(S_IFBLK)
    case .file, .directory: throw TargetError(number: EINVAL)
    }
    try folder.makeNode(
      name, typeAndMode: type | 0o600, major: entry.deviceNumber.major, minor: entry.deviceNumber.minor)
  }

  private func keeps(_ existing: TargetStatus, _ entry: ManifestEntry) -> Bool {
    switch context.options.overwrite {
    case .never: true
    case .ifNewer: existing.modified >= entry.metadata.modified
    case .always, .ifChanged: false
    }
  }

  /// Makes something under a temporary name and moves it over what is there; a dry run makes nothing.
  private func replace(
    _ path: ArchivePath, in folder: TargetFolder, _ existing: TargetStatus?,
    _ make: (ArraySlice<UInt8>) throws(TargetError) -> Void
  ) throws(TargetError) -> RestoreAction {
    let name = path.name
    let isDryRun = context.options.isDryRun
    if let existing, existing.kind == .directory {
      guard context.options.overwrite == .always else { throw TargetError(number: EISDIR) }
      summary.deleted += try FolderRemover(context: context).remove(path, in: folder, existing)
    }
    if existing == nil || existing?.kind == .directory {
      if !isDryRun { try make(name) }
      return .created
    }
    if isDryRun { return .replaced }
    let temporary = (context.temporaryPrefix + Array("late".utf8))[...]
    try make(temporary)
    do throws(TargetError) {
      try folder.rename(temporary, to: name)
    } catch {
      try? folder.remove(temporary)
      throw error
    }
    return .replaced
  }

  /// Finds the folder, does `body`, counts and reports.
  ///
  /// - Returns: `false` when `body` could not do it and says so by `nil`.
  private func placeLate(
    _ path: ArchivePath, kind: EntryKind,
    _ body: (TargetFolder, TargetStatus?) throws(TargetError) -> RestoreAction?
  ) throws(SnapFault) -> Bool {
    do throws(TargetTree.Failure) {
      let folder = try openTree().folder(path.parent ?? .root)
      do throws(TargetError) {
        guard let action = try body(folder, try folder.status(path.name)) else { return false }
        count(action, kind)
        context.events.restore(did: action, path: path, kind: kind, byteCount: 0)
      } catch {
        throw TargetTree.Failure.system(path, error)
      }
    } catch {
      _ = try collect(error)
    }
    return true
  }

  private func count(_ action: RestoreAction, _ kind: EntryKind) {
    switch action {
    case .unchanged: summary.unchanged += 1
    case .adjusted: summary.adjusted += 1
    case .kept: summary.kept += 1
    case .deleted: summary.deleted += 1
    case .created, .replaced:
      switch kind {
      case .symbolicLink: summary.symbolicLinks += 1
      case .file: summary.hardLinks += 1
      default: summary.specialFiles += 1
      }
    }
  }
}

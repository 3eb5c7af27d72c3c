import CLinux
import Glibc
import SnapshotModel

extension Restorer {
  /// Looks at the target before anything is changed; does not make it.
  func openExistingTarget() throws(SnapFault) {
    let options = context.options
    guard !options.deletesExtra || options.stripComponents == 0 else {
      throw SnapFault(.usage, "--delete and --strip-components cannot be combined")
    }
    let descriptor = unsafe (target + [0]).withUnsafeBufferPointer { target in
      // Ends in NUL; the user's own path, whose links are followed as everywhere.
      unsafe target.withMemoryRebound(to: CChar.self) {
        unsafe $0.baseAddress.map { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) } ?? -1
      }
    }
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT: return
      case ENOTDIR:
        throw SnapFault(
          .refused, "\(context.targetText) is not a folder; give a folder to restore to", path: context.targetText)
      default: throw context.stop(TargetError(number: errno))
      }
    }
    let root = TargetFolder(owning: descriptor, isFresh: false)
    try refuseRepository(root)
    let isEmpty: Bool
    do throws(TargetError) { isEmpty = try root.names().isEmpty } catch { throw context.stop(error) }
    if !isEmpty, options.overwrite == .never, options.requiresEmptyTarget {
      throw SnapFault(
        .refused, "\(context.targetText) is not empty; use --overwrite or another directory", path: context.targetText)
    }
    tree = TargetTree(root: root, neverEnter: options.neverEnter, isDryRun: options.isDryRun)
  }

  /// Walks up from the target: restoring into a repository would damage it.
  private func refuseRepository(_ root: TargetFolder) throws(SnapFault) {
    let forbidden = Set(context.options.neverEnter)
    guard !forbidden.isEmpty else { return }
    var folder = root
    var last: FileIdentity?
    while let identity = try? TargetStatus(of: folder.descriptor).identity, identity != last {
      if forbidden.contains(identity) {
        throw SnapFault(
          .refused, "\(context.targetText) is inside the repository; use another directory", path: context.targetText)
      }
      last = identity
      // Whoever may not read a folder may still pass through it.
      let above = unsafe openat(folder.descriptor, "..", linux_O_PATH | O_DIRECTORY | O_CLOEXEC)
      guard above >= 0 else { return }
      folder = TargetFolder(owning: above, isFresh: false)
    }
  }

  /// The target, made now when it was missing.
  func openTree() throws(TargetTree.Failure) -> TargetTree {
    if let tree { return tree }
    let made: TargetTree
    if context.options.isDryRun {
      made = TargetTree(root: .absent, neverEnter: [], isDryRun: true)
    } else {
      do throws(TargetError) {
        made = TargetTree(root: try makeTarget(), neverEnter: context.options.neverEnter, isDryRun: false)
      } catch {
        throw .target(error)
      }
    }
    tree = made
    return made
  }

  private func makeTarget() throws(TargetError) -> TargetFolder {
    let slash = UInt8(ascii: "/")
    var isFresh = false
    var descriptor: Int32 = -1
    var failure: Int32 = 0
    for end in 1...max(1, target.count) where end >= target.count || target[end] == slash {
      // Each prefix ends in NUL and lives until the calls return.
      unsafe (target.prefix(end) + [0]).withUnsafeBufferPointer { path in
        unsafe path.withMemoryRebound(to: CChar.self) { path in
          guard let path = path.baseAddress else { return }
          isFresh = unsafe mkdir(path, 0o777) == 0
          // The first that could not be made tells more than the last that is not there.
          if !isFresh, errno != EEXIST, failure == 0 { failure = errno }
          guard end >= target.count else { return }
          descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
          if descriptor < 0, failure == 0 || errno != ENOENT { failure = errno }
        }
      }
    }
    guard descriptor >= 0 else { throw TargetError(number: failure) }
    return TargetFolder(owning: descriptor, isFresh: isFresh)
  }

  func restoreFolder(
    _ entry: ManifestEntry, at path: ArchivePath, _ role: SelectionFilter.Role
  ) throws(TargetTree.Failure) {
    let tree = try openTree()
    guard let parentPath = path.parent else {
      let root = try tree.folder(.root)
      note(FolderEntry(path: path, metadata: entry.metadata, isNew: root.isFresh), root, role)
      return cleaner.enter(entry.path, path, isFresh: root.isFresh)
    }
    let parent = try tree.folder(parentPath)
    var folder: TargetFolder
    do throws(TargetTree.Failure) {
      folder = try tree.makeFolder(path, in: parent)
    } catch {
      guard case .notAFolder = error, context.options.overwrite == .always else { throw error }
      do throws(TargetError) {
        let kind = try parent.status(path.name)?.kind
        if !context.options.isDryRun { try parent.remove(path.name) }
        summary.deleted += 1
        context.events.restore(did: .deleted, path: path, kind: kind ?? .file, byteCount: 0)
      } catch {
        throw .system(path, error)
      }
      folder = context.options.isDryRun ? tree.pretendFolder(path) : try tree.makeFolder(path, in: parent)
    }
    if folder.isFresh {
      summary.folders += 1
      context.events.restore(did: .created, path: path, kind: .directory, byteCount: 0)
    }
    note(FolderEntry(path: path, metadata: entry.metadata, isNew: folder.isFresh), folder, role)
    // Its mode comes back in the end.
    if !folder.isFresh, !context.isRoot, !context.options.isDryRun { folder.makeAccessible() }
    cleaner.enter(entry.path, path, isFresh: folder.isFresh)
  }

  /// Remembers the metadata that a folder gets in the end;
  /// one that is only on the way to what is selected stays as it is.
  private func note(_ entry: FolderEntry, _ folder: TargetFolder, _ role: SelectionFilter.Role) {
    guard entry.isNew || role == .selected else { return }
    folders.append(entry)
    guard !entry.isNew, let status = try? TargetStatus(of: folder.descriptor) else { return }
    if MetadataWriter(context: context).differs(entry.metadata, status, folder.attributes([UInt8(ascii: ".")])) {
      context.events.restore(did: .adjusted, path: entry.path, kind: .directory, byteCount: 0)
    }
  }

  /// Bottom-up, as every change in a folder changes its time, and a folder may be read-only.
  func restoreFolderMetadata() throws(SnapFault) {
    guard !context.options.isDryRun, let tree else { return }
    let writer = MetadataWriter(context: context)
    for entry in folders.reversed() {
      do throws(TargetTree.Failure) {
        guard let folder = try tree.existingFolder(entry.path) else { continue }
        do throws(TargetError) {
          try writer.apply(
            entry.metadata, to: folder.descriptor, status: try TargetStatus(of: folder.descriptor),
            existing: entry.isNew ? nil : folder.attributes([UInt8(ascii: ".")]), summary: &summary)
        } catch {
          throw TargetTree.Failure.system(entry.path, error)
        }
      } catch {
        _ = try collect(error)
      }
    }
  }

  /// Turns a failure into a fault of that item.
  ///
  /// - Returns: the folder that cannot be used.
  /// - Throws: the fault that ends the restore, when it concerns everything.
  func collect(_ failure: TargetTree.Failure) throws(SnapFault) -> ArchivePath {
    switch failure {
    case .symbolicLink(let path):
      let name = context.text(of: path)
      add(SnapFault(.refused, "\(name) is a symlink; not following it", path: name), path)
      return path
    case .notAFolder(let path):
      let name = context.text(of: path)
      add(
        SnapFault(
          .warnings, "\(name) is not a folder, but is one in the snapshot; --overwrite always replaces it", path: name),
        path)
      return path
    case .forbidden(let path):
      let name = context.text(of: path)
      add(SnapFault(.refused, "\(name) is the repository; not restoring into it", path: name), path)
      return path
    case .target(let error): throw context.stop(error)
    case .system(let path, let error):
      if error.stopsEverything { throw context.stop(error) }
      add(context.fault(path, error), path)
      return path
    }
  }
}

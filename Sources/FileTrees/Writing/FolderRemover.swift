import Glibc
import SnapshotModel

/// Removes a folder that stands where the snapshot has something else, with all that is in it.
///
/// Whether that is wanted, the options say: an empty one always gives way, another only with `replacesFolders`.
struct FolderRemover {
  let context: RestoreContext

  /// Removes all of it or, when something in it must stay, nothing; a dry run only tells.
  ///
  /// - Parameter status: of the folder.
  /// - Returns: how many items went.
  /// - Throws: ENOTEMPTY when something must stay: the repository, another file system, or all,
  ///   without `replacesFolders`.
  func remove(_ path: ArchivePath, in folder: TargetFolder, _ status: TargetStatus) throws(TargetError) -> Int {
    var count = 0
    try visit(path, in: folder, status) { _, _, _ in count += 1 }
    guard count == 1 || context.options.replacesFolders else { throw TargetError(number: ENOTEMPTY) }
    try visit(path, in: folder, status) { path, folder, kind throws(TargetError) in
      if !context.options.isDryRun { try folder.remove(path.name, isFolder: kind == .directory) }
      context.events.restore(did: .deleted, path: path, kind: kind ?? .file, byteCount: 0)
    }
    return count
  }

  /// Calls `body` for everything in the folder, and then for the folder.
  private func visit(
    _ path: ArchivePath, in folder: TargetFolder, _ status: TargetStatus,
    _ body: (ArchivePath, TargetFolder, EntryKind?) throws(TargetError) -> Void
  ) throws(TargetError) {
    try context.checkStop()
    let inner = try folder.openFolder(path.name)
    guard try TargetStatus(of: inner.descriptor).identity == status.identity,
      !context.options.neverEnter.contains(status.identity)
    else { throw TargetError(number: ENOTEMPTY) }
    for name in try inner.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let below = path.appending(name), let found = try inner.status(name[...]) else { continue }
      guard found.identity.device == status.identity.device else { throw TargetError(number: ENOTEMPTY) }
      if found.kind == .directory {
        try visit(below, in: inner, found, body)
      } else {
        try body(below, inner, found.kind)
      }
    }
    try body(path, folder, .directory)
  }
}

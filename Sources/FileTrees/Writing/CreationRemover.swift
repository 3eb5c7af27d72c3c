import Glibc
import Sealing
import SnapshotModel

/// Takes away what a restore made, as far as it still is as that restore made it.
///
/// Compares content, mode, time and attributes; a folder goes when nothing is left in it.
/// What is gone already is no matter.
package final class CreationRemover {
  private let context: RestoreContext
  private let restorer: Restorer
  private let hasher: ChunkHasher
  private var removed: Set<ArchivePath> = []
  /// The modes of folders that were made writable for it.
  private var modes: [ArchivePath: UInt16] = [:]
  /// What stays because it is not as it was made, or because something else is in it; in path order.
  package private(set) var left: [ArchivePath] = []
  /// What went or, in a dry run, would go; in path order.
  package var paths: [ArchivePath] { removed.sorted() }

  /// - Parameter options: those of the restore, as to components to drop; `isDryRun` changes nothing.
  package init(target: [UInt8], options: RestoreOptions, content: any ContentReading, events: any RestoreEvents) {
    var options = options
    options.requiresEmptyTarget = false
    restorer = Restorer(target: target, options: options, content: content, events: events)
    context = restorer.context
    hasher = ChunkHasher(content.naming)
  }

  /// - Parameter entries: what the restore made, in path order.
  /// - Throws: the `SnapFault` that ended it; what was removed until then is in `paths`.
  package func remove(_ entries: [ManifestEntry]) throws {
    try restorer.openExistingTarget()
    guard let tree = restorer.tree else { return }
    defer { restoreModes(tree) }
    for entry in entries.reversed() {
      try restorer.checkStop()
      guard let path = restorer.stripped(entry.path), let parent = path.parent else { continue }
      do throws(TargetTree.Failure) {
        guard let folder = try tree.existingFolder(parent) else { continue }
        if try !remove(entry, path, in: folder, at: parent) { left.append(path) }
      } catch {
        if case .system(_, let error) = error, error.stopsEverything { throw context.stop(error) }
        left.append(path)
      }
    }
    left.sort()
  }

  /// - Returns: `false` when it is not as it was made.
  private func remove(
    _ entry: ManifestEntry, _ path: ArchivePath, in folder: TargetFolder, at parent: ArchivePath
  ) throws(TargetTree.Failure) -> Bool {
    do throws(TargetError) {
      guard let status = try folder.status(path.name) else { return true }
      guard try isRemovable(entry, path, in: folder, status) else { return false }
      if !context.options.isDryRun {
        if !context.isRoot, let mode = folder.makeAccessible() { modes[parent] = mode }
        try folder.remove(path.name, isFolder: entry.kind == .directory)
      }
    } catch {
      throw .system(path, error)
    }
    removed.insert(path)
    context.events.restore(did: .deleted, path: path, kind: entry.kind, byteCount: 0)
    return true
  }

  private func restoreModes(_ tree: TargetTree) {
    for (path, mode) in modes where !removed.contains(path) {
      if let folder = try? tree.existingFolder(path) { fchmod(folder.descriptor, mode_t(mode)) }
    }
  }

  private func isRemovable(
    _ entry: ManifestEntry, _ path: ArchivePath, in folder: TargetFolder, _ status: TargetStatus
  ) throws(TargetError) -> Bool {
    guard status.kind == entry.kind else { return false }
    if entry.kind == .directory {
      let inner = try folder.openFolder(path.name)
      let identity = try TargetStatus(of: inner.descriptor).identity
      if context.options.neverEnter.contains(identity) { return false }
      return try inner.names().allSatisfy { name in path.appending(name).map(removed.contains) ?? false }
    }
    let writer = MetadataWriter(context: context)
    guard !writer.differs(entry.metadata, status, folder.attributes(path.name)) else { return false }
    switch entry.kind {
    case .file:
      guard status.size == entry.size, let layout = try? ContentLayout(of: entry, reading: context.content) else {
        return false
      }
      let descriptor = try folder.openFile(path.name)
      defer { close(descriptor) }
      return try layout.matches(descriptor, hasher: hasher, context)
    case .symbolicLink: return try folder.linkTarget(path.name) == entry.linkTarget
    default: return status.device == entry.deviceNumber
    }
  }
}

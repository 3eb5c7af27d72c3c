import Glibc
import SnapshotModel

/// Puts the entries of a snapshot into a folder of the file system, exactly, and nothing anywhere else.
///
/// Folders are made as their entries come, regular files by writing threads, hard links, symbolic links and special
/// files once all files stand, and the metadata of folders last, bottom-up. What fails is collected; only what every
/// further item would meet too ends the restore. The rules: `docs/guides/restoring.md`.
package final class Restorer {
  let context: RestoreContext
  let target: [UInt8]
  var summary = RestoreSummary()
  var tree: TargetTree?
  var workers: RestoreWorkers
  /// Symbolic links, fifos, sockets and devices, each with where it goes.
  var lateEntries: [LateEntry] = []
  /// Further names of files.
  var hardLinks: [LateEntry] = []
  /// Folders that get their metadata in the end.
  var folders: [FolderEntry] = []
  var cleaner: ExtraFinder
  private var filter: SelectionFilter
  private var gate = EntryGate()
  /// A folder that cannot be restored, with all that is below it.
  private var blocked: ArchivePath?

  struct LateEntry {
    var entry: ManifestEntry
    var targetPath: ArchivePath
  }

  struct FolderEntry {
    var path: ArchivePath
    var metadata: FileMetadata
    var isNew: Bool
  }

  /// - Parameter target: the folder to restore to; made, with its parents, when missing.
  package init(
    target: [UInt8], options: RestoreOptions, content: any ContentReading, events: any RestoreEvents
  ) {
    self.target = target
    context = RestoreContext(
      target: target, options: options, content: content, events: events)
    workers = RestoreWorkers(context: context)
    filter = SelectionFilter(options.selection)
    cleaner = ExtraFinder(context: context)
    summary.isDryRun = options.isDryRun
    summary.isRoot = context.isRoot
  }

  /// Restores what of `entries` is selected; they are in path order.
  ///
  /// - Throws: the `SnapFault` that ended the restore before its end.
  package func restore(_ entries: [ManifestEntry]) throws -> RestoreSummary {
    var rest: [ManifestEntry]? = entries
    return try restore {
      defer { rest = nil }
      return rest
    }
  }

  /// Restores what of the entries is selected; `nextBatch` gives them in path order, and `nil` at their end.
  ///
  /// - Throws: the `SnapFault` that ended the restore before its end, or what `nextBatch` throws once all before it
  ///   is restored. The object is used up then.
  package func restore(nextBatch: () throws -> [ManifestEntry]?) throws -> RestoreSummary {
    do {
      try checkTarget()
      do {
        while let batch = try nextBatch() {
          for entry in batch { try filter.take(entry) { try take($0, $1) } }
        }
      } catch  where !(error is Ended) {
        try finish()
        throw error
      }
      try finish()
    } catch {
      summary.add(workers.finish())
      // Folders that were made accessible, or are not as they shall be yet: as far as it goes.
      try? restoreFolderMetadata()
      throw (error as? Ended)?.fault ?? error
    }
    summary.add(workers.finish())
    return summary
  }

  /// The patterns of the selection that no entry matched, as the user wrote them.
  package var unmatchedPatterns: [[UInt8]] { filter.unmatched }

  /// A fault of the restore, told apart from those that `nextBatch` throws.
  private struct Ended: Error {
    var fault: SnapFault
  }

  private func checkTarget() throws {
    do throws(SnapFault) {
      try openExistingTarget()
    } catch {
      throw Ended(fault: error)
    }
  }

  /// - Throws: the fault `.interrupted` when the restore is asked to end.
  func checkStop() throws(SnapFault) {
    do throws(TargetError) { try context.checkStop() } catch { throw context.stop(error) }
  }

  private func finish() throws {
    do throws(SnapFault) {
      try workers.drain()
      try restoreHardLinks()
      try deleteExtra()
      try restoreLateEntries()
      try restoreFolderMetadata()
    } catch {
      throw Ended(fault: error)
    }
  }

  private func take(_ entry: ManifestEntry, _ role: SelectionFilter.Role) throws {
    do throws(SnapFault) {
      try checkStop()
      guard try isSafe(entry), let targetPath = stripped(entry.path) else { return }
      cleaner.note(targetPath)
      if let blocked, blocked.contains(targetPath), blocked != targetPath { return summary.notRestored += 1 }
      blocked = nil
      try place(entry, at: targetPath, role)
    } catch {
      throw Ended(fault: error)
    }
  }

  private func place(
    _ entry: ManifestEntry, at targetPath: ArchivePath, _ role: SelectionFilter.Role
  ) throws(SnapFault) {
    switch entry.kind {
    case .directory:
      do throws(TargetTree.Failure) {
        try restoreFolder(entry, at: targetPath, role)
      } catch {
        blocked = try collect(error)
      }
    case .file where entry.hardLinkTarget != nil:
      hardLinks.append(LateEntry(entry: entry, targetPath: targetPath))
    case .file: try addJob(entry, at: targetPath)
    case .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice:
      lateEntries.append(LateEntry(entry: entry, targetPath: targetPath))
    }
  }

  func addJob(_ entry: ManifestEntry, at targetPath: ArchivePath) throws(SnapFault) {
    let folder: TargetFolder
    do throws(TargetTree.Failure) {
      folder = try openTree().folder(targetPath.parent ?? .root)
    } catch {
      blocked = try collect(error)
      return
    }
    try workers.add(FileJob(entry: entry, targetPath: targetPath, folder: folder))
  }

  /// Refuses what no honest save can have written.
  ///
  /// - Returns: `false` when the entry is to be left out.
  private func isSafe(_ entry: ManifestEntry) throws(SnapFault) -> Bool {
    if gate.admits(entry) { return true }
    let fault = EntryGate.refusal(
      of: entry, in: context.options.snapshotName, hint: "--skip-unsafe restores the rest")
    guard context.options.skipsUnsafe else { throw fault }
    add(fault, entry.path)
    return false
  }

  func stripped(_ path: ArchivePath) -> ArchivePath? { context.options.targetPath(of: path) }

  func add(_ fault: SnapFault, _ path: ArchivePath) {
    summary.add(fault)
    context.events.restore(failed: fault, path: path)
  }
}

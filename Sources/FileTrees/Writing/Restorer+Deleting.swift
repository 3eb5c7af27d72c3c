import Glibc
import SnapshotModel

extension Restorer {
  /// Removes what the snapshot does not have; nothing that is spared, forbidden, or on another file system.
  func deleteExtra() throws(SnapFault) {
    guard context.options.deletesExtra, let tree else { return }
    cleaner.finish()
    for (path, names) in cleaner.closed {
      do throws(TargetTree.Failure) {
        guard let folder = try tree.existingFolder(path) else { continue }
        do throws(TargetError) {
          let device = try TargetStatus(of: folder.descriptor).identity.device
          for name in try folder.names().sorted(by: { $0.lexicographicallyPrecedes($1) })
          where !names.contains(name[...]) {
            if let extra = path.appending(name) { _ = try delete(extra, in: folder, device) }
          }
        } catch {
          throw TargetTree.Failure.system(path, error)
        }
      } catch {
        _ = try collect(error)
      }
    }
  }

  /// - Returns: whether it is gone.
  private func delete(_ path: ArchivePath, in folder: TargetFolder, _ device: UInt64) throws(TargetError) -> Bool {
    let options = context.options
    do throws(TargetError) {
      try context.checkStop()
      guard let status = try folder.status(path.name) else { return true }
      let isFolder = status.kind == .directory
      guard status.identity.device == device, !options.neverEnter.contains(status.identity),
        options.isSpared?(path, isFolder) != true
      else { return false }
      if isFolder {
        let inner = try folder.openFolder(path.name)
        guard try TargetStatus(of: inner.descriptor).identity == status.identity else { return false }
        var isEmpty = true
        for name in try inner.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
          guard let below = path.appending(name), try delete(below, in: inner, device) else {
            isEmpty = false
            continue
          }
        }
        guard isEmpty else { return false }
      }
      if !options.isDryRun { try folder.remove(path.name, isFolder: isFolder) }
      summary.deleted += 1
      context.events.restore(did: .deleted, path: path, kind: status.kind ?? .file, byteCount: 0)
      return true
    } catch {
      if error.stopsEverything { throw error }
      add(context.fault(path, error), path)
      return false
    }
  }
}

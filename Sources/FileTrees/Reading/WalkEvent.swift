import SnapshotModel

/// What a walk meets next.
package enum WalkEvent: Sendable {
  /// Something to save.
  case item(WalkedItem)
  /// Something left out; of a folder, all that is in it. A folder of which only the mark stays was an item before.
  case ignored(ArchivePath, isDirectory: Bool, IgnoreDecision)
  /// Something that could not be examined, or a folder that could not be read (to its end).
  case failed(ArchivePath, SystemError)
  /// A folder of `WalkOptions.neverEnter`.
  case skippedRepository(ArchivePath)
}

/// A file, folder or node as it was found, and where to open it.
package struct WalkedItem: Sendable {
  package var path: ArchivePath
  package var status: FileStatus
  /// The folder that holds it; of the root, the root itself.
  package var directory: DirectoryHandle

  package init(path: ArchivePath, status: FileStatus, directory: DirectoryHandle) {
    self.path = path
    self.status = status
    self.directory = directory
  }

  /// What it is called in `directory`.
  package var name: [UInt8] { path.isRoot ? [UInt8(ascii: ".")] : Array(path.name) }
}

import SnapshotModel

/// What to do about a file that the target holds already.
package enum OverwriteMode: String, Sendable, CaseIterable {
  /// Leave it as it is.
  case never
  /// Replace it, whatever it is.
  case always
  /// Replace it unless it is equal: same size and time of modification, or else same size and same content.
  case ifChanged = "if-changed"
  /// Replace it when the snapshot's is newer.
  case ifNewer = "if-newer"
}

/// How a restore treats its target.
package struct RestoreOptions: Sendable {
  package var overwrite = OverwriteMode.never
  /// Refuse a target that holds anything; without effect unless `overwrite` is `.never`.
  ///
  /// The default for a command without `--overwrite`; an explicit `--overwrite never` clears it.
  package var requiresEmptyTarget = true
  /// With `.always`, replace also a folder that holds something, and remove all of it; for whoever has saved it first.
  package var replacesFolders = false
  /// Remove what the snapshot does not have in the folders that the selection covers whole.
  package var deletesExtra = false
  /// Spares a path of the target from `deletesExtra`: what the project ignores was never in any snapshot.
  ///
  /// Gets the path as the snapshot would call it and whether it is a folder; sparing a folder spares all below it.
  package var isSpared: (@Sendable (ArchivePath, Bool) -> Bool)?
  /// Folders that the restore neither enters nor removes, by identity: the repository itself.
  package var neverEnter: [FileIdentity] = []
  /// How many leading components of every path to drop; entries that have no more are left out.
  package var stripComponents = 0
  /// Change nothing; events and summary tell what would be done.
  package var isDryRun = false
  /// Read back and compare what was written, and compare content even where size and time agree.
  package var verifies = false
  /// Restore set-user-id and set-group-id bits where the owner comes back too, and as root also devices, and
  /// `security.*` and `trusted.*` attributes.
  ///
  /// Off even for root: a snapshot of another's tree must not plant a privileged program.
  package var preservesPrivileged = false
  /// Leave entries out that no honest save can have written, instead of stopping at the first.
  package var skipsUnsafe = false
  /// Keep files that could be read in part, with zeros where they could not.
  package var keepsDamaged = false
  /// Files that are copies of databases, by the snapshot's paths: what SQLite has left beside the old ones goes, or it
  /// would be applied to the restored ones.
  package var databases: Set<ArchivePath> = []
  package var selection = PathSelection.everything
  /// How messages call the snapshot, such as its version; may be empty.
  package var snapshotName = ""
  /// Threads that write files.
  package var writerCount = 2

  package init(overwrite: OverwriteMode = .never) { self.overwrite = overwrite }

  /// Where in the target an entry goes.
  ///
  /// - Returns: `nil` when the path has no more components than are to be dropped.
  package func targetPath(of path: ArchivePath) -> ArchivePath? {
    guard stripComponents > 0 else { return path }
    let components = path.components
    guard components.count > stripComponents else { return nil }
    return ArchivePath(Array(components.dropFirst(stripComponents).joined(separator: [UInt8(ascii: "/")])))
  }
}

import SnapshotModel

/// Knows how a tree differs from a commit of the revision control system that it is under.
package protocol TreeChanges {
  /// Files that differ, gone ones too, below the root of the save.
  ///
  /// - Throws: `TreeChangesFailure`, also when `shouldStop`, which is asked often, says so.
  func paths(shouldStop: () -> Bool) throws(TreeChangesFailure) -> [ArchivePath]

  /// How they differ.
  ///
  /// - Parameter chosen: of `paths`, at least one; nothing is told of the others.
  func description(
    of chosen: Set<ArchivePath>, shouldStop: () -> Bool
  ) throws(TreeChangesFailure) -> TreeChangesDescription
}

/// What goes into the version: `SnapshotModel.UncommittedChanges`, before it is stored.
package struct TreeChangesDescription: Hashable, Sendable {
  package var form: UncommittedChanges.Form
  package var fileCount: UInt64
  package var linesAdded: UInt64
  package var linesRemoved: UInt64
  /// `0...ChunkReference.lengthMax` of them; none where in the end nothing differs.
  package var bytes: [UInt8]

  package init(
    form: UncommittedChanges.Form, fileCount: UInt64, linesAdded: UInt64, linesRemoved: UInt64, bytes: [UInt8]
  ) {
    self.form = form
    self.fileCount = fileCount
    self.linesAdded = linesAdded
    self.linesRemoved = linesRemoved
    self.bytes = bytes
  }
}

/// Why it cannot be told, in words: `git took longer than 20 seconds`.
package struct TreeChangesFailure: Error, Hashable, Sendable {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

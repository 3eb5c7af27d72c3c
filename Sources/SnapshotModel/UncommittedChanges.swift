/// How a version's files differ from the commit that its record names.
package struct UncommittedChanges: Hashable, Sendable {
  package enum Form: UInt64, Sendable {
    /// A patch that `git apply` takes.
    case patch = 0
    /// Lines added, lines removed and path of each file, between tabs; a dash for the lines of a binary one.
    case list = 1
  }

  package var form: Form
  package var fileCount: UInt64
  /// Those of binary files are not counted.
  package var linesAdded: UInt64
  package var linesRemoved: UInt64
  /// The chunk that holds the patch or the list.
  package var content: ChunkReference

  package init(form: Form, fileCount: UInt64, linesAdded: UInt64, linesRemoved: UInt64, content: ChunkReference) {
    self.form = form
    self.fileCount = fileCount
    self.linesAdded = linesAdded
    self.linesRemoved = linesRemoved
    self.content = content
  }
}

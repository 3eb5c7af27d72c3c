import SnapshotModel

/// What a walk leaves out, and what beside its sources it takes in.
package struct WalkOptions: Sendable {
  /// `node_modules/ .git/ dist/ build/ coverage/`, wherever they lie, unless an ignore file takes them in again.
  package var usesDefaultIgnores = true
  /// Reads `.snapignore` in every folder.
  package var usesSnapIgnore = true
  /// Reads `.gitignore` in every folder; the `.snapignore` beside it has the last word.
  package var usesGitIgnore = false
  /// Patterns as in an ignore file in the root, but above all ignore files; no comments, and spaces count.
  package var excludes: [String] = []
  /// Patterns of the project's configuration, with their lines in it: above all ignore files, below `excludeFiles`.
  package var configured: [(pattern: String, line: Int)] = []
  /// Paths of ignore files that apply as if in the root, above all that the walk meets and below `excludes`.
  package var excludeFiles: [[UInt8]] = []
  /// Keeps of a folder with a valid `CACHEDIR.TAG` nothing but that file.
  package var excludeCaches = false
  /// Keeps of a folder that holds one of these names nothing but that file.
  package var excludeIfPresent: [[UInt8]] = []
  /// Leaves out regular files of more bytes.
  package var excludeLargerThan: UInt64?
  /// Stays in each source's file system; of another one's mount point it keeps the empty folder.
  package var oneFileSystem = false
  /// Folders to hand out beside the sources, without what is in them.
  package var foldersAlone: [ArchivePath] = []
  /// Folders that are no part of any tree: the repository itself.
  package var neverEnter: [FileIdentity] = []
  /// Folders that may be open at once; deeper trees are reopened on the way up.
  package var openFoldersMax = 64

  package init() {}
}

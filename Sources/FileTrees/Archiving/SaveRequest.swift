import Packing
import Repositories
import SnapshotModel

/// What to save, and what to write into its record.
package struct SaveRequest {
  package enum Input: Sendable {
    /// Files and folders below `root`, by their archive paths; the root itself is the empty path.
    case tree(root: [UInt8], sources: [ArchivePath])
    /// One file, read from a descriptor until it ends: standard input, or a command's output.
    case stream(descriptor: Int32, name: ArchivePath)
  }

  package var version: String
  /// Whether `version` is a default that becomes `version-2`, `version-3` … where it is taken.
  package var numbersVersion = false
  package var input: Input
  package var git: GitState?
  /// Tells what the tree has over `git`'s commit; `nil` to not ask.
  package var uncommitted: (any TreeChanges)?
  package var host: String
  package var user: String
  /// The record's time; `nil` for now.
  package var time: Timestamp?
  package var tags: [String] = []
  package var message = ""
  package var compression = CompressionLevel.auto
  package var isDryRun = false
  /// Saves nothing when the manifest comes out the same as the parent's.
  package var skipIfUnchanged = false
  /// Reads every file, whatever its times say.
  package var readsAll = false
  package var walk = WalkOptions()
  /// Whether the stat cache shall know this snapshot, which helps the next save of the same sources,
  /// and forget the last.
  package var remembersStatus = true
  /// The variables that say where the stat cache lies.
  package var environment: @Sendable (String) -> [UInt8]? = environmentVariable
  /// What programs write; read before the tree.
  package var streams: (any StreamedFiles)?
  /// Copies the SQLite databases of the tree; `nil` to save them as the files they are.
  package var databases: (any DatabaseCopying)?
  /// Whether a file holds what nobody else should read besides its owner, told by its path and its first bytes,
  /// of a large file up to 2 MiB; asked of the files that are read, on any thread. `nil` to not ask.
  package var holdsSecret: (@Sendable (ArchivePath, ArraySlice<UInt8>) -> Bool)?
  /// Called when all is read and before the commit; what it throws prevents the commit.
  package var confirm: (@Sendable () throws -> Void)?

  package init(version: String, input: Input, host: String, user: String) {
    self.version = version
    self.input = input
    self.host = host
    self.user = user
  }

  /// The folder that archive paths are relative to; a stream has none.
  var root: [UInt8] {
    if case .tree(let root, _) = input { root } else { [] }
  }

  var sources: [ArchivePath] {
    switch input {
    case .tree(_, let sources): sources
    case .stream(_, let name): [name]
    }
  }
}

/// What a save tells while it runs. Called from the saving thread.
package protocol SaveEvents: RepositoryEvents {
  func progress(_ progress: SaveProgress)
  /// `Permission denied`, `changed while being saved (saved as read)`: one item, counted in the exit status.
  func itemFailed(_ path: ArchivePath, _ reason: String)
  func ignored(_ path: ArchivePath, isDirectory: Bool, decision: IgnoreDecision)
  /// Asked often; `true` ends the save before its commit.
  var shouldStop: Bool { get }
}

/// How far a save has come.
package struct SaveProgress: Sendable {
  package var filesDone = 0
  package var bytesDone: UInt64 = 0
  package var errors = 0
  package var currentPath: ArchivePath?

  package init() {}
}

/// What a save came to.
package struct SaveOutcome: Sendable {
  package var snapshot: Snapshot
  /// `false` for a dry run, and when skipped as unchanged: then `snapshot` is the existing one.
  package var wasSaved: Bool
  /// Items that the built-in rules left out, by rule: `node_modules/`.
  package var ignoredByDefault: [String: Int] = [:]
  package var ignoredByRules = 0
  package var errors: [ItemFailure] = []
  /// Files that hold secrets, of those that are new or changed, in path order.
  package var secretFiles: [ArchivePath] = []
  /// Chunks that were stored anew because their only copy is damaged.
  package var chunksHealed = 0
  /// Why the index could not be updated, if so: the snapshot is saved all the same.
  package var indexFailure: String?

  /// Whether the item is in the version all the same.
  package static func isSavedAsRead(_ reason: String) -> Bool { reason.hasSuffix("(saved as read)") }

  package struct ItemFailure: Sendable {
    package var path: ArchivePath
    package var reason: String
  }
}

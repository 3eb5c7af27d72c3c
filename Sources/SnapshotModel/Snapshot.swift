/// One saved version: the immutable record whose existence is the commit.
package struct Snapshot: Hashable, Sendable {
  package var id: SnapshotID
  /// What people call it, `v1.1.0`; unique among the snapshots of a repository at the time of saving.
  package var version: String
  package var created: Timestamp
  /// The saving machine's offset from UTC in seconds east, for showing local time.
  package var utcOffsetSeconds: Int32
  package var host: String
  package var user: String
  /// The folder that manifest paths are relative to, absolute, as bytes.
  package var root: [UInt8]
  /// What was asked to be saved, relative to `root`; the root itself is the empty path.
  package var sources: [ArchivePath]
  /// The chunk that holds the manifest's root (`docs/format/manifest.md`).
  package var manifest: ChunkReference
  /// The snapshot whose entries were taken over where nothing had changed.
  package var parent: SnapshotID?
  package var git: GitState?
  package var statistics: SnapshotStatistics
  package var message: String
  /// As given on saving; later ones stand in the labels.
  package var tags: [String]
  package var toolVersion: String
  /// The files that are no copies of files of the tree, but what commands wrote.
  package var dumps: [SavedDump] = []
  /// The files that SQLite has copied while they were in use: their bytes are not those of the tree's.
  package var databases: [ArchivePath] = []
  /// What differs from `git`'s commit; `nil` where nothing does, or nobody knows.
  package var uncommitted: UncommittedChanges?
  /// In an encrypted repository: the newest records when this one was made.
  package var before: [RecordLink] = []

  package init(
    id: SnapshotID, version: String, created: Timestamp, utcOffsetSeconds: Int32 = 0, host: String, user: String,
    root: [UInt8], sources: [ArchivePath], manifest: ChunkReference, parent: SnapshotID? = nil, git: GitState? = nil,
    statistics: SnapshotStatistics = .init(), message: String = "", tags: [String] = [], toolVersion: String
  ) {
    self.id = id
    self.version = version
    self.created = created
    self.utcOffsetSeconds = utcOffsetSeconds
    self.host = host
    self.user = user
    self.root = root
    self.sources = sources
    self.manifest = manifest
    self.parent = parent
    self.git = git
    self.statistics = statistics
    self.message = message
    self.tags = tags
    self.toolVersion = toolVersion
  }
}

extension Snapshot {
  /// Who saved it without being able to read: what stands before the slash, which no other version's name has.
  package var writer: String? { version.firstIndex(of: "/").map { String(version[..<$0]) } }
}

/// Names a snapshot's record, and what stands in it.
package struct RecordLink: Hashable, Sendable {
  package var id: SnapshotID
  /// The SHA-256 of the record.
  package var hash: [UInt8]

  /// As many as a record may name.
  package static let countMax = 64
  package static let hashByteCount = 32

  package init(id: SnapshotID, hash: [UInt8]) {
    self.id = id
    self.hash = hash
  }
}

/// A file of a version that is the output of a command.
package struct SavedDump: Hashable, Sendable {
  /// As the project's configuration calls it.
  package var name: String
  package var path: ArchivePath

  package init(name: String, path: ArchivePath) {
    self.name = name
    self.path = path
  }
}

/// The git state of the source when it was saved, as git told it.
package struct GitState: Hashable, Sendable {
  /// Full commit id in hexadecimal; empty before the first commit.
  package var commit: String
  /// Empty when detached.
  package var branch: String
  /// `git describe --tags --always --dirty`.
  package var describe: String
  /// Files that `git status --porcelain` names.
  package var dirtyFileCount: UInt64
  /// URL of `origin` (or the only remote) without user name and password; empty when there is none.
  package var remote: String

  package init(commit: String, branch: String, describe: String, dirtyFileCount: UInt64, remote: String) {
    self.commit = commit
    self.branch = branch
    self.describe = describe
    self.dirtyFileCount = dirtyFileCount
    self.remote = remote
  }

  package var isDirty: Bool { dirtyFileCount > 0 }
}

/// Counts of one save. Bytes that end in `Stored` are what was appended to packs.
package struct SnapshotStatistics: Hashable, Sendable {
  package var filesNew: UInt64 = 0
  package var filesChanged: UInt64 = 0
  package var filesUnmodified: UInt64 = 0
  package var filesRemoved: UInt64 = 0
  package var directories: UInt64 = 0
  /// Symbolic links, fifos, devices and sockets.
  package var otherEntries: UInt64 = 0
  /// Sum of the sizes of all regular files.
  package var bytesLogical: UInt64 = 0
  /// Bytes of files that were read (new and changed ones).
  package var bytesRead: UInt64 = 0
  /// Plaintext bytes of chunks that were not known before.
  package var bytesNew: UInt64 = 0
  /// Bytes that the packs of this save take.
  package var bytesStored: UInt64 = 0
  /// Plaintext bytes that a delta spared: what delta frames would have held without a base, as estimated,
  /// less what they hold.
  package var bytesSavedByDelta: UInt64 = 0
  package var chunksNew: UInt64 = 0
  /// Items that could not be read, or changed or vanished while read.
  package var itemsWithErrors: UInt64 = 0
  /// Files and folders that the ignore rules left out (a folder counts once).
  package var itemsIgnored: UInt64 = 0
  package var durationMilliseconds: UInt64 = 0
  /// Of `directories`, those that the parent does not have.
  package var directoriesNew: UInt64 = 0

  package init() {}
}

/// What may be changed about a snapshot after it was saved; the last writer wins.
package struct SnapshotLabels: Hashable, Sendable {
  package var tags: [String] = []
  package var note: String = ""
  /// Reasons that block deletion, by name.
  package var holds: [String: String] = [:]
  /// Why the snapshot is not trusted; empty when it is.
  package var suspect: String = ""

  package init() {}

  package var isEmpty: Bool { self == SnapshotLabels() }
}

extension SnapshotStatistics {
  /// Regular files in the version.
  package var fileCount: UInt64 { saturatingSum(saturatingSum(filesNew, filesChanged), filesUnmodified) }

  /// Counts a regular file as new, changed or as it was.
  ///
  /// - Parameter prior: what the version before has under the path.
  package mutating func count(file entry: ManifestEntry, prior: ManifestEntry?) {
    bytesLogical += entry.size
    switch prior {
    case let prior? where prior.kind == .file && prior.content == entry.content && prior.metadata == entry.metadata:
      filesUnmodified += 1
    case .some: filesChanged += 1
    case nil: filesNew += 1
    }
  }
}

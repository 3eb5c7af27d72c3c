import Glibc
import Repositories
import SnapshotModel

/// An archive that becomes a version, and what is written into the version's record.
package struct ImportRequest: Sendable {
  package enum Form: Hashable, Sendable {
    /// A tar file, plain or compressed with gzip or zstd.
    case tar
    /// One file, which may be compressed likewise, and the path that it gets.
    case file(ArchivePath)
  }

  /// Of the archive on this machine.
  package var archive: [UInt8]
  package var form: Form
  package var version: String
  package var time: Timestamp
  package var git: GitState?
  package var message = ""
  package var host: String
  package var user: String
  /// The folder that the archive was made of, as far as known: later saves of it find this version's files.
  package var root: [UInt8]
  /// How many leading names of the members' paths are dropped.
  package var stripComponents = 0
  /// What files must be, by their paths in the version: SHA-256 in hexadecimal.
  package var digests: [ArchivePath: String] = [:]

  package init(
    archive: [UInt8], form: Form, version: String, time: Timestamp, host: String, user: String, root: [UInt8]
  ) {
    self.archive = archive
    self.form = form
    self.version = version
    self.time = time
    self.host = host
    self.user = user
    self.root = root
  }
}

/// Makes versions of archives, and compares them.
package enum ArchiveImporter {
  /// Reads an archive straight into a new version; nothing is unpacked to the disk.
  ///
  /// - Throws: `ArchiveFault` for what is wrong with the archive, `SnapFault` for all else; then nothing was added to
  ///   history.
  package static func save(
    _ request: ImportRequest, to repository: Repository, events: any SaveEvents
  ) throws -> SaveOutcome {
    try repository.requireFree(version: request.version)
    return try repository.withSaveInProgress { pool in
      try ImportPass(request, repository, events, pool).run()
    }
  }

  /// Reads the archive and the version, both whole, and compares paths, kinds, sizes, contents and link targets.
  ///
  /// - Returns: what differs first, in path order; `nil` when they are equal.
  /// - Throws: `ArchiveFault` for what is wrong with the archive, `ChunkFault` when the version cannot be read.
  package static func firstDifference(
    of request: ImportRequest, from version: Snapshot, in repository: Repository, events: any SaveEvents
  ) throws -> String? {
    let comparison = ArchiveComparison(request: request, manifest: try repository.manifest(of: version), events: events)
    return try comparison.firstDifference()
  }
}

extension ImportRequest {
  var recordRoot: [UInt8] { form == .tar ? root : [] }

  var sources: [ArchivePath] {
    switch form {
    case .tar: [.root]
    case .file(let name): [name]
    }
  }

  /// - Throws: `ArchiveFault`.
  func open(_ owners: OwnerNames) throws -> any MemberReading {
    let input = try ArchiveInput(path: archive)
    switch form {
    case .tar: return try TarReader(input)
    case .file(let name):
      let owner = owners.owner(userID: input.status.userID, groupID: input.status.groupID)
      let metadata = FileMetadata(mode: input.status.mode, owner: owner, modified: time)
      return SingleFileReader(input, name: name, metadata: metadata)
    }
  }

  /// Of the folders that the archive leaves out.
  func folderMetadata(_ owners: OwnerNames) -> FileMetadata {
    FileMetadata(mode: 0o755, owner: owners.owner(userID: geteuid(), groupID: getegid()), modified: time)
  }
}

extension SaveEvents {
  func stopIfAsked() throws(SnapFault) {
    guard shouldStop else { return }
    throw SnapFault(.interrupted, "interrupted; versions that were imported before stay")
  }
}

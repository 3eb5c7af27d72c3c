import Chunking
import Packing
import Repositories
import Sealing
import SnapshotModel

/// One archive on its way into a version, from its first member to the commit.
///
/// Members come in any order and the manifest is sorted, so the entries are kept in memory; content is not.
final class ImportPass {
  private let request: ImportRequest
  private let repository: Repository
  private let events: any SaveEvents
  private let session: SaveSession
  private let parent: Snapshot?
  private var prior: PriorFiles?
  private let owners = OwnerNames()
  private let chunker: Chunker
  private let hasher: ChunkHasher
  private var statistics = SnapshotStatistics()
  private var progress = SaveProgress()
  /// Files that were met.
  private var digested: Set<ArchivePath> = []
  private let started = currentTime()

  init(_ request: ImportRequest, _ repository: Repository, _ events: any SaveEvents, _ pool: WorkerPool) throws {
    self.request = request
    self.repository = repository
    self.events = events
    chunker = try repository.chunker()
    hasher = ChunkHasher(repository.naming)
    let parent = try Self.parent(of: request, in: repository)
    do {
      prior = try parent.map { try PriorFiles(Manifest($0.manifest, reader: repository.reader())) }
      self.parent = parent
    } catch is ChunkFault {
      self.parent = nil  // Then nothing is stored as a difference to it.
    }
    session = try SaveSession(repository: repository, parent: self.parent, pool: pool)
  }

  func run() throws -> SaveOutcome {
    do {
      let reader = try request.open(owners)
      var tree = ImportedTree<FileContent>(stripComponents: request.stripComponents)
      while let member = try reader.next() {
        try events.stopIfAsked()
        if member.kind == .node(.file) {
          if let path = try tree.path(of: member) { try store(member, at: path, from: reader, into: &tree) }
        } else {
          try tree.add(member)
        }
      }
      if let lost = request.digests.keys.filter({ !digested.contains($0) }).min() {
        throw ArchiveFault.damaged("it lacks '\(lost)', which the MANIFEST lists")
      }
      for row in try tree.rows(folder: request.folderMetadata(owners)) { try append(row) }
      return try commit()
    } catch let fault as ArchiveFault {
      throw fault  // What was stored of it is not worth keeping.
    } catch {
      session.keepWhatIsStored()
      throw error
    }
  }

  private func store(
    _ member: ArchiveMember, at path: ArchivePath, from reader: any MemberReading,
    into tree: inout ImportedTree<FileContent>
  ) throws {
    let base = try prior?.base(for: path, byteCount: member.size) ?? (content: nil, isOwn: false)
    var stream = try session.makeContentStream(prior: base.content, isOwn: base.isOwn, byteCountExpected: member.size)
    var extents = MemberExtents(size: member.size)
    var chunks = MemberChunks(chunker: chunker, hasher: hasher)
    digested.insert(path)
    let digest = request.digests[path].map { (expected: $0, stream: SHA256Stream()) }
    try reader.readContent { offset, bytes in
      try events.stopIfAsked()
      try extents.add(offset: offset, count: bytes.count)
      for chunk in chunks.add(bytes) { try stream.add(chunk) }
      digest?.stream.update(bytes)
      progress.bytesDone += UInt64(bytes.count)
      events.progress(progress)
    }
    for chunk in chunks.finish() { try stream.add(chunk) }
    var entry = ManifestEntry(path: path, kind: .file, metadata: member.metadata)
    (entry.size, entry.dataExtents) = try extents.finish()
    // That of a file with holes is of the zeros, too, which are not read.
    if let digest, entry.dataExtents == nil, hexadecimal(digest.stream.finalize()) != digest.expected {
      throw ArchiveFault.damaged("'\(path)' is not what the MANIFEST says")
    }
    statistics.bytesRead += extents.byteCount
    tree.add(file: entry, content: try session.content(of: stream.finish(), prior: base.content))
    progress.filesDone += 1
    progress.currentPath = path
  }

  private func append(_ row: ImportedTree<FileContent>.Row) throws {
    var entry = row.entry
    if let content = row.content { entry.content = content }
    let old = prior?.take(entry.path)
    switch entry.kind {
    case .file: statistics.count(file: entry, prior: old)
    case .directory:
      statistics.directories += 1
      if old?.kind != .directory { statistics.directoriesNew += 1 }
    default: statistics.otherEntries += 1
    }
    do {
      try session.append(entry)
    } catch PackingError.invalidInput(let rule) {
      throw ArchiveFault.damaged(rule)  // A path longer than any file system has, for instance.
    }
  }

  private func commit() throws -> SaveOutcome {
    let manifest = try session.finishManifest()
    try session.flush()
    statistics.filesRemoved = prior?.fileCountLeft ?? 0
    session.complete(&statistics, started: started)
    try events.stopIfAsked()
    let committed = try session.commit { id in
      Snapshot(
        id: id, version: request.version, created: request.time,
        utcOffsetSeconds: utcOffsetSeconds(at: request.time), host: request.host, user: request.user,
        root: request.recordRoot, sources: request.sources, manifest: manifest, parent: parent?.id, git: request.git,
        statistics: statistics, message: request.message, toolVersion: toolVersion)
    }
    return SaveOutcome(
      snapshot: committed.snapshot, wasSaved: true, chunksHealed: session.chunksHealed,
      indexFailure: committed.indexFailure)
  }

  /// What the archive is likely to resemble: the version of the same folder before it in time, else the one after it.
  private static func parent(of request: ImportRequest, in repository: Repository) throws -> Snapshot? {
    let candidates = try repository.snapshots().filter { !$0.isSuspect && !$0.isSafetyCopy }.map(\.snapshot)
    let same = candidates.filter { $0.root == request.recordRoot && $0.sources == request.sources }
    return same.last { $0.created <= request.time } ?? same.first ?? candidates.last
  }
}

import Chunking
import Glibc
import ObjectStores
import Repositories
import SnapshotModel

/// One pass over the sources, from the walk to the commit.
///
/// The calling thread walks, and decides in path order; reading, hashing and encoding happen on the pool's threads.
final class ArchiveRun {
  /// Bytes of files that are read ahead of what has been decided.
  private static let inFlightBytesMax = 10 << 20
  /// About what a row takes beside the file's bytes: of tiny files the rows are what fills memory.
  private static let rowBytes = 1 << 10
  private static let batchRowsMax = 256
  private static let batchBytesMax = 2 << 20

  let request: SaveRequest
  let repository: Repository
  let events: any SaveEvents
  let session: SaveSession
  let parent: Snapshot?
  let owners = OwnerNames()
  let chunker: Chunker
  let started = currentTime()
  var prior: PriorTree?
  var hardLinks = HardLinkTable()
  /// Content of inodes with several names, by the first, and which inode it was read from.
  var linkedContent: [ArchivePath: (entry: ManifestEntry, identity: FileIdentity)] = [:]
  var statistics = SnapshotStatistics()
  var outcomeErrors: [SaveOutcome.ItemFailure] = []
  var secretFiles: [ArchivePath] = []
  var ignoredByDefault: [String: Int] = [:]
  var ignoredByRules = 0
  /// Sources that the walk did not find or could not examine.
  var sourcesMissing = 0
  var statCache: StatCacheWriter?
  /// Of the large file whose slabs are being decided.
  var largeStream: ContentStream?
  /// What came of the streams in an earlier attempt at this save.
  let memory: StreamMemory
  /// Rows beside those of the walk, last first.
  var spliced: [SplicedRow] = []
  var dumps: [SavedDump] = []
  /// What SQLite has copied, and what stands beside it in the tree; and what the parent has of the kind.
  var databases: [ArchivePath] = []
  var sidecars: Set<ArchivePath> = []
  let databasesOfParent: Set<ArchivePath>
  /// What differs from the commit, and what of that the walk has met.
  var uncommittedPaths: Set<ArchivePath> = []
  var uncommittedSaved: Set<ArchivePath> = []
  private var units = Queue<ArchiveUnit>()
  private var inFlightBytes = 0
  private var batch = ArchiveBatch()
  private var progress = SaveProgress()
  /// What has begun while the parent was looked for.
  private var earlyWalk: WalkAhead?

  /// A run that compares with nothing and commits nothing.
  init(_ request: SaveRequest, _ repository: Repository, _ events: any SaveEvents, offeringTo session: SaveSession)
    throws
  {
    self.request = request
    self.repository = repository
    self.events = events
    self.session = session
    memory = StreamMemory()
    chunker = try repository.chunker()
    parent = nil
    databasesOfParent = []
  }

  init(
    _ request: SaveRequest, _ repository: Repository, _ events: any SaveEvents, _ pool: WorkerPool,
    _ memory: StreamMemory
  ) throws {
    self.memory = memory
    self.request = request
    self.repository = repository
    self.events = events
    chunker = try repository.chunker()
    // Dumps may write into the tree.
    if case .tree(let root, let sources) = request.input, request.streams == nil {
      earlyWalk = try Self.startWalk(root, sources, of: request, in: repository)
    }
    parent = try ArchiveRun.readableParent(of: request, in: repository, events)
    databasesOfParent = Set(parent?.databases ?? [])
    session = try SaveSession(
      repository: repository, parent: parent, level: request.compression, pool: pool, isDryRun: request.isDryRun,
      trustsMemory: !request.readsAll)
    statCache = StatCacheWriter(saveStarted: started)
    prior = try parent.map { parent in
      let manifest = try Manifest(parent.manifest, reader: session.reader)
      let file =
        request.readsAll
        ? nil : StatCacheFile(repository: repository.id, root: request.root, variable: request.environment)
      return PriorTree(manifest, cache: file?.load(manifest: parent.manifest.id))
    }
  }

  func run() throws -> SaveOutcome {
    do {
      try ingestStreams()
      findUncommitted()
      switch request.input {
      case .tree(let root, let sources): try walk(root, sources)
      case .stream(let descriptor, let name): try archiveStream(descriptor, name)
      }
      try flushBatch()
      while !units.isEmpty { try takeOldestUnit() }
      try prior?.finish()
      return try commit()
    } catch {
      session.keepWhatIsStored()
      throw error
    }
  }

  /// Reads the tree and hands all of it to the session, with the manifest that it makes.
  func offer() throws {
    guard case .tree(let root, let sources) = request.input else { return }
    try walk(root, sources)
    try flushBatch()
    while !units.isEmpty { try takeOldestUnit() }
    _ = try session.finishManifest()
  }

  /// - Throws: `SnapFault` `.noRepository` when the repository is gone: a dump or a hook may have done so.
  private static func startWalk(
    _ root: [UInt8], _ sources: [ArchivePath], of request: SaveRequest, in repository: Repository
  ) throws -> WalkAhead {
    var options = request.walk
    do throws(SystemError) {
      options.neverEnter.append(try DirectoryHandle(root: Array(repository.folder.utf8)).identity)
    } catch {
      guard error.errno == ENOENT else { throw error.fault(Array(repository.folder.utf8)) }
      throw ObjectStoreError.noFolder(path: repository.folder).fault
    }
    return try WalkAhead(TreeWalker(root: root, sources: sources, options: options))
  }

  private func walk(_ root: [UInt8], _ sources: [ArchivePath]) throws {
    let walk = try earlyWalk.take() ?? Self.startWalk(root, sources, of: request, in: repository)
    while let event = walk.next() {
      try stopIfAsked()
      switch event {
      case .item(let item):
        if uncommittedPaths.contains(item.path) { uncommittedSaved.insert(item.path) }
        try spliceRows(before: item.path)
        if try !isReplaced(item) { try archive(item) }
      // A journal that was there when its folder was read, and is gone with its transaction.
      case .failed(let path, _) where sidecars.contains(path): continue
      case .failed(let path, let error):
        if sources.contains(path) { sourcesMissing += 1 }
        fail(path, error.description)
      case .skippedRepository(let path):
        if path != ArchivePath(Repository.folderName) { events.note("not saving the repository into itself: \(path)") }
      case .ignored(let path, let isDirectory, let decision): ignore(path, isDirectory, decision)
      }
    }
    try spliceRows(before: nil)
  }

  private func ignore(_ path: ArchivePath, _ isDirectory: Bool, _ decision: IgnoreDecision) {
    statistics.itemsIgnored += 1
    if let rule = decision.rule, rule.source == .builtIn {
      ignoredByDefault[displayText(rule.pattern), default: 0] += 1
    } else {
      ignoredByRules += 1
    }
    events.ignored(path, isDirectory: isDirectory, decision: decision)
  }

  // MARK: What is met on the way

  private func archive(_ item: WalkedItem) throws {
    let known = try prior?.entry(at: item.path)
    let linkTarget = hardLinks.target(of: item)
    let isUntouched = known.map { $0.row?.matches(item.status) == true && $0.entry.isUnchanged(item.status) } ?? false
    guard item.status.kind == .file else {
      guard let known, isUntouched else {
        return try archiveNode(item, prior: known?.entry, hardLinkTarget: linkTarget)
      }
      let entry = takenOver(known.entry, item.status, hardLinkTarget: linkTarget)
      return try add(.node(item.status, entry), byteCount: 0)
    }
    if try archiveDatabase(item, known: known) { return }
    if let linkTarget {
      try add(.link(item, prior: known?.entry, target: linkTarget), byteCount: 0)
    } else if let known, isUntouched, session.canTakeOver(known.entry.content) {
      try add(.unchanged(item.status, known.entry), byteCount: 0)
    } else if item.status.size <= FileIngest.wholeFileBytesMax {
      let base = try base(for: item.path, prior: known?.entry, byteCount: item.status.size)
      try add(.file(item, prior: known?.entry, base: base), byteCount: Int(item.status.size))
    } else {
      try flushBatch()
      try archiveLargeFile(item, prior: known?.entry)
    }
  }

  /// What a file is likely to resemble: its own previous version, else one of a like name.
  func base(for path: ArchivePath, prior: ManifestEntry?, byteCount: UInt64) throws -> FileContent? {
    if let prior, prior.kind == .file { return prior.content }
    return try self.prior?.file(resembling: path, byteCount: byteCount)?.content
  }

  private func archiveNode(_ item: WalkedItem, prior: ManifestEntry?, hardLinkTarget: ArchivePath?) throws {
    do throws(SystemError) {
      var entry = ManifestEntry(
        path: item.path, kind: item.status.kind, metadata: try EntryCapture.metadata(item, owners: owners))
      entry.hardLinkTarget = hardLinkTarget
      switch item.status.kind {
      case .symbolicLink:
        entry.linkTarget = try EntryCapture.linkTarget(item)
        entry.size = UInt64(entry.linkTarget.count)
      case .characterDevice, .blockDevice: entry.deviceNumber = item.status.deviceNumber
      case .file, .directory, .fifo, .socket: break
      }
      batch.rows.append(.node(item.status, entry))
      if entry.kind == .directory, prior?.kind != .directory { statistics.directoriesNew += 1 }
    } catch {
      fail(item.path, error.description)
    }
    try flushBatchIfFull()
  }

  // MARK: Batches and units, in path order

  func add(_ row: ArchiveRow, byteCount: Int) throws {
    batch.rows.append(row)
    batch.byteCount += byteCount
    try flushBatchIfFull()
  }

  private func flushBatchIfFull() throws {
    if batch.rows.count >= Self.batchRowsMax || batch.byteCount >= Self.batchBytesMax { try flushBatch() }
  }

  func flushBatch() throws {
    guard !batch.rows.isEmpty else { return }
    let full = batch
    batch = ArchiveBatch()
    let items = full.rows.compactMap { row -> WalkedItem? in
      if case .file(let item, _, _) = row { item } else { nil }
    }
    let (chunker, owners, holdsSecret) = (chunker, owners, request.holdsSecret)
    let files =
      items.isEmpty
      ? nil
      : session.pool.submit { tools in
        items.map { item in
          FileIngest.ingest(item, chunker: chunker, owners: owners, tools: tools, holdsSecret: holdsSecret)
        }
      }
    try submit(.batch(full.rows, files), byteCount: full.byteCount + full.rows.count * Self.rowBytes)
  }

  func submit(_ unit: ArchiveUnit.Work, byteCount: Int) throws {
    units.append(ArchiveUnit(work: unit, byteCount: byteCount))
    inFlightBytes += byteCount
    // At least two units stay in flight, so that the workers never wait for this thread.
    while inFlightBytes > Self.inFlightBytesMax, units.count > 2 { try takeOldestUnit() }
    if units.count > 256 { try takeOldestUnit() }
    // What can be decided is, while the walk goes on: frames are then encoded beside it.
    while let oldest = units.first, oldest.work.isReady { try takeOldestUnit() }
  }

  private func takeOldestUnit() throws {
    guard let unit = units.popFirst() else { return }
    inFlightBytes -= unit.byteCount
    try decide(unit.work)
  }

  // MARK: Reports

  func fail(_ path: ArchivePath, _ reason: String) {
    statistics.itemsWithErrors += 1
    progress.errors += 1
    outcomeErrors.append(SaveOutcome.ItemFailure(path: path, reason: reason))
    events.itemFailed(path, reason)
  }

  func report(_ path: ArchivePath, bytes: UInt64, isWhole: Bool = true) {
    if isWhole { progress.filesDone += 1 }
    progress.bytesDone += bytes
    progress.currentPath = path
    events.progress(progress)
  }

  func stopIfAsked() throws {
    guard events.shouldStop else { return }
    throw SnapFault(.interrupted, "interrupted; nothing was added to history; stored data will be reused next time")
  }
}

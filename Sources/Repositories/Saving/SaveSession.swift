import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// One save: takes chunks and manifest entries, and in the end commits a snapshot.
///
/// Follows docs/format/protocol.md: packs are durable before the pending record, that before the check, the check
/// before the snapshot record, that before the index. Use from one thread; the work happens on the pool's.
package final class SaveSession {
  package let repository: Repository
  package let reader: ChunkReader
  package let pool: WorkerPool
  /// Chunks and bytes that were not known before, and what they came to.
  package private(set) var chunksNew: UInt64 = 0
  package private(set) var bytesNew: UInt64 = 0
  /// Chunks that the parent names and that were stored again, because no pack held them any more.
  package private(set) var chunksHealed = 0

  let isDryRun: Bool
  private let hasher: ChunkHasher
  private let level: CompressionLevel
  private var frames: FrameQueue
  private var packs: PackQueue
  private var stored: Set<ChunkID> = []
  /// Those that alone are stored, all others being taken for known; `nil` when everything new is.
  private let wanted: Set<ChunkID>?
  private var manifestWriter = ManifestWriter()
  private var manifestStream: ContentStream?
  private var segments: [ManifestRoot.Segment] = []
  private let priorManifest: Manifest?

  /// The packs that the index knew when the session began: all existed and none was condemned.
  let packsAtStart: Set<PackID>
  private(set) var ownPacks: [PackDirectory] = []
  /// Whether the check before the commit must look at every chunk: when a chunk was found in a pack that came after the
  /// start, and when something was condemned at the start, for then a new frame may stand on a condemned one.
  private(set) var needsFullCheck: Bool
  /// `nil` while nothing is condemned: then the index knows.
  private let soundChunks: SoundChunks?
  /// `nil` where the session can read: then the index knows.
  private var ownChunks: OwnChunks?
  /// Of collections that ran, or were killed, before the session began; only where it cannot read.
  private let tombsAtStart: Set<ObjectName>

  /// - Parameters:
  ///   - parent: whose entries may be taken over and whose chunks serve as bases.
  ///   - trustsMemory: whether a client that cannot read relies on what it remembers to have saved; it cannot see damage.
  package convenience init(
    repository: Repository, parent: Snapshot?, level: CompressionLevel = .auto, pool: WorkerPool,
    isDryRun: Bool = false, trustsMemory: Bool = true
  ) throws {
    try self.init(repository, parent: parent, level: level, pool: pool, isDryRun: isDryRun, wanted: nil)
    if !trustsMemory, repository.isWriteOnly { ownChunks = OwnChunks() }
  }

  /// A session that commits nothing: it stores the chunks that are wanted, of all that goes through it.
  convenience init(healing repository: Repository, wanted: Set<ChunkID>, pool: WorkerPool, isDryRun: Bool) throws {
    try self.init(repository, parent: nil, level: .auto, pool: pool, isDryRun: isDryRun, wanted: wanted)
  }

  private init(
    _ repository: Repository, parent: Snapshot?, level: CompressionLevel, pool: WorkerPool, isDryRun: Bool,
    wanted: Set<ChunkID>?
  ) throws {
    self.wanted = wanted
    self.repository = repository
    self.pool = pool
    self.isDryRun = isDryRun
    self.level = level
    reader = repository.reader()
    hasher = ChunkHasher(repository.naming)
    // After the parent was chosen: it may have come with packs that this index has not seen.
    try repository.adoptPacks()
    packsAtStart = try repository.usablePacks()
    needsFullCheck = repository.hasCondemnedPacks
    soundChunks = repository.hasCondemnedPacks ? try SoundChunks(repository) : nil
    tombsAtStart = repository.isWriteOnly ? Set(try repository.store.list(.tombs)) : []
    ownChunks = repository.isWriteOnly ? try OwnChunks(repository) : nil
    // Whether an earlier version is sound is not asked: while something is condemned it might not be.
    frames = FrameQueue(pool: pool, reader: reader, level: level, mayLeaveChain: soundChunks == nil)
    packs = PackQueue(repository: repository.id, store: repository.store, isDryRun: isDryRun, pool: pool)
    let reader = reader
    priorManifest = try parent.map { try Manifest($0.manifest, reader: reader) }
    manifestStream = makeManifestStream()
  }

  /// What a file's chunks go into. Streams of one session are used one after the other, unless they have numbers; each
  /// must be finished, even when what came of it is of no use.
  ///
  /// - Parameters:
  ///   - prior: the file's content in the parent snapshot; `nil` when there is none.
  ///   - isOwn: whether that is the same path's, and not only likely to be its earlier version.
  ///   - number: of one of several streams that come in at the same time.
  package func makeContentStream(
    prior: FileContent?, isOwn: Bool = false, byteCountExpected: UInt64, number: Int? = nil
  ) throws -> ContentStream {
    let prior = prior.flatMap { content -> PriorContent? in
      let chunks = try? reader.chunks(of: content)  // An unreadable list is no base; the file is stored without.
      return chunks.flatMap { $0.isEmpty ? nil : PriorContent($0, frameNumbers: frameNumbers) }
    }
    // Which of several that come at the same time is first must not decide what stands on what; and who cannot read
    // stores no deltas.
    let seeksSimilar = number == nil && prior == nil && level != .off && wanted == nil && !repository.isWriteOnly
    return ContentStream(
      session: self, group: number.map { .stream($0) } ?? .contents, prior: prior, seeksSimilar: seeksSimilar,
      isSmallFile: isOwn && number == nil && max(byteCountExpected, prior?.byteCount ?? 0) <= JointDelta.fileBytesMax,
      byteCountExpected: byteCountExpected)
  }

  /// The form in which a manifest names `chunks`, with the list stored where it is a long one.
  package func content(of chunks: [ChunkReference], prior: FileContent?) throws -> FileContent {
    guard chunks.count > FileContent.inlineCountMax else { return .inline(chunks) }
    var priorLists: PriorContent?
    if case .indirect(let lists)? = prior { priorLists = PriorContent(lists, frameNumbers: frameNumbers) }
    var stream = ContentStream(session: self, group: .manifests, prior: priorLists, byteCountExpected: 0)
    for list in ChunkList.split(chunks) { try stream.add(HashedChunk(id: hasher.id(of: list), bytes: list[...])) }
    let lists = try stream.finish()
    ownChunks?.note(chunks, in: lists)
    return .indirect(lists: lists)
  }

  /// Stores what is read as a whole, as one chunk.
  ///
  /// - Parameters:
  ///   - bytes: `1...ChunkReference.lengthMax` of them.
  ///   - prior: the parent's of the kind.
  package func store(whole bytes: [UInt8], prior: ChunkReference?) throws -> ChunkReference {
    var stream = try makeContentStream(
      prior: prior.map { .inline([$0]) }, byteCountExpected: UInt64(bytes.count))
    try stream.add(HashedChunk(id: hasher.id(of: bytes), bytes: bytes[...]))
    return try stream.finish()[0]
  }

  /// Adds the next row of the manifest; rows come in path order.
  package func append(_ entry: ManifestEntry) throws {
    ownChunks?.name(entry.content)
    if let segment = try manifestWriter.append(entry) { try add(segment) }
  }

  /// Stores what is left of the manifest and returns its root.
  package func finishManifest() throws -> ChunkReference {
    if let segment = manifestWriter.finish() { try add(segment) }
    _ = try manifestStream?.finish()
    let bytes = ManifestRoot(segments: segments).encoded()
    var stream = ContentStream(
      session: self, group: .manifests, prior: priorRoot(), byteCountExpected: UInt64(bytes.count))
    try stream.add(HashedChunk(id: hasher.id(of: bytes), bytes: bytes[...]))
    let root = try stream.finish()
    ownChunks?.name(root + segments.map(\.chunk))
    return root[0]
  }

  /// Bytes of the frames stored so far; all of them after `flush`.
  package var bytesStored: UInt64 { UInt64(packs.frameBytes) }
  package var bytesSavedByDelta: UInt64 { UInt64(frames.bytesSavedByDelta) }

  /// Waits until every frame is encoded and in a pack (which may still be filling).
  package func flush() throws {
    while let frame = try frames.nextFrameAtEnd() { try append(frame) }
  }

  /// Makes every pack durable, with a copy of the record last in the last one.
  ///
  /// Nothing new, no pack: the record of an unchanged tree has no copy.
  func storePacks(record: [UInt8]) throws {
    if packs.frameBytes > 0 { try append(FrameEncoder().encodeRecord(record)) }
    try packs.finish()
    ownPacks += packs.takeStored()
  }

  /// Makes every pack durable, without a record: what is in them belongs to versions that exist.
  func storePacksAlone() throws {
    try packs.finish()
    ownPacks += packs.takeStored()
  }

  /// The chunks that were new.
  var storedChunks: Set<ChunkID> { stored }

  /// After a failure or an interruption: makes durable what is in packs, so that the next save finds it.
  package func keepWhatIsStored() {
    guard !isDryRun else { return }
    // What comes of it is a help, not a promise: the failure that led here is the one that counts.
    try? packs.finish()
  }

  /// Whether an entry that is taken over unread may name its chunks:
  /// not when a collector is about to delete one of them.
  package func canTakeOver(_ content: FileContent) -> Bool {
    guard let soundChunks else { return true }
    guard let chunks = try? reader.chunks(of: content) else { return false }  // Then the file is read.
    return chunks.allSatisfy { soundChunks.contains($0.id) }
  }

  /// Whether the chunks that an earlier attempt at this save stored are there still.
  package func holds(_ chunks: [ChunkReference]) throws -> Bool { try chunks.allSatisfy { try isKnown($0.id) } }

  // MARK: Without reading

  /// Whether nothing that the version needs can have been condemned, as far as listings tell who cannot read tombs.
  ///
  /// Own packs came after the tombs that stood at the start, so none of those can name them.
  func isUntouched() throws -> Bool {
    let tombs = Set(try repository.store.list(.tombs))
    let packs = Set(try repository.packNames())
    return try tombs.isSubset(of: tombsAtStart) && ownPacks.allSatisfy { packs.contains($0.pack) }
      && ownChunks?.isThere(in: repository) ?? true
  }

  /// - Parameter version: that was committed.
  func rememberOwnChunks(of version: SnapshotID) throws {
    try ownChunks?.remember(version, in: repository)
  }

  // MARK: What streams call

  /// Whether a delta may stand on these chunks.
  func canStandOn(_ base: [ChunkReference]) -> Bool {
    soundChunks.map { sound in base.allSatisfy { sound.contains($0.id) } } ?? true
  }

  func isKnown(_ id: ChunkID) throws -> Bool {
    if stored.contains(id) { return true }
    if let wanted { return !wanted.contains(id) }
    if ownChunks != nil { return ownChunks?.isKnown(id) ?? false }
    if let soundChunks { return soundChunks.contains(id) }
    if packsAtStart.isEmpty && !needsFullCheck { return false }
    for location in try repository.index.locate(id) {
      if packsAtStart.contains(location.pack) { return true }
      if try repository.isUsable(location.pack) {
        needsFullCheck = true
        return true
      }
    }
    return false
  }

  /// - Parameter isHealed: whether the parent names the chunk, of which no sound copy was left.
  func count(new chunk: HashedChunk, isHealed: Bool) {
    if isHealed { chunksHealed += 1 }
    stored.insert(chunk.id)
    chunksNew += 1
    bytesNew += UInt64(chunk.bytes.count)
  }

  func addSolid(_ chunk: HashedChunk, to group: FrameGroup) throws {
    frames.addSolid(chunk, to: group)
    try drain()
  }

  func addNew(_ region: [HashedChunk], to group: FrameGroup) throws {
    frames.addNew(region, to: group)
    try drain()
  }

  func addDelta(
    _ region: [HashedChunk], base: [ChunkReference], surroundings: [ChunkReference], in group: FrameGroup
  ) throws {
    frames.addDelta(region, base: base, surroundings: surroundings, in: group)
    try drain()
  }

  func addJoint(_ change: JointDelta.Change, in group: FrameGroup) throws {
    frames.addJoint(change, in: group)
    try drain()
  }

  private func drain() throws {
    while let frame = try frames.nextFrameIfFull() { try append(frame) }
  }

  private func append(_ frame: EncodedFrame) throws {
    try packs.append(frame)
  }

  private func add(_ segment: ManifestSegment) throws {
    let chunk = HashedChunk(id: hasher.id(of: segment.bytes), bytes: segment.bytes[...])
    segments.append(
      ManifestRoot.Segment(firstPath: segment.firstPath, entryCount: segment.entryCount, chunk: chunk.reference))
    try manifestStream?.add(chunk)
  }

  private func makeManifestStream() -> ContentStream {
    let prior = priorManifest.map { PriorContent($0.root.segments.map(\.chunk), frameNumbers: frameNumbers) }
    return ContentStream(
      session: self, group: .manifests, prior: prior, byteCountExpected: prior?.byteCount ?? 0)
  }

  private func priorRoot() -> PriorContent? {
    guard let priorManifest, let reference = priorManifest.reference else { return nil }
    return PriorContent([reference], frameNumbers: frameNumbers)
  }

  private var frameNumbers: ([ChunkReference]) throws -> [Int?] {
    let index = repository.index
    return { chunks in
      var numbers: [FrameKey: Int] = [:]
      return try chunks.map { chunk in
        guard let location = try index.locate(chunk.id).first else { return nil }
        let key = FrameKey(pack: location.pack, offset: location.frameOffset)
        let number = numbers[key] ?? numbers.count
        numbers[key] = number
        return number
      }
    }
  }
}

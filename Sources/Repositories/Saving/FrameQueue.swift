import Packing
import SnapshotModel

/// Which chunks are compressed together: reading a manifest should not decode file contents, nor the other way round.
struct FrameGroup: Hashable {
  fileprivate let number: Int

  static let contents = FrameGroup(number: 0)
  static let manifests = FrameGroup(number: 1)

  /// Of one of several streams that come in at the same time: what each frame holds must not depend on which is faster.
  static func stream(_ number: Int) -> FrameGroup { FrameGroup(number: 2 + number) }
}

/// Turns new chunks into frames on worker threads and hands them back in the order in which they were given.
///
/// What is in flight is bounded by taking the oldest result whenever `inFlightBytesMax` is passed, so which frame a chunk
/// lands in depends on the input alone and never on thread timing.
struct FrameQueue {
  /// What the frames are for.
  struct Purpose {
    /// A solid frame is closed when it has so many bytes.
    var solidBytesMax: Int
    var inFlightBytesMax: Int
    /// What their headers say.
    var isRepacked: Bool

    /// 1 MiB: larger solid frames gain little and make reading one file out of them dearer (docs/decisions/frames.md).
    static let saving = Purpose(solidBytesMax: 1 << 20, inFlightBytesMax: 10 << 20, isRepacked: false)
  }

  /// About what a chunk takes in memory beside its bytes: of tiny files that is most.
  private static let chunkBytes = 256

  enum Outcome: Sendable {
    case frame(EncodedFrame, secondHasPaid: Bool? = nil)
    /// Of changes that came together.
    case joint([EncodedFrame], rejected: [[HashedChunk]])
    /// No delta, because it would not pay or the chain is long enough: to be stored as new content.
    case rejected([HashedChunk], secondHasPaid: Bool? = nil)
    /// What was to be encoded cannot be read.
    case unreadable

    init(_ look: SecondLook, of chunks: [HashedChunk]) {
      if let frame = look.frame {
        self = .frame(frame, secondHasPaid: look.hasPaid)
      } else {
        self = .rejected(chunks, secondHasPaid: look.hasPaid)
      }
    }
  }

  private struct Pending {
    var result: PoolResult<Outcome>
    var byteCount: Int
    var group: FrameGroup
    /// Among what others may resemble.
    var similarNumber: Int?
    /// Whether it was to stand on such.
    var isSimilarOnly: Bool
    /// Whether others may stand on its chunks at once, so that no frame may wait for more.
    var isHistory: Bool
  }

  /// What waits for more of a group, until it is enough for a frame.
  private struct Filling {
    var solid = Waiting<HashedChunk>()
    /// Changes of small files.
    var joint = Waiting<JointDelta.Change>()
  }

  private struct Waiting<Item> {
    private(set) var items: [Item] = []
    private(set) var byteCount = 0

    mutating func append(_ item: Item, byteCount: Int) {
      items.append(item)
      self.byteCount += byteCount
    }

    /// - Returns: `nil` when nothing waits.
    mutating func take() -> Self? {
      if items.isEmpty { return nil }
      defer { self = Self() }
      return self
    }
  }

  private let pool: WorkerPool
  let reader: ChunkReader
  let level: CompressionLevel
  let purpose: Purpose
  /// Whether, where a chain is at its end, a delta may stand on an earlier version.
  private let mayLeaveChain: Bool
  /// By the group's number.
  private var fillings = [Filling(), Filling()]
  private var pending = Queue<Pending>()
  /// Encoded, in the order in which they are to be taken.
  private var finished = Queue<EncodedFrame>()
  private var inFlightBytes = 0
  private var similar = SimilarContent()
  private var secondLooks = Tries()
  private var solidRawBytes = 0
  private var solidStoredBytes = 0
  /// What deltas spared, taking for their size without a base the ratio that this save's solid frames reach.
  private(set) var bytesSavedByDelta = 0
  private(set) var unreadableCount = 0

  init(
    pool: WorkerPool, reader: ChunkReader, level: CompressionLevel, purpose: Purpose = .saving,
    mayLeaveChain: Bool = true
  ) {
    self.mayLeaveChain = mayLeaveChain
    self.pool = pool
    self.reader = reader
    self.level = level
    self.purpose = purpose
  }

  /// Adds a chunk that has no base.
  ///
  /// - Parameter isLong: whether it is of a region that is long enough for others to stand on.
  mutating func addSolid(_ chunk: HashedChunk, to group: FrameGroup, isLong: Bool = false) {
    grow(to: group)
    if isLong { similar.add(chunk, ordinal: fillings[group.number].solid.items.count) }
    fillings[group.number].solid.append(chunk, byteCount: chunk.bytes.count)
    if fillings[group.number].solid.byteCount >= purpose.solidBytesMax { submitSolid(group) }
  }

  private mutating func grow(to group: FrameGroup) {
    while fillings.count <= group.number { fillings.append(Filling()) }
  }

  /// Adds new chunks of one region of a file that has no earlier version: as a delta on what this save has stored, where they resemble it.
  mutating func addNew(_ region: [HashedChunk], to group: FrameGroup, isHistory: Bool = false) {
    let byteCount = region.reduce(0) { $0 + $1.bytes.count }
    let isLong = byteCount >= SimilarContent.byteCountMin
    guard isLong, let base = similarBase(of: region, in: group) else {
      for chunk in region { addSolid(chunk, to: group, isLong: isLong) }
      return
    }
    similar.tries.noteTry()
    let (level, isRepacked) = (level, purpose.isRepacked)
    submit(byteCount: byteCount + region.count * Self.chunkBytes, group, isSimilarOnly: true, isHistory: isHistory) {
      tools in
      let frame = try tools.encoder.encodeDelta(
        chunks: region.map { ($0.id, $0.bytes) }, base: try base.deltaBase(tools.decoder), level: level,
        isRepacked: isRepacked)
      return frame.map { .frame($0) } ?? .rejected(region)
    }
  }

  private mutating func similarBase(of region: [HashedChunk], in group: FrameGroup) -> SimilarBase? {
    guard similar.tries.isNextWorthIt(), let stretch = similar.stretch(resembling: region) else { return nil }
    if similar.isFilling(stretch) { submitSolid(group) }
    return similar.base(stretch)
  }

  /// Adds new chunks of one region of a file, with the chunks that they are likely to resemble.
  ///
  /// - Parameters:
  ///   - surroundings: where these may be elsewhere; taken when the delta on `base` is not small.
  mutating func addDelta(
    _ region: [HashedChunk], base: [ChunkReference], surroundings: [ChunkReference], in group: FrameGroup
  ) {
    let (reader, level, mayLeaveChain) = (reader, level, mayLeaveChain)
    let byteCount = region.reduce(0) { $0 + $1.bytes.count }
    let mayLookTwice = mayLookTwice(at: byteCount)
    submit(byteCount: byteCount + region.count * Self.chunkBytes, group) { tools in
      guard let (base, text) = try ChainLimits.usual.base(base, reader: reader, mayLeaveChain: mayLeaveChain) else {
        return .rejected(region)
      }
      let prefix = DeltaBase(chunks: base.map(\.id.prefix), bytes: text.bytes)
      let chunks = region.map { ($0.id, $0.bytes) }
      func around() throws -> DeltaBase? {
        guard !surroundings.isEmpty, let text = try reader.baseIfSound(surroundings),
          !ChainLimits.usual.areReached(by: text)
        else {
          return nil
        }
        return DeltaBase(chunks: surroundings.map(\.id.prefix), bytes: text.bytes)
      }
      let look = try SecondLook(
        chunks, on: prefix, level: level, encoder: tools.encoder, second: mayLookTwice ? around : nil)
      return Outcome(look, of: region)
    }
  }

  mutating func mayLookTwice(at byteCount: Int) -> Bool {
    byteCount >= SecondLook.byteCountMin && secondLooks.isNextWorthIt()
  }

  /// Adds a small file's change, to be stored with those of others.
  mutating func addJoint(_ change: JointDelta.Change, in group: FrameGroup) {
    grow(to: group)
    fillings[group.number].joint.append(change, byteCount: change.byteCount)
    if fillings[group.number].joint.byteCount >= JointDelta.byteCountMax { submitJoint(group) }
  }

  private mutating func submitJoint(_ group: FrameGroup) {
    guard let joint = fillings[group.number].joint.take() else { return }
    let (changes, reader, level, mayLeaveChain) = (joint.items, reader, level, mayLeaveChain)
    let chunkCount = changes.reduce(0) { $0 + $1.chunks.count }
    submit(byteCount: joint.byteCount + chunkCount * Self.chunkBytes, group) { tools in
      let (frames, rejected) = try JointDelta.encoded(changes, level: level, by: tools.encoder) {
        try ChainLimits.joint.base($0, reader: reader, mayLeaveChain: mayLeaveChain)
      }
      return .joint(frames, rejected: rejected)
    }
  }

  /// The oldest frame, once more is in flight than may be, or while an outcome is waited for; `nil` while there is room.
  mutating func nextFrameIfFull() throws -> EncodedFrame? {
    while finished.isEmpty, inFlightBytes > purpose.inFlightBytesMax || similar.tries.awaitsOutcome { try takeOldest() }
    return finished.popFirst()
  }

  /// The next frame of all that was added; `nil` when there is none left.
  mutating func nextFrameAtEnd() throws -> EncodedFrame? {
    while finished.isEmpty {
      // What joins nothing may come among the solid ones.
      if pending.isEmpty { fillings.indices.forEach { submitJoint(FrameGroup(number: $0)) } }
      if pending.isEmpty { fillings.indices.forEach { submitSolid(FrameGroup(number: $0)) } }
      if pending.isEmpty { return nil }
      try takeOldest()
    }
    return finished.popFirst()
  }

  private mutating func takeOldest() throws {
    guard let oldest = pending.popFirst() else { return }
    inFlightBytes -= oldest.byteCount
    switch try oldest.result.get() {
    case .frame(let frame, let secondHasPaid):
      noteSecondLook(secondHasPaid)
      if oldest.isSimilarOnly { similar.tries.noteOutcome(hasPaid: true) }
      if let number = oldest.similarNumber { similar.replace(number, with: frame) }
      finish(frame)
    case .joint(let frames, let rejected):
      frames.forEach { finish($0) }
      for chunks in rejected { addRejected(chunks, of: oldest) }
    case .rejected(let chunks, let secondHasPaid):
      noteSecondLook(secondHasPaid)
      addRejected(chunks, of: oldest)
    case .unreadable: unreadableCount += 1
    }
  }

  private mutating func finish(_ frame: EncodedFrame) {
    count(frame)
    finished.append(frame)
  }

  /// Adds what is stored as new content after all.
  private mutating func addRejected(_ chunks: [HashedChunk], of rejected: Pending) {
    // What is under way of a history may stand on these: they come before it.
    var behind = Queue<Pending>()
    if rejected.isHistory { swap(&behind, &pending) }
    if rejected.isSimilarOnly {
      similar.tries.noteOutcome(hasPaid: false)
      for chunk in chunks { addSolid(chunk, to: rejected.group, isLong: true) }
    } else {
      addNew(chunks, to: rejected.group, isHistory: rejected.isHistory)
    }
    if rejected.isHistory { submitSolid(rejected.group) }
    while let next = behind.popFirst() { pending.append(next) }
  }

  private mutating func noteSecondLook(_ hasPaid: Bool?) {
    guard let hasPaid else { return }
    secondLooks.noteTry()
    secondLooks.noteOutcome(hasPaid: hasPaid)
  }

  private mutating func count(_ frame: EncodedFrame) {
    guard !frame.header.bases.isEmpty else {
      solidRawBytes += frame.header.rawLength
      solidStoredBytes += frame.header.storedLength
      return
    }
    let ratio = solidRawBytes > 0 ? Double(solidStoredBytes) / Double(solidRawBytes) : 0.3
    bytesSavedByDelta += max(0, Int(Double(frame.header.rawLength) * ratio) - frame.header.storedLength)
  }

  private mutating func submitSolid(_ group: FrameGroup) {
    guard let solid = fillings[group.number].solid.take() else { return }
    let (chunks, level, isRepacked) = (solid.items, level, purpose.isRepacked)
    let similarNumber = group == .contents ? similar.close(chunks) : nil
    submit(byteCount: solid.byteCount + chunks.count * Self.chunkBytes, group, similarNumber: similarNumber) { tools in
      .frame(
        try tools.encoder.encode(chunks: chunks.map { ($0.id, $0.bytes) }, level: level, isRepacked: isRepacked))
    }
  }

  mutating func submit(
    byteCount: Int, _ group: FrameGroup, similarNumber: Int? = nil, isSimilarOnly: Bool = false,
    isHistory: Bool = false, _ body: @escaping @Sendable (WorkerTools) throws -> Outcome
  ) {
    pending.append(
      Pending(
        result: pool.submit(body), byteCount: byteCount, group: group, similarNumber: similarNumber,
        isSimilarOnly: isSimilarOnly, isHistory: isHistory))
    inFlightBytes += byteCount
    similar.advance(by: byteCount)
  }
}

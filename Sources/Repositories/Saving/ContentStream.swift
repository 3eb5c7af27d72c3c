import SnapshotModel

/// Takes one file's chunks in order, stores those that are new, and tells what the file consists of.
///
/// New chunks are stored region by region, as a delta against what stood in their place in the previous version of the
/// file: between the nearest chunks that both versions share, and, far from one, between the places where chunks meet
/// in both (docs/decisions/delta-bases.md).
package struct ContentStream {
  /// About how much of the file a region spans. It ends where the base's frames end: a frame then stands on one frame
  /// of the version before, and the cost of a read grows with the chain's length only, not with its square.
  static let regionBytesTarget = 1 << 20
  private static let regionBytesMax = regionBytesTarget + regionBytesTarget / 4
  private static let regionBytesMin = regionBytesTarget / 2
  /// Less is not worth a frame of its own.
  private static let deltaBytesMin = 256
  static let baseBytesMax = 2 << 20
  /// As much may have come or gone from one chunk's end to the next.
  private static let driftBytesMax: Int64 = 4 << 10

  /// A place that both versions have.
  private struct Anchor {
    var new: UInt64
    var old: UInt64

    /// How many bytes went or, negative, came before it.
    var drift: Int64 { Int64(old) - Int64(new) }
  }

  /// A new chunk whose region has not ended.
  private struct Waiting {
    var chunk: HashedChunk
    var range: Range<UInt64>
  }

  // Whose manifest goes through a stream that it holds itself: a strong reference would keep both, and the repository
  // with its files, for ever. Safety: streams are used in the session's own calls or by who holds it.
  private unowned let session: SaveSession
  private let group: FrameGroup
  private let prior: PriorContent?
  /// Whether what has no earlier version may be stored as a delta on what else this save stores.
  private let seeksSimilar: Bool
  /// Bytes that will come, as far as known.
  private let byteCountExpected: UInt64
  private var references: [ChunkReference] = []
  private var offset: UInt64 = 0
  private var region: [Waiting] = []
  /// The last one before the region, then those in it, ascending in both versions.
  private var anchors = [Anchor(new: 0, old: 0)]
  /// After the last anchor, and one itself if the next place bears it out.
  private var doubtful: Anchor?

  init(
    session: SaveSession, group: FrameGroup, prior: PriorContent?, seeksSimilar: Bool = false, byteCountExpected: UInt64
  ) {
    self.session = session
    self.group = group
    self.prior = prior
    self.seeksSimilar = seeksSimilar
    self.byteCountExpected = byteCountExpected
  }

  package mutating func add(_ chunk: HashedChunk) throws {
    references.append(chunk.reference)
    let range = offset..<offset + UInt64(chunk.bytes.count)
    offset = range.upperBound
    let old = prior?.offset(of: chunk.id)
    // That the previous version has it is not enough: a chunk that was lost or found damaged since is stored anew.
    if try session.isKnown(chunk.id) {
      if let old, old >= anchors[anchors.count - 1].old {
        if region.isEmpty { anchors.removeAll(keepingCapacity: true) }
        doubtful = nil
        anchors.append(Anchor(new: range.lowerBound, old: old))
        anchors.append(Anchor(new: range.upperBound, old: old + UInt64(chunk.bytes.count)))
      }
    } else {
      session.count(new: chunk, isHealed: old != nil)
      guard prior != nil || seeksSimilar else { return try session.addSolid(chunk, to: group) }
      region.append(Waiting(chunk: chunk, range: range))
      addLikelyAnchor()
    }
    if let start = region.first?.range.lowerBound, offset - start >= UInt64(Self.regionBytesMax) { try storeFront() }
  }

  /// The chunks of all that was added.
  package mutating func finish() throws -> [ChunkReference] {
    if let prior {
      anchors.append(Anchor(new: offset, old: prior.byteCount))
    }
    try store(region[...])
    region = []
    return references
  }

  /// Where chunks meet at nearly the same distance from the last anchor in both versions, they meet for the same reason,
  /// for equal content is cut alike (docs/format/chunking.md): so what drifts by a little everywhere is still followed.
  /// Where the distance has changed by more, it counts when the next one has changed by as much.
  private mutating func addLikelyAnchor() {
    let last = anchors[anchors.count - 1]
    guard let old = prior?.boundary(nearest: last.old + (offset - last.new)), old >= last.old else { return }
    let likely = Anchor(new: offset, old: old)
    let drift = likely.drift - last.drift
    if abs(drift) <= Self.driftBytesMax {
      anchors.append(likely)
      doubtful = nil
    } else if let doubtful, doubtful.old < old, abs(likely.drift - doubtful.drift) <= Self.driftBytesMax / 4 {
      anchors += [doubtful, likely]
      self.doubtful = nil
    } else {
      doubtful = likely
    }
  }

  /// Stores the first part of a region that has grown long, cut where the fewest of the base's frames go on.
  private mutating func storeFront() throws {
    guard let start = region.first?.range.lowerBound else { return }
    guard let prior else {
      try store(region[...])
      region = []
      return
    }
    let counts = region.indices.map { $0 + 1 }.filter { count in
      (count < region.count ? region[count].range.lowerBound : offset) - start >= UInt64(Self.regionBytesMin)
    }
    let costs = try counts.map { count in
      let end = region[count - 1].range.upperBound
      let toTarget = abs(Int(end - start) - Self.regionBytesTarget)
      return (count: count, framesCut: try prior.framesCut(at: oldOffset(ofNew: end)), toTarget: toTarget)
    }
    let count = costs.min { ($0.framesCut, $0.toTarget) < ($1.framesCut, $1.toTarget) }?.count ?? region.count
    try store(region[..<count])
    region.removeFirst(count)
    let next = region.first?.range.lowerBound ?? offset
    anchors.removeFirst(max(anchors.count { $0.new <= next } - 1, 0))
  }

  private func store(_ part: ArraySlice<Waiting>) throws {
    guard prior != nil else { return try session.addNew(part.map(\.chunk), to: group) }
    let byteCount = part.reduce(0) { $0 + $1.chunk.bytes.count }
    let base = byteCount < Self.deltaBytesMin ? [] : base(of: part)
    if base.isEmpty || !session.canStandOn(base) {
      for waiting in part { try session.addSolid(waiting.chunk, to: group) }
    } else {
      try session.addDelta(part.map(\.chunk), base: base, in: group)
    }
  }

  /// What stood in the chunks' place: of each stretch of new chunks on end what the old version has there.
  private func base(of part: ArraySlice<Waiting>) -> [ChunkReference] {
    guard let prior else { return [] }
    var base: [ChunkReference] = []
    var next = 0
    var rest = part
    while let first = rest.first {
      var end = first.range.lowerBound
      while let range = rest.first?.range, range.lowerBound == end {
        end = range.upperBound
        rest.removeFirst()
      }
      let (from, to) = (oldOffset(ofNew: first.range.lowerBound), oldOffset(ofNew: end))
      // Where much came, what it resembles may stand beside it.
      let hasGrown = to - from < (end - first.range.lowerBound) / 4 * 3
      let places = prior.places(covering: from..<to, slackChunks: hasGrown ? 1 : 0)
      // An edge may belong to the stretch before, too.
      base += prior.chunks[places.clamped(to: next..<prior.chunks.count)]
      next = max(next, places.upperBound)
    }
    return base.prefix(byteCount: Self.baseBytesMax)
  }

  private func oldOffset(ofNew new: UInt64) -> UInt64 {
    let after = partitioningIndex(in: anchors.indices) { anchors[$0].new > new }
    guard let prior, after > 0 else { return 0 }
    let from = anchors[after - 1]
    let to = after < anchors.count ? anchors[after] : Anchor(new: max(byteCountExpected, offset), old: prior.byteCount)
    guard to.new > from.new, to.old > from.old else { return from.old }
    let slope = Double(to.old - from.old) / Double(to.new - from.new)
    return from.old + UInt64(Double(new - from.new) * slope)
  }
}

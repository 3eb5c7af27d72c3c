import SnapshotModel

/// Parts the new chunks of a file into regions, and tells what stood in the place of each in another version of the file:
/// between the nearest chunks that both versions share, and, far from one, between the places where chunks meet in both
/// (docs/decisions/delta-bases.md).
struct DeltaRegions {
  struct Region {
    /// So many new chunks, from the first that no region had.
    var count: Int
    /// What they are likely to resemble.
    var base: [ChunkReference]
  }

  /// About how much of the file a region spans. It ends where the base's frames end: a frame then stands on one frame
  /// of the version before, and the cost of a read grows with the chain's length only, not with its square.
  static let byteCountTarget = 1 << 20
  private static let byteCountMax = byteCountTarget + byteCountTarget / 4
  private static let byteCountMin = byteCountTarget / 2
  /// Less is not worth a frame of its own.
  private static let deltaBytesMin: UInt64 = 256
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

  private let prior: PriorContent?
  /// Bytes that will come, as far as known.
  private let byteCountExpected: UInt64
  private var offset: UInt64 = 0
  /// Of the new chunks whose region has not ended.
  private var waiting: [Range<UInt64>] = []
  /// The last one before the region, then those in it, ascending in both versions.
  private var anchors = [Anchor(new: 0, old: 0)]
  /// After the last anchor, and one itself if the next place bears it out.
  private var doubtful: Anchor?

  /// - Parameter prior: the other version; without one, regions have no base.
  init(prior: PriorContent?, byteCountExpected: UInt64) {
    self.prior = prior
    self.byteCountExpected = byteCountExpected
  }

  /// Takes the file's next chunk, which is stored already.
  mutating func addKnown(_ chunk: ChunkReference) {
    let start = offset
    offset += UInt64(chunk.length)
    guard let old = prior?.offset(of: chunk.id), old >= anchors[anchors.count - 1].old else { return }
    if waiting.isEmpty { anchors.removeAll(keepingCapacity: true) }
    doubtful = nil
    anchors.append(Anchor(new: start, old: old))
    anchors.append(Anchor(new: offset, old: old + UInt64(chunk.length)))
  }

  /// Takes the file's next chunk, which is to be stored.
  mutating func addNew(_ chunk: ChunkReference) {
    let start = offset
    offset += UInt64(chunk.length)
    waiting.append(start..<offset)
    addLikelyAnchor()
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

  /// The first region, once it has grown long: cut where the fewest of the base's frames go on.
  mutating func nextIfLong() throws -> Region? {
    guard let start = waiting.first?.lowerBound, offset - start >= UInt64(Self.byteCountMax) else { return nil }
    guard let prior else { return takeAll() }
    let counts = waiting.indices.map { $0 + 1 }.filter { count in
      (count < waiting.count ? waiting[count].lowerBound : offset) - start >= UInt64(Self.byteCountMin)
    }
    let costs = try counts.map { count in
      let end = waiting[count - 1].upperBound
      let toTarget = abs(Int(end - start) - Self.byteCountTarget)
      return (count: count, framesCut: try prior.framesCut(at: oldOffset(ofNew: end)), toTarget: toTarget)
    }
    let count = costs.min { ($0.framesCut, $0.toTarget) < ($1.framesCut, $1.toTarget) }?.count ?? waiting.count
    let region = Region(count: count, base: base(of: waiting[..<count]))
    waiting.removeFirst(count)
    let next = waiting.first?.lowerBound ?? offset
    anchors.removeFirst(max(anchors.count { $0.new <= next } - 1, 0))
    return region
  }

  /// What is left when all chunks are added; `nil` when that is nothing.
  mutating func last() -> Region? {
    guard !waiting.isEmpty else { return nil }
    if let prior { anchors.append(Anchor(new: offset, old: prior.byteCount)) }
    return takeAll()
  }

  private mutating func takeAll() -> Region {
    defer { waiting = [] }
    return Region(count: waiting.count, base: base(of: waiting[...]))
  }

  /// What stood in the chunks' place: of each stretch of new chunks on end what the old version has there.
  private func base(of part: ArraySlice<Range<UInt64>>) -> [ChunkReference] {
    guard let prior, part.reduce(0, { $0 + $1.upperBound - $1.lowerBound }) >= Self.deltaBytesMin else { return [] }
    var base: [ChunkReference] = []
    var next = 0
    var rest = part
    while let first = rest.first {
      var end = first.lowerBound
      while let range = rest.first, range.lowerBound == end {
        end = range.upperBound
        rest.removeFirst()
      }
      let (from, to) = (oldOffset(ofNew: first.lowerBound), oldOffset(ofNew: end))
      // Where much came, what it resembles may stand beside it.
      let hasGrown = to - from < (end - first.lowerBound) / 4 * 3
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

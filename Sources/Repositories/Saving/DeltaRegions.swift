import SnapshotModel

/// How long regions, and what they stand on, may be, in bytes.
enum RegionLimits {
  /// About how much of the file a region spans. It ends where the base's frames end: a frame then stands on one frame
  /// of the version before, and the cost of a read grows with the chain's length only, not with its square.
  static let target = 1 << 20
  fileprivate static let max = target + target / 4
  fileprivate static let min = target / 2
  /// Less is not worth a frame of its own.
  fileprivate static let deltaMin: UInt64 = 256
  static let baseMax = 2 << 20
  /// Of what stands around a place that is a guess.
  fileprivate static let surroundingsMax: UInt64 = 4 << 20
  /// As much may have come or gone from one chunk's end to the next.
  fileprivate static let driftMax: Int64 = 4 << 10
}

/// Parts the new chunks of a file into regions, and tells what stood in the place of each in another version of the file:
/// between the nearest chunks that both versions share, and, far from one, between the places where chunks meet in both
/// (docs/decisions/delta-bases.md).
///
/// A `Chunk` is whatever its caller knows of a chunk.
struct DeltaRegions<Chunk> {
  struct Region {
    /// Where in the file its first chunk begins.
    var start: UInt64
    /// New chunks, in order.
    var chunks: [Chunk]
    /// What they are likely to resemble.
    var base: [ChunkReference]
    /// Where no chunk that both versions have tells the place: all that stands around it.
    var surroundings: [ChunkReference] = []
  }

  /// A new chunk whose region has not ended.
  private struct Waiting {
    var chunk: Chunk
    var range: Range<UInt64>
  }

  /// A place that both versions have.
  private struct Anchor {
    var new: UInt64
    var old: UInt64
    /// Whether a chunk that both have begins or ends here.
    var isSure = false

    /// How many bytes went or, negative, came before it.
    var drift: Int64 { Int64(old) - Int64(new) }
  }

  private let prior: PriorContent?
  /// Bytes that will come, as far as known.
  private let byteCountExpected: UInt64
  private var offset: UInt64 = 0
  private var waiting: [Waiting] = []
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
    anchors.append(Anchor(new: start, old: old, isSure: true))
    anchors.append(Anchor(new: offset, old: old + UInt64(chunk.length), isSure: true))
  }

  /// Takes the file's next chunk, which is to be stored.
  mutating func addNew(_ chunk: Chunk, length: Int) {
    let start = offset
    offset += UInt64(length)
    waiting.append(Waiting(chunk: chunk, range: start..<offset))
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
    if abs(drift) <= RegionLimits.driftMax {
      anchors.append(likely)
      doubtful = nil
    } else if let doubtful, doubtful.old < old, abs(likely.drift - doubtful.drift) <= RegionLimits.driftMax / 4 {
      anchors += [doubtful, likely]
      self.doubtful = nil
    } else {
      doubtful = likely
    }
  }

  /// The first region, once it has grown long: cut where the fewest of the base's frames go on.
  mutating func nextIfLong() throws -> Region? {
    guard let start = waiting.first?.range.lowerBound, offset - start >= UInt64(RegionLimits.max) else { return nil }
    guard let prior else { return take(waiting.count) }
    let counts = waiting.indices.map { $0 + 1 }.filter { count in
      (count < waiting.count ? waiting[count].range.lowerBound : offset) - start >= UInt64(RegionLimits.min)
    }
    let costs = try counts.map { count in
      let end = waiting[count - 1].range.upperBound
      let toTarget = abs(Int(end - start) - RegionLimits.target)
      return (count: count, framesCut: try prior.framesCut(at: oldOffset(ofNew: end)), toTarget: toTarget)
    }
    let count = costs.min { ($0.framesCut, $0.toTarget) < ($1.framesCut, $1.toTarget) }?.count ?? waiting.count
    let region = take(count)
    let next = waiting.first?.range.lowerBound ?? offset
    anchors.removeFirst(max(anchors.count { $0.new <= next } - 1, 0))
    return region
  }

  /// What is left when all chunks are added; `nil` when that is nothing.
  mutating func last() -> Region? {
    guard !waiting.isEmpty else { return nil }
    if let prior { anchors.append(Anchor(new: offset, old: prior.byteCount)) }
    return take(waiting.count)
  }

  /// - Parameter count: 1 or more.
  private mutating func take(_ count: Int) -> Region {
    defer { waiting.removeFirst(count) }
    let part = waiting[..<count]
    let range = part[0].range.lowerBound..<part[count - 1].range.upperBound
    return Region(
      start: range.lowerBound, chunks: part.map(\.chunk), base: base(of: part.map(\.range)[...]),
      surroundings: surroundings(of: range))
  }

  /// What lies as far before as behind the place of a long region; nothing where the place is sure.
  private func surroundings(of range: Range<UInt64>) -> [ChunkReference] {
    guard let prior, range.upperBound - range.lowerBound >= UInt64(RegionLimits.min) / 2,
      !anchors.contains(where: { $0.isSure && range.lowerBound...range.upperBound ~= $0.new })
    else { return [] }
    let (from, to) = (oldOffset(ofNew: range.lowerBound), oldOffset(ofNew: range.upperBound))
    let slack = RegionLimits.surroundingsMax - min(to - from, RegionLimits.surroundingsMax)
    let start = from - min(slack / 2, from)
    let end = min(start + RegionLimits.surroundingsMax, prior.byteCount)
    return Array(prior.chunks[prior.places(covering: start..<max(start, end), slackChunks: 0)])
  }

  /// What stood in the chunks' place: of each stretch of new chunks on end what the old version has there.
  private func base(of part: ArraySlice<Range<UInt64>>) -> [ChunkReference] {
    guard let prior, part.reduce(0, { $0 + $1.upperBound - $1.lowerBound }) >= RegionLimits.deltaMin else { return [] }
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
    return base.prefix(byteCount: RegionLimits.baseMax)
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

import SnapshotModel

/// Plans how the versions of large files are encoded anew: the newest as it stands, each older one region by region as a
/// delta on a newer one, so that the newest decodes at about its own size (docs/decisions/repacking.md).
///
/// Reads no contents, and follows what drifts as a save does (`DeltaRegions`).
struct LargeFileHistory {
  /// Smaller files are put in blocks with their neighbours (`HistoryOrder`).
  static let fileBytesMin = 8 << 20
  /// One version in so many stands on the last such, not on the one after it: the oldest of 32 is 31 deltas away, that of a thousand 62.
  private static let stepsMax = 32

  /// Each from the newest version to the oldest.
  private let lineages: [[FileVersion]]

  init(_ lineages: [[FileVersion]]) { self.lineages = lineages }

  /// The chunks of the newest versions, file by file.
  var newest: [[ChunkReference]] { lineages.compactMap(\.first?.ownChunks) }

  /// Plaintext bytes of the newest versions, and of the others.
  var byteCounts: (newest: Int, older: Int) {
    lineages.reduce(into: (0, 0)) { sum, versions in
      sum.0 += versions.first?.ownByteCount ?? 0
      sum.1 += versions.dropFirst().reduce(0) { $0 + $1.ownByteCount }
    }
  }

  /// Blocks for all others: place by place, and there from the newest to the oldest, so that a block's bases come before it.
  ///
  /// - Parameter frames: of the chunks of the newest versions, by any numbers. Bases are chosen among these, and among the blocks'
  ///   own: what stands elsewhere may stand on one of these.
  func olderBlocks(newest frames: [ChunkID: Int]) throws -> [HistoryBlock] {
    var planned = frames.mapValues { (frame: $0, place: 0) }
    var nextFrame = (frames.values.max() ?? 0) + 1
    var blocks: [HistoryBlock] = []
    for versions in lineages {
      var ofLineage: [(place: Int, number: Int, block: HistoryBlock)] = []
      for number in versions.indices.dropFirst() {
        let base = versions[Self.base(of: number)].chunks
        let numbers = base.map { planned[$0.id]?.frame }
        for region in try Self.regions(of: versions[number], on: PriorContent(base) { _ in numbers }) {
          let bases = region.bases.filter { planned[$0.id] != nil }
          let place = bases.reduce(region.place) { max($0, planned[$1.id]?.place ?? 0) }
          ofLineage.append((place, number, HistoryBlock(chunks: region.chunks, bases: bases)))
          for chunk in region.chunks { planned[chunk.id] = (nextFrame, place) }
          nextFrame += 1
        }
      }
      ofLineage.sort { ($0.place, $0.number) < ($1.place, $1.number) }
      blocks += ofLineage.map(\.block)
    }
    return blocks
  }

  /// Which version, counted from the newest, the one of this number stands on: one less in the last digit to the base of
  /// `stepsMax` that is not 0.
  static func base(of number: Int) -> Int {
    var step = 1
    while number.isMultiple(of: step * stepsMax) { step *= stepsMax }
    return number - step
  }

  private struct Region {
    /// Where in the file it stands, in regions.
    var place: Int
    var chunks: [ChunkReference]
    var bases: [ChunkReference]
  }

  /// The version's own chunks, with what they are likely to resemble.
  private static func regions(of version: FileVersion, on prior: PriorContent) throws -> [Region] {
    let byteCount = version.byteCount
    var regions = DeltaRegions(prior: prior, byteCountExpected: UInt64(byteCount))
    var found: [Region] = []
    var waiting: [(chunk: ChunkReference, offset: Int)] = []
    func take(_ region: DeltaRegions.Region) {
      let chunks = waiting.prefix(region.count)
      // As if all versions were as long as the newest.
      let share = Double(chunks.first?.offset ?? 0) / Double(max(byteCount, 1))
      let place = Int(share * Double(prior.byteCount)) / DeltaRegions.byteCountTarget
      found.append(Region(place: place, chunks: chunks.map(\.chunk), bases: region.base))
      waiting.removeFirst(region.count)
    }
    let own = Set(version.own)
    var offset = 0
    for (at, chunk) in version.chunks.enumerated() {
      if own.contains(at) {
        regions.addNew(chunk)
        waiting.append((chunk, offset))
      } else {
        regions.addKnown(chunk)
      }
      offset += chunk.length
      if let region = try regions.nextIfLong() { take(region) }
    }
    if let region = regions.last() { take(region) }
    return found
  }
}

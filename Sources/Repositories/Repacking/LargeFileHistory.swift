import SnapshotModel

/// Plans how the versions of large files are encoded anew: the newest as a first save would store it, each older one region by region
/// as a delta on the one after it, so that the newest decodes at about its own size (docs/decisions/repacking.md).
///
/// Reads no contents, and follows what drifts as a save does (`DeltaRegions`).
struct LargeFileHistory {
  /// Smaller files are put in blocks with their neighbours (`HistoryOrder`).
  static let fileBytesMin = 1 << 20

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
    var planned = PlannedFrames(alone: newest.joined(), in: frames)
    var blocks: [HistoryBlock] = []
    for versions in lineages {
      var ofLineage: [(place: Int, number: Int, block: HistoryBlock)] = []
      for (number, (newer, version)) in zip(versions, versions.dropFirst()).enumerated() {
        // Taken before this version's own frames are planned: a region stands on newer versions only.
        let numbers = newer.chunks.map(planned.number)
        for region in try Self.regions(of: version, on: PriorContent(newer.chunks) { _ in numbers }) {
          let (bases, place) = planned.add(region.chunks, on: region.bases, place: region.place)
          ofLineage.append((place, number, HistoryBlock(chunks: region.chunks, bases: bases)))
        }
      }
      ofLineage.sort { ($0.place, $0.number) < ($1.place, $1.number) }
      blocks += ofLineage.map(\.block)
    }
    return blocks
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
    var regions = DeltaRegions<ChunkReference>(prior: prior, byteCountExpected: UInt64(byteCount))
    var found: [Region] = []
    func take(_ region: DeltaRegions<ChunkReference>.Region) {
      // As if all versions were as long as the newest.
      let share = Double(region.start) / Double(max(byteCount, 1))
      let place = Int(share * Double(prior.byteCount)) / RegionLimits.target
      found.append(Region(place: place, chunks: region.chunks, bases: region.base))
    }
    let own = Set(version.own)
    for (at, chunk) in version.chunks.enumerated() {
      if own.contains(at) { regions.addNew(chunk, length: chunk.length) } else { regions.addKnown(chunk) }
      if let region = try regions.nextIfLong() { take(region) }
    }
    if let region = regions.last() { take(region) }
    return found
  }
}

import Packing
import SnapshotModel

/// Finds out what a part of history takes when it is encoded anew, and whether that is worth it: an order that does not fit the data must not
/// cost.
struct RepackTrial {
  /// One block of so many is tried, of few blocks more: eight or so at least …
  private static let sampleIntervalMax = 8
  private static let sampleCountMin = 8
  /// … and must come out at less than this share of what its chunks take now. Large files are encoded anew to be read faster.
  private static let smallShareMax = 0.9
  private static let largeShareMax = 1.01
  /// No level makes less of what a save stores.
  private static let bestGain = 0.7

  let encoder: HistoryEncoder
  let graph: PackGraph
  let level: CompressionLevel

  /// Which units of a part to encode: each that is worth it alone, or else both where they are together, for as long as one stays, so does what
  /// they share frames with.
  func worthwhile(
    in choice: RepackChoice, part: Int, small blocks: [HistoryBlock], large files: LargeFileHistory
  ) throws -> Set<RepackUnit> {
    let (small, large) = (RepackUnit(part: part, isLarge: false), RepackUnit(part: part, isLarge: true))
    var worthwhile: Set<RepackUnit> = []
    let smallChunks = blocks.flatMap(\.chunks)
    let smallBytes = choice.contains(small) ? try byteCountExpected(ofSmall: blocks) : 0
    if smallBytes < Self.smallShareMax * choice.storedByteCount(of: smallChunks, in: graph) {
      worthwhile.insert(small)
    }
    guard choice.contains(large) else { return worthwhile }
    let sizes = try LargeSizes(of: files, self)
    let rest = worthwhile.contains(small) ? choice : choice.without(small, in: graph)
    if try sizes.areLess(than: Self.largeShareMax * rest.storedByteCount(of: sizes.chunks, in: graph)) {
      worthwhile.insert(large)
    } else if choice.contains(small), !worthwhile.contains(small) {
      let stored = choice.storedByteCount(of: smallChunks + sizes.chunks, in: graph)
      if try sizes.areLess(than: Self.smallShareMax * stored - smallBytes) { worthwhile = [small, large] }
    }
    return worthwhile
  }

  private func byteCountExpected(ofSmall blocks: [HistoryBlock]) throws -> Double {
    // The newest versions are stored as deltas so far and the oldest whole; afterwards it is the other way round. So each kind of
    // block has a sample of its own.
    try [blocks.filter(\.bases.isEmpty), blocks.filter { !$0.bases.isEmpty }].reduce(0.0) { sum, kind in
      try sum + byteCountExpected(of: kind, level: level)
    }
  }

  /// What large files take. Of their newest versions no sample tells, for one may stand on another: they are all encoded as a save does it;
  /// where that is too large, a sample tells what a higher level makes of it.
  private struct LargeSizes {
    private let trial: RepackTrial
    private let newest: [HistoryBlock]
    private let newestBytes: Double
    private let olderBytes: Double
    let chunks: [ChunkReference]

    init(of history: LargeFileHistory, _ trial: RepackTrial) throws {
      var newestBytes = 0
      let frames = try trial.encoder.encodeNewest(history.newest, level: .auto) { newestBytes += $0.bytes.count }
      let older = try history.olderBlocks(newest: frames)
      self.trial = trial
      self.newestBytes = Double(newestBytes)
      newest = HistoryBlock.alone(Array(history.newest.joined()))
      olderBytes = try trial.byteCountExpected(of: older, level: .auto)
      chunks = (newest + older).flatMap(\.chunks)
    }

    func areLess(than limit: Double) throws -> Bool {
      if newestBytes + olderBytes < limit { return true }
      guard RepackTrial.bestGain * newestBytes + olderBytes < limit else { return false }
      let asSaved = try trial.byteCountExpected(of: newest, level: .auto)
      let atLevel = try trial.byteCountExpected(of: newest, level: trial.level)
      return newestBytes * atLevel / max(asSaved, 1) + olderBytes < limit
    }
  }

  /// What the blocks take when they are encoded, by a sample of them.
  private func byteCountExpected(of blocks: [HistoryBlock], level: CompressionLevel) throws -> Double {
    let interval = min(max(blocks.count / Self.sampleCountMin, 1), Self.sampleIntervalMax)
    let sample = blocks.indices.filter { $0.isMultiple(of: interval) }.map { blocks[$0] }
    var sampleBytes = 0
    try encoder.encode(sample, level: level) { sampleBytes += $0.bytes.count }
    let rawBytes = (sample: sample.reduce(0) { $0 + $1.byteCount }, all: blocks.reduce(0) { $0 + $1.byteCount })
    return Double(sampleBytes) * Double(rawBytes.all) / Double(max(rawBytes.sample, 1))
  }
}

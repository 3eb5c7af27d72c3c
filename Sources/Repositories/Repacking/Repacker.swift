import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// What re-encoding did, or in a dry run would do.
package struct RepackOutcome: Sendable {
  /// Plaintext bytes that were encoded anew.
  package internal(set) var bytesEncoded = 0
  /// Bytes of the new packs.
  package internal(set) var bytesWritten: UInt64 = 0
  /// Plaintext bytes that are due as well, but more than one run takes on.
  package internal(set) var bytesPostponed = 0
  var packs: [PackDirectory] = []
}

/// How much to spend on re-encoding.
enum RepackEffort {
  /// What has gathered enough history since it was last encoded, at level 9, up to a bound.
  case due
  /// Everything, at level 19.
  case deep

  var level: CompressionLevel { self == .due ? .better : .max }
  /// Of the older versions of large files: at level 9 a delta on so much takes ten times as long, and is hardly smaller.
  var largeDeltaLevel: CompressionLevel { self == .due ? .auto : .max }
  /// Plaintext bytes of a run, those of large files as an eighth.
  var costMax: Int { self == .due ? 2 << 30 : .max }
  /// Larger files are left as they are.
  var fileBytesMax: UInt64 { self == .due ? 4 << 30 : .max }
}

/// Writes what versions need once more, into new packs, in the order in which it compresses best.
///
/// It only adds copies: the old ones are freed by the collection that follows, under its own protocol, and by any later one when
/// this process is killed. So it may end at any point.
struct Repacker {
  private let repository: Repository
  private let reader: ChunkReader
  private let graph: PackGraph
  private let effort: RepackEffort
  private let isDryRun: Bool

  init(_ repository: Repository, effort: RepackEffort, isDryRun: Bool) throws {
    self.repository = repository
    self.effort = effort
    self.isDryRun = isDryRun
    reader = repository.makeReader()
    graph = try PackGraph(repository, packs: repository.usablePacks())
  }

  /// - Parameters:
  ///   - snapshots: what must be kept.
  ///   - onlyIfWasteful: do nothing unless much of the store is what only deltas stand on.
  func run(_ snapshots: [Snapshot], onlyIfWasteful: Bool = false) throws -> RepackOutcome {
    let newestFirst = snapshots.sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    func history() throws -> HistoryReader {
      try HistoryReader(newestFirst, fileBytesMax: effort.fileBytesMax, reader: reader)
    }
    var choice = try RepackChoice(from: history(), in: graph, effort: effort, onlyIfWasteful: onlyIfWasteful)
    var outcome = RepackOutcome()
    outcome.bytesPostponed = choice.bytesPostponed
    guard !choice.isEmpty else { return outcome }
    let pool = try repository.makeWorkerPool()
    defer { pool.close() }
    let encoder = HistoryEncoder(repository, reader: reader, pool: pool)
    let trial = RepackTrial(encoder: encoder, graph: graph, level: effort.level)
    var packs = RepackedPacks(repository, isDryRun: isDryRun, pool: pool)
    var neighbours: [ChunkReference] = []
    func encode(_ blocks: [HistoryBlock], level: CompressionLevel) throws {
      outcome.bytesEncoded += blocks.reduce(0) { $0 + $1.byteCount }
      try encoder.encode(blocks, level: level) { try packs.append($0) }
    }
    func leave(_ unit: RepackUnit, _ chunks: some Sequence<ChunkReference>) {
      choice.refuse(unit, in: graph)
      neighbours += chunks.filter { choice.isShared($0, in: graph) }
    }
    var remaining = try history()
    for (number, part) in remaining.parts.enumerated() {
      // Also of parts that are not encoded: what they account for is not the next one's.
      let (small, large) = FileLineages(try remaining.versions(in: part), bases: graph.bases).split()
      let (smallUnit, largeUnit) = (RepackUnit(part: number, isLarge: false), RepackUnit(part: number, isLarge: true))
      let blocks = choice.contains(smallUnit) ? HistoryOrder(small).blocks() : []
      let files = LargeFileHistory(large)
      let worthwhile = try trial.worthwhile(in: choice, part: number, small: blocks, large: files)
      if worthwhile.contains(smallUnit) {
        try encode(blocks, level: effort.level)
      } else {
        leave(smallUnit, small.files.lazy.flatMap(\.ownChunks))
      }
      if worthwhile.contains(largeUnit) {
        outcome.bytesEncoded += files.byteCounts.newest
        let frames = try encoder.encodeNewest(files.newest, level: effort.level) { try packs.append($0) }
        try encode(files.olderBlocks(newest: frames), level: effort.largeDeltaLevel)
      } else {
        leave(largeUnit, large.joined().lazy.flatMap(\.ownChunks))
      }
      leave(.none, remaining.chunksLeftOut)
    }
    // What is left as it is, but stands in a frame that goes.
    try encode(HistoryBlock.alone(neighbours.filter { choice.isReplaced($0, in: graph) }), level: effort.level)
    if outcome.bytesEncoded > 0 { try appendRecords(of: snapshots, to: &packs) }
    outcome.packs = try packs.finish()
    outcome.bytesWritten = outcome.packs.reduce(0) { $0 + $1.byteCount }
    return outcome
  }

  /// The packs that held the copies of the records go. As they are stored: a newer snap may have written more into them.
  private func appendRecords(of snapshots: [Snapshot], to packs: inout RepackedPacks) throws {
    let encoder = FrameEncoder()
    let ids = Set(snapshots.map(\.id))
    for (id, record) in try repository.index.records(.snapshots) + repository.index.records(.trash)
    where ids.contains(id) {
      try packs.append(encoder.encodeRecord(record))
    }
  }
}

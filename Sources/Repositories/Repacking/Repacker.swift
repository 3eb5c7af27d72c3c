import Indexing
import ObjectStores
import Packing
import Sealing
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

/// Writes what versions need once more, into new packs, in the order in which it compresses best.
///
/// It only adds copies: the old ones are freed by the collection that follows, under its own protocol, and by any later one when
/// this process is killed. So it may end at any point.
struct Repacker {
  /// How much to spend.
  enum Effort {
    /// What has gathered enough history since it was last encoded, at level 9, up to a bound; not large files, whose deltas
    /// gain little and whose old versions are costly to read (docs/decisions/repacking.md).
    case due
    /// Everything, at level 19.
    case deep

    var level: CompressionLevel { self == .due ? .better : .max }
    var bytesMax: Int { self == .due ? 2 << 30 : .max }
    var fileBytesMax: UInt64 { self == .due ? 8 << 20 : .max }
    /// Large files are read strip by strip: each strip stands on many frames.
    var cacheBytes: Int { self == .due ? ChunkReader.cacheBytesDefault : 160 << 20 }
  }

  /// A part is due when at least this share of what it stores was written since it was last encoded …
  private static let freshShareMin = 0.2
  /// … and at least this share of its plaintext is history: what has none is as small as it gets. Unless much of the store, as
  /// large a share as of the fresh, is what no version needs but only deltas stand on.
  private static let historyShareMin = 0.05
  /// One block of so many is tried first, of few blocks more: eight or so at least …
  private static let sampleIntervalMax = 8
  private static let sampleCountMin = 8
  /// … and must come out at less than this share of what its chunks take now.
  private static let gainMin = 0.9
  private static let inFlightBytesMax = 24 << 20
  /// Where files belong that are left as they are: never chosen.
  private static let noPart = -1

  private let repository: Repository
  private let reader: ChunkReader
  private let graph: PackGraph
  private let effort: Effort
  private let isDryRun: Bool

  init(_ repository: Repository, effort: Effort, isDryRun: Bool) throws {
    self.repository = repository
    self.effort = effort
    self.isDryRun = isDryRun
    reader = repository.makeReader(cacheBytes: effort.cacheBytes)
    graph = try PackGraph(repository, packs: repository.usablePacks())
  }

  /// - Parameter snapshots: what must be kept.
  func run(_ snapshots: [Snapshot]) throws -> RepackOutcome {
    let newestFirst = snapshots.sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    let choice = try choose(from: newestFirst)
    var outcome = RepackOutcome()
    outcome.bytesPostponed = choice.bytesPostponed
    guard !choice.parts.isEmpty else { return outcome }
    var history = try HistoryReader(newestFirst, fileBytesMax: effort.fileBytesMax, reader: reader)
    let pool = try WorkerPool(naming: repository.naming)
    defer { pool.close() }
    var packs = RepackedPacks(repository, isDryRun: isDryRun, pool: pool)
    for (number, part) in history.parts.enumerated() {
      // Also of parts that are not encoded: what they account for is not the next one's.
      let versions = try history.versions(in: part)
      guard choice.parts.contains(number) else { continue }
      let blocks = HistoryOrder(versions).blocks()
      guard try isWorthwhile(blocks, choice, with: pool) else { continue }
      outcome.bytesEncoded += blocks.reduce(0) { $0 + $1.byteCount }
      try encode(blocks, with: pool) { try packs.append($0) }
    }
    if outcome.bytesEncoded > 0 {
      // The packs that held the copies of the records go. As they are stored: a newer snap may have written more into them.
      let encoder = FrameEncoder()
      let ids = Set(snapshots.map(\.id))
      for (id, record) in try repository.index.records(.snapshots) + repository.index.records(.trash)
      where ids.contains(id) {
        try packs.append(encoder.encodeRecord(record))
      }
    }
    outcome.packs = try packs.finish()
    outcome.bytesWritten = outcome.packs.reduce(0) { $0 + $1.byteCount }
    return outcome
  }

  /// What to encode anew, and what goes for it.
  private struct Choice {
    /// Numbers of parts.
    var parts: Set<Int> = []
    var bytesChosen = 0
    var bytesPostponed = 0
    /// By node of the graph: whether all that versions need of the frame is encoded anew, so that it goes.
    var isReplaced: [Bool] = []
    /// By node: plaintext bytes that versions need of the frame.
    var bytesNeeded: [Int] = []
    /// Bytes of the frames that go with the others: nothing but a delta stands on them, or nothing at all.
    var bytesGoingAlong = 0
  }

  private func choose(from snapshots: [Snapshot]) throws -> Choice {
    var history = try HistoryReader(snapshots, fileBytesMax: effort.fileBytesMax, reader: reader)
    var choice = Choice()
    choice.bytesNeeded = Array(repeating: 0, count: graph.nodes.count)
    var partsByNode: [Set<Int>] = Array(repeating: [], count: graph.nodes.count)
    var fresh: [(part: Int, bytes: Int, hasHistory: Bool)] = []
    for (number, part) in history.parts.enumerated() {
      let versions = try history.versions(in: part)
      let bytes = HistoryOrder.byteCounts(of: versions)
      let hasHistory = Double(bytes.cold) >= Self.historyShareMin * Double(bytes.all)
      if bytes.all > 0, effort == .deep || isFresh(versions) { fresh.append((number, bytes.all, hasHistory)) }
      func see(_ chunk: ChunkReference, in part: Int) {
        guard let node = graph.firstFrame(holding: chunk.id) else { return }
        choice.bytesNeeded[node] += chunk.length
        partsByNode[node].insert(part)
      }
      for version in versions { for at in version.own { see(version.chunks[at], in: number) } }
      for chunk in history.chunksLeftOut { see(chunk, in: Self.noPart) }
    }
    let isWasteful = Double(bytesUnneeded(choice)) > Self.freshShareMin * Double(graph.byteCount)
    for part in fresh where effort == .deep || part.hasHistory || isWasteful {
      // The first is taken on however large it is, or it would be postponed for ever.
      if choice.bytesChosen > 0, choice.bytesChosen + part.bytes > effort.bytesMax {
        choice.bytesPostponed += part.bytes
      } else {
        choice.parts.insert(part.part)
        choice.bytesChosen += part.bytes
      }
    }
    choice.isReplaced = partsByNode.map { !$0.isEmpty && $0.isSubset(of: choice.parts) }
    keepBases(&choice)
    return choice
  }

  /// What stays keeps what it stands on; what then neither stays nor is needed goes along.
  private func keepBases(_ choice: inout Choice) {
    var staying = graph.nodes.indices.filter { choice.bytesNeeded[$0] > 0 && !choice.isReplaced[$0] }
    var stays = Array(repeating: false, count: graph.nodes.count)
    for node in staying { stays[node] = true }
    while let node = staying.popLast() {
      for base in graph.frame(node).header.bases.flatMap(graph.chunks).compactMap(graph.firstFrame(holding:))
      where !stays[base] {
        stays[base] = true
        choice.isReplaced[base] = false
        staying.append(base)
      }
    }
    for node in graph.nodes.indices
    where !stays[node] && choice.bytesNeeded[node] == 0 && graph.frame(node).header.kind == .chunks {
      choice.bytesGoingAlong += graph.frame(node).header.frameLength
    }
  }

  /// Stored bytes that no version's content is in.
  private func bytesUnneeded(_ choice: Choice) -> Int {
    graph.nodes.indices.reduce(0) { sum, node in
      let header = graph.frame(node).header
      guard header.kind == .chunks else { return sum }
      let share = Double(choice.bytesNeeded[node]) / Double(max(header.rawLength, 1))
      return sum + Int(Double(header.frameLength) * max(0, 1 - share))
    }
  }

  /// Whether a sample of the blocks becomes smaller than what goes for it: an order that does not fit the data must not cost.
  private func isWorthwhile(_ blocks: [HistoryBlock], _ choice: Choice, with pool: WorkerPool) throws -> Bool {
    var before = 0.0
    var after = 0.0
    // The newest versions are stored as deltas so far and the oldest whole; afterwards it is the other way round. So each kind of
    // block has a sample of its own.
    for kind in [blocks.filter(\.bases.isEmpty), blocks.filter { !$0.bases.isEmpty }] {
      let interval = min(max(kind.count / Self.sampleCountMin, 1), Self.sampleIntervalMax)
      let sample = kind.indices.filter { $0.isMultiple(of: interval) }.map { kind[$0] }
      var sampleBytes = 0
      try encode(sample, with: pool) { sampleBytes += $0.bytes.count }
      let rawBytes = (sample: sample.reduce(0) { $0 + $1.byteCount }, all: kind.reduce(0) { $0 + $1.byteCount })
      after += Double(sampleBytes) * Double(rawBytes.all) / Double(max(rawBytes.sample, 1))
      for chunk in kind.lazy.flatMap(\.chunks) {
        guard let node = graph.firstFrame(holding: chunk.id), choice.isReplaced[node] else { continue }
        before += Double(graph.frame(node).header.frameLength) * Double(chunk.length) / Double(choice.bytesNeeded[node])
      }
    }
    let share = Double(blocks.reduce(0) { $0 + $1.byteCount }) / Double(max(choice.bytesChosen, 1))
    return after < Self.gainMin * (before + share * Double(choice.bytesGoingAlong))
  }

  /// Whether much of what the versions take was stored since history was last encoded.
  private func isFresh(_ versions: [FileVersion]) -> Bool {
    var fresh = 0.0
    var all = 0.0
    for version in versions {
      for chunk in version.own.map({ version.chunks[$0] }) {
        guard let node = graph.firstFrame(holding: chunk.id) else { continue }
        let header = graph.frame(node).header
        let bytes = Double(header.frameLength) * Double(chunk.length) / Double(header.rawLength)
        all += bytes
        if !header.isRepacked { fresh += bytes }
      }
    }
    return fresh > Self.freshShareMin * all
  }

  /// Encodes blocks on all processors and hands them over in their order.
  private func encode(
    _ blocks: [HistoryBlock], with pool: WorkerPool, _ body: (EncodedFrame) throws -> Void
  ) throws {
    var inFlight = Queue<(result: PoolResult<EncodedFrame?>, byteCount: Int)>()
    var inFlightBytes = 0
    func takeOldest() throws {
      guard let oldest = inFlight.popFirst() else { return }
      inFlightBytes -= oldest.byteCount
      if let frame = try oldest.result.get() {
        try body(frame)
      } else {
        repository.events.warn("a part of history cannot be read and stays as it is; run snap verify --read-data")
      }
    }
    let (reader, level) = (reader, effort.level)
    for block in blocks {
      let byteCount = block.byteCount + block.bases.reduce(0) { $0 + $1.length }
      let result = pool.submit { tools in try Self.encode(block, reader: reader, level: level, tools) }
      inFlight.append((result, byteCount))
      inFlightBytes += byteCount
      while inFlightBytes > Self.inFlightBytesMax { try takeOldest() }
    }
    while !inFlight.isEmpty { try takeOldest() }
  }

  /// - Returns: `nil` when a chunk cannot be read: it stays where it is, and `verify` tells about it.
  private static func encode(
    _ block: HistoryBlock, reader: ChunkReader, level: CompressionLevel, _ tools: WorkerTools
  ) throws -> EncodedFrame? {
    do {
      // Copied: a chunk that is lent out keeps all of its frame in memory.
      let chunks = try block.chunks.map { (id: $0.id, bytes: Array(try reader.bytes(of: $0))[...]) }
      if !block.bases.isEmpty {
        var prefix: [UInt8] = []
        for base in block.bases { prefix += try reader.bytes(of: base) }
        let base = DeltaBase(chunks: block.bases.map(\.id.prefix), bytes: prefix[...])
        if let frame = try tools.encoder.encodeDelta(chunks: chunks, base: base, level: level, isRepacked: true) {
          return frame
        }
      }
      return try tools.encoder.encode(chunks: chunks, level: level, isRepacked: true)
    } catch is ChunkFault {
      return nil
    }
  }
}

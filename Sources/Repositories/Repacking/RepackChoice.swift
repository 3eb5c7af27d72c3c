import Packing
import SnapshotModel

/// What is decided on together: the small files of a part of the tree, or the large ones.
struct RepackUnit: Hashable {
  var part: Int
  var isLarge: Bool

  /// Where files belong that are left as they are: never chosen.
  static let none = RepackUnit(part: -1, isLarge: false)
}

/// What to encode anew, and what goes for it.
struct RepackChoice {
  /// A unit is due when at least this share of what it stores was written since it was last encoded …
  private static let freshShareMin = 0.2
  /// … and at least this share of its plaintext is history: what has none is as small as it gets. Unless much of the store, as
  /// large a share as of the fresh, is what no version needs but only deltas stand on.
  private static let historyShareMin = 0.05
  /// Large files are encoded so many times as fast: what is alike most of the time is skipped.
  private static let largeSpeed = 8

  /// With their plaintext bytes.
  private var units: [RepackUnit: Int] = [:]
  /// Plaintext bytes that are due as well, but more than one run takes on.
  private(set) var bytesPostponed = 0
  /// By node of the graph: plaintext bytes that each unit needs of the frame.
  private var needs: [[RepackUnit: Int]]
  /// By node: their sum.
  private var bytesNeeded: [Int]
  /// By node: whether the frame goes, because most that versions need of it is encoded anew; the rest is, too, then.
  private var isReplaced: [Bool] = []
  /// Bytes of the frames that go with the others: nothing but a delta stands on them, or nothing at all.
  private var bytesGoingAlong = 0

  init(from history: HistoryReader, in graph: PackGraph, effort: RepackEffort) throws {
    var history = history
    var needs: [[RepackUnit: Int]] = Array(repeating: [:], count: graph.nodes.count)
    var fresh: [(unit: RepackUnit, byteCount: Int, hasHistory: Bool)] = []
    for (number, part) in history.parts.enumerated() {
      let (small, large) = FileLineages(try history.versions(in: part)).split()
      for (isLarge, versions) in [(false, small), (true, Array(large.joined()))] {
        let unit = RepackUnit(part: number, isLarge: isLarge)
        let bytes = isLarge ? LargeFileHistory(large).byteCounts : HistoryOrder.byteCounts(of: small)
        let byteCount = bytes.newest + bytes.older
        let hasHistory = Double(bytes.older) >= Self.historyShareMin * Double(byteCount)
        if byteCount > 0, effort == .deep || Self.isFresh(versions, in: graph) {
          fresh.append((unit, byteCount, hasHistory))
        }
        for chunk in versions.lazy.flatMap(\.ownChunks) { see(chunk, in: unit) }
      }
      for chunk in history.chunksLeftOut { see(chunk, in: .none) }
    }
    func see(_ chunk: ChunkReference, in unit: RepackUnit) {
      guard let node = graph.firstFrame(holding: chunk.id) else { return }
      needs[node][unit, default: 0] += chunk.length
    }
    self.needs = needs
    bytesNeeded = needs.map { $0.values.reduce(0, +) }
    var costChosen = 0
    let isWasteful = Double(bytesUnneeded(in: graph)) > Self.freshShareMin * Double(graph.byteCount)
    for (unit, byteCount, hasHistory) in fresh where effort == .deep || hasHistory || isWasteful {
      let cost = unit.isLarge ? byteCount / Self.largeSpeed : byteCount
      // The first is taken on however large it is, or it would be postponed for ever.
      if costChosen > 0, costChosen + cost > effort.costMax {
        bytesPostponed += byteCount
      } else {
        units[unit] = byteCount
        costChosen += cost
      }
    }
    settle(in: graph)
  }

  var isEmpty: Bool { units.isEmpty }

  func contains(_ unit: RepackUnit) -> Bool { units[unit] != nil }

  /// Leaves a unit as it is after all.
  mutating func refuse(_ unit: RepackUnit, in graph: PackGraph) {
    units[unit] = nil
    settle(in: graph)
  }

  /// Whether the chunk stands in a frame with another unit's.
  func isShared(_ chunk: ChunkReference, in graph: PackGraph) -> Bool {
    graph.firstFrame(holding: chunk.id).map { needs[$0].count > 1 } ?? false
  }

  /// Whether the frame that holds the chunk goes.
  func isReplaced(_ chunk: ChunkReference, in graph: PackGraph) -> Bool {
    graph.firstFrame(holding: chunk.id).map { isReplaced[$0] } ?? false
  }

  /// Finds what goes. What stays keeps what it stands on; what then neither stays nor is needed goes along.
  private mutating func settle(in graph: PackGraph) {
    isReplaced = zip(needs, bytesNeeded).map { needs, byteCount in
      let chosen = needs.reduce(0) { $0 + (units[$1.key] == nil ? 0 : $1.value) }
      return chosen > 0 && chosen >= byteCount / 2
    }
    bytesGoingAlong = 0
    var staying = graph.nodes.indices.filter { bytesNeeded[$0] > 0 && !isReplaced[$0] }
    var stays = Array(repeating: false, count: graph.nodes.count)
    for node in staying { stays[node] = true }
    while let node = staying.popLast() {
      for base in graph.frame(node).header.bases.flatMap(graph.chunks).compactMap(graph.firstFrame(holding:))
      where !stays[base] {
        stays[base] = true
        isReplaced[base] = false
        staying.append(base)
      }
    }
    for node in graph.nodes.indices
    where !stays[node] && bytesNeeded[node] == 0 && graph.frame(node).header.kind == .chunks {
      bytesGoingAlong += graph.frame(node).header.frameLength
    }
  }

  /// Stored bytes that no version's content is in.
  private func bytesUnneeded(in graph: PackGraph) -> Int {
    graph.nodes.indices.reduce(0) { sum, node in
      let header = graph.frame(node).header
      guard header.kind == .chunks else { return sum }
      let share = Double(bytesNeeded[node]) / Double(max(header.rawLength, 1))
      return sum + Int(Double(header.frameLength) * max(0, 1 - share))
    }
  }

  /// What is freed when chunks of chosen units are encoded anew.
  func storedByteCount(of chunks: some Sequence<ChunkReference>, in graph: PackGraph) -> Double {
    var stored = 0.0
    var byteCount = 0
    for chunk in chunks {
      byteCount += chunk.length
      guard let node = graph.firstFrame(holding: chunk.id), isReplaced[node] else { continue }
      stored += Double(graph.frame(node).header.frameLength) * Double(chunk.length) / Double(bytesNeeded[node])
    }
    return stored + Double(bytesGoingAlong) * Double(byteCount) / Double(max(units.values.reduce(0, +), 1))
  }

  /// Whether much of what the versions take was stored since history was last encoded.
  private static func isFresh(_ versions: [FileVersion], in graph: PackGraph) -> Bool {
    var fresh = 0.0
    var all = 0.0
    for chunk in versions.lazy.flatMap(\.ownChunks) {
      guard let node = graph.firstFrame(holding: chunk.id) else { continue }
      let header = graph.frame(node).header
      let bytes = Double(header.frameLength) * Double(chunk.length) / Double(header.rawLength)
      all += bytes
      if !header.isRepacked { fresh += bytes }
    }
    return fresh > freshShareMin * all
  }
}

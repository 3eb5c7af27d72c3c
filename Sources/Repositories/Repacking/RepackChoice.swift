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
  /// … and at least this share of its plaintext is history: what has none is as small as it gets …
  private static let historyShareMin = 0.05
  /// … unless this share of what versions need directly or not is what only deltas stand on: old versions that are long forgotten.
  private static let wasteShareMin = 1.0 / 3
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

  /// - Parameter onlyIfWasteful: choose nothing unless much is what only deltas stand on.
  init(from history: HistoryReader, in graph: PackGraph, effort: RepackEffort, onlyIfWasteful: Bool) throws {
    var history = history
    var needs: [[RepackUnit: Int]] = Array(repeating: [:], count: graph.nodes.count)
    var fresh: [(unit: RepackUnit, byteCount: Int, hasHistory: Bool)] = []
    for (number, part) in history.parts.enumerated() {
      let (small, large) = FileLineages(try history.versions(in: part), bases: graph.bases).split()
      for (isLarge, versions, bytes) in [
        (false, small.files, small.byteCounts), (true, Array(large.joined()), LargeFileHistory(large).byteCounts),
      ] {
        let unit = RepackUnit(part: number, isLarge: isLarge)
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
    let isWasteful = wasteShare(in: graph) > Self.wasteShareMin
    if onlyIfWasteful, !isWasteful { return }
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

  func without(_ unit: RepackUnit, in graph: PackGraph) -> RepackChoice {
    var other = self
    other.refuse(unit, in: graph)
    return other
  }

  /// Leaves a unit as it is after all.
  mutating func refuse(_ unit: RepackUnit, in graph: PackGraph) {
    if units.removeValue(forKey: unit) != nil { settle(in: graph) }
  }

  /// Whether the chunk stands in a frame with another unit's.
  func isShared(_ chunk: ChunkReference, in graph: PackGraph) -> Bool {
    graph.firstFrame(holding: chunk.id).map { needs[$0].count > 1 } ?? false
  }

  /// Whether the frame that holds the chunk goes.
  func isReplaced(_ chunk: ChunkReference, in graph: PackGraph) -> Bool {
    graph.firstFrame(holding: chunk.id).map { isReplaced[$0] } ?? false
  }

  /// Finds what goes: what stays keeps what it stands on; what then neither stays nor is needed goes along.
  private mutating func settle(in graph: PackGraph) {
    isReplaced = zip(needs, bytesNeeded).map { needs, byteCount in
      let chosen = needs.reduce(0) { $0 + (units[$1.key] == nil ? 0 : $1.value) }
      return 2 * chosen > byteCount
    }
    bytesGoingAlong = 0
    let stays = closure(of: graph.nodes.indices.filter { bytesNeeded[$0] > 0 && !isReplaced[$0] }, in: graph)
    for node in graph.nodes.indices where stays[node] { isReplaced[node] = false }
    for node in graph.nodes.indices
    where !stays[node] && bytesNeeded[node] == 0 && graph.frame(node).header.kind == .chunks {
      bytesGoingAlong += graph.frame(node).header.frameLength
    }
  }

  /// By node: whether it is one of these, or one of them stands on it.
  private func closure(of nodes: [Int], in graph: PackGraph) -> [Bool] {
    var isIn = Array(repeating: false, count: graph.nodes.count)
    for node in nodes { isIn[node] = true }
    var open = nodes
    while let node = open.popLast() {
      for base in graph.frame(node).header.bases.flatMap(graph.chunks).compactMap(graph.firstFrame(holding:))
      where !isIn[base] {
        isIn[base] = true
        open.append(base)
      }
    }
    return isIn
  }

  /// Of the frames that versions need, or that these stand on, the share of stored bytes that no version's content is in.
  private func wasteShare(in graph: PackGraph) -> Double {
    let isLive = closure(of: graph.nodes.indices.filter { bytesNeeded[$0] > 0 }, in: graph)
    var (wasted, all) = (0.0, 0.0)
    for node in graph.nodes.indices where isLive[node] {
      let header = graph.frame(node).header
      let share = Double(bytesNeeded[node]) / Double(max(header.rawLength, 1))
      all += Double(header.frameLength)
      wasted += Double(header.frameLength) * max(0, 1 - share)
    }
    return all > 0 ? wasted / all : 0
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

import ObjectStores
import Packing
import SnapshotModel

/// What a collection would do: which packs go, which frames move out of them first, and what that frees.
package struct GarbagePlan: Sendable {
  /// Snapshots that leave the undo window with it.
  package var snapshotsExpired: [ListedSnapshot]
  package var packsKept: Int
  /// Packs of which nothing is needed.
  package var packsDeleted: Int
  /// Packs whose needed frames move into new ones.
  package var packsRewritten: Int
  /// Bytes of the frames that move.
  package var bytesRewritten: UInt64
  /// Bytes of packs, records and labels before less those after: exact, while nobody else writes.
  ///
  /// The index is derived and not counted.
  package var bytesFreed: UInt64
  /// By so much the repository grows instead: copies that were written before it take more than those that they replace.
  var bytesGrown: UInt64 = 0
  /// Bytes of the packs that were written before it, whose copies replace others.
  var bytesRepacked: UInt64

  /// The packs to condemn.
  let condemned: [PackID]
  /// All packs that the choice took into account.
  let packsExamined: Set<PackID>

  package var isEmpty: Bool { condemned.isEmpty && snapshotsExpired.isEmpty }
}

extension GarbagePlan {
  /// A pack is rewritten when at least this share of it is dead: rewriting costs reading and writing the live rest.
  static let deadShareMin = 0.05
  /// Smaller packs are rewritten for any dead frame.
  private static let rewrittenAnyway: UInt64 = 1 << 20

  /// - Parameters:
  ///   - undoWindowSeconds: forgotten versions that were forgotten longer ago are given up; 0 gives all up.
  ///   - forgetting: snapshots to treat as forgotten and given up, for foretelling what forgetting them frees.
  ///   - resealing: whether packs that are sealed under older keys go, too.
  ///   - damaged: packs that go, and no others but those that must go with them; `nil` for the usual choice.
  ///   - repacked: packs that were written just now, or in a dry run would be, whose copies are to replace all others.
  static func make(
    for repository: Repository, undoWindowSeconds: Int64, forgetting: Set<SnapshotID> = [],
    resealing: Bool = false, replacing damaged: Set<PackID>? = nil, repacked: [PackDirectory] = []
  ) throws -> GarbagePlan {
    let roots = try GarbageRoots(repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting)
    let listed = Set(try repository.packNames())
    // What killed collections condemned goes first, each tomb's packs by themselves.
    let tombs = try repository.tombs()
    let doomed = listed.intersection(tombs.flatMap(\.packs))
    let replacing = Set(repacked.map(\.pack))
    let kept = try repacked + PackGraph(repository, packs: listed.subtracting(doomed).subtracting(replacing)).packs
    // Copies that replace others are read before those go, not now.
    let isReadable = { (id, pack) in replacing.contains(pack) || repository.canRead(id, in: pack) }
    var graph = try PackGraph(kept + PackGraph(repository, packs: doomed).packs)
    graph.preferSoundCopies(keptPackCount: repacked.isEmpty ? kept.count : repacked.count, isReadable: isReadable)
    var isLive = try roots.liveFrames(of: graph, reader: repository.reader())
    let spared = try repository.packsOfSavesInProgress(among: kept.map(\.pack))
    let outdated = try resealing ? Set(kept.map(\.pack).filter { try repository.store.isOutdated(.pack($0)) }) : []
    let choice = choose(
      graph, isLive, keptPackCount: kept.count, outdated: outdated, onlyThese: damaged, sparing: spared)
    let chosen = Set(choice.map { graph.packs[$0].pack })
    let going = chosen.union(doomed)
    if graph.hasDuplicates {
      // Of a chunk that stands twice, the collection leaves the copy in a pack that stays.
      let staying = graph.packs.filter { !going.contains($0.pack) }
      graph = PackGraph(staying + graph.packs.filter { going.contains($0.pack) })
      graph.preferSoundCopies(keptPackCount: staying.count, isReadable: isReadable)
      isLive = try roots.liveFrames(of: graph, reader: repository.reader())
    }
    let moving = graph.nodes.indices.filter { isLive[$0] && going.contains(graph.packs[graph.nodes[$0].pack].pack) }
    let bytesOld = graph.packs.reduce(0) { $0 + (going.contains($1.pack) ? $1.byteCount : 0) }
    let bytesRepacked = repacked.reduce(0) { $0 + $1.byteCount }
    var bytesNew = bytesRepacked
    for packs in tombs.map(\.packs) + [chosen.sorted()] {
      let frames = moving.filter { packs.contains(graph.packs[graph.nodes[$0].pack].pack) }.map { graph.frame($0) }
      bytesNew += EvacuationLayout.layouts(of: frames, in: repository.store).reduce(0) { $0 + $1.byteCount }
    }
    let movingPacks = Set(moving.map { graph.nodes[$0].pack })
    let goingPackCount = graph.packs.count { going.contains($0.pack) }
    let otherBytes = try repository.byteCount(
      of: repository.abandonedByDeadSaves() + tombs.map { .tomb($0.id) }
        + roots.expired.flatMap { [.snapshot($0.snapshot.id), .trash($0.snapshot.id), .labels($0.snapshot.id)] })
    let bytesGone = bytesOld + otherBytes
    return GarbagePlan(
      snapshotsExpired: roots.expired, packsKept: graph.packs.count - goingPackCount,
      packsDeleted: goingPackCount - movingPacks.count, packsRewritten: movingPacks.count,
      bytesRewritten: moving.reduce(0) { $0 + UInt64(graph.frame($1).header.frameLength) },
      bytesFreed: bytesGone - min(bytesGone, bytesNew), bytesGrown: bytesNew - min(bytesGone, bytesNew),
      bytesRepacked: bytesRepacked, condemned: chosen.sorted(), packsExamined: Set(kept.map(\.pack)))
  }

  /// Which packs to condemn, by their place in the graph.
  ///
  /// A dead frame in a pack that stays must still be readable, since a save may find its chunks known and take them: so when
  /// what it stands on goes, its pack goes too.
  ///
  /// - Parameter keptPackCount: the packs from there on are condemned already.
  private static func choose(
    _ graph: PackGraph, _ isLive: [Bool], keptPackCount: Int, outdated: Set<PackID>, onlyThese: Set<PackID>?,
    sparing spared: Set<PackID>
  ) -> Set<Int> {
    var deadBytes = Array(repeating: UInt64(0), count: graph.packs.count)
    var hasLive = Array(repeating: false, count: graph.packs.count)
    for (at, node) in graph.nodes.enumerated() {
      let header = graph.frame(at).header
      if isLive[at] {
        hasLive[node.pack] = true
      } else if header.kind == .chunks {  // The record copy at the end of a pack is never marked: it is no reason.
        deadBytes[node.pack] += UInt64(header.frameLength)
      }
    }
    var condemned = Set(keptPackCount..<graph.packs.count)
    for (pack, directory) in graph.packs.enumerated() where !spared.contains(directory.pack) {
      if let onlyThese {
        if onlyThese.contains(directory.pack) { condemned.insert(pack) }
        continue
      }
      let share = Double(deadBytes[pack]) / Double(max(directory.byteCount, 1))
      let isCheap = deadBytes[pack] > 0 && directory.byteCount < rewrittenAnyway
      let isOutdated = outdated.contains(directory.pack)
      if !hasLive[pack] || share >= deadShareMin || isCheap || isOutdated { condemned.insert(pack) }
    }
    while let more = firstLosingItsBase(graph, isLive, condemned, spared) { condemned.insert(more) }
    return condemned.filter { $0 < keptPackCount }
  }

  private static func firstLosingItsBase(
    _ graph: PackGraph, _ isLive: [Bool], _ condemned: Set<Int>, _ spared: Set<PackID>
  ) -> Int? {
    for (at, node) in graph.nodes.enumerated() where !isLive[at] && !condemned.contains(node.pack) {
      for base in graph.frame(at).header.bases {
        let remains = graph.chunks(base).contains { id in
          graph.frames(holding: id).contains { isLive[$0] || !condemned.contains(graph.nodes[$0].pack) }
        }
        if !remains { return node.pack }
      }
    }
    return nil
  }
}

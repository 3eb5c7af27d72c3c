import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// What a collection did.
package struct GarbageOutcome: Sendable {
  package var bytesFreed: UInt64
  package var packsDeleted: Int
  package var packsRewritten: Int
}

/// Frees what nothing needs, without locks and without clocks (docs/format/protocol.md).
///
/// It may be killed between any two steps; saves and other collectors may run meanwhile.
package enum GarbageCollector {
  /// What `execute` would do now.
  ///
  /// - Parameter undoWindowSeconds: versions forgotten longer ago than that are given up; 0 gives all up.
  /// - Parameter forgetting: committed snapshots to treat as forgotten and given up: what a dry run foretells.
  /// - Parameter resealing: in an encrypted repository, whether to rewrite what older keys seal.
  package static func plan(
    in repository: Repository, undoWindowSeconds: Int64, forgetting: Set<SnapshotID> = [], resealing: Bool = false
  ) throws -> GarbagePlan {
    try asFault {
      try repository.adoptPacks()
      if forgetting.isEmpty, !resealing { return try planUnlessIdle(repository, undoWindowSeconds: undoWindowSeconds) }
      return try GarbagePlan.make(
        for: repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting, resealing: resealing)
    }
  }

  /// As `make`, without reading what every version needs where that was done and nothing has come or gone since.
  private static func planUnlessIdle(_ repository: Repository, undoWindowSeconds: Int64) throws -> GarbagePlan {
    let state = try IdleState(repository)
    if let state, try repository.index.cachedValue(IdleState.key) == state.digest { return state.plan }
    let plan = try GarbagePlan.make(for: repository, undoWindowSeconds: undoWindowSeconds)
    if let state, plan.isEmpty, plan.bytesFreed == 0, try IdleState(repository) == state,
      try state.isSound(in: repository)
    {
      try? repository.index.setCachedValue(IdleState.key, state.digest)
    }
    return plan
  }

  @discardableResult
  package static func execute(_ plan: GarbagePlan, in repository: Repository) throws -> GarbageOutcome {
    try asFault {
      let bytesBefore = try repository.objectByteCount()
      try repository.withReserve { try run(plan, in: repository) }
      do {
        try repository.index.compact()
      } catch {
        repository.events.note("index.sqlite keeps its size for now (\(error))")
      }
      let bytesAfter = try repository.objectByteCount()
      let bytesKept = bytesAfter + plan.bytesRepacked
      return GarbageOutcome(
        bytesFreed: bytesBefore > bytesKept ? bytesBefore - bytesKept : 0, packsDeleted: plan.packsDeleted,
        packsRewritten: plan.packsRewritten)
    }
  }

  private static func run(_ plan: GarbagePlan, in repository: Repository) throws {
    let store = repository.store
    // Step 0: what a listing shows from here on must not be undone by a loss of power.
    for folder in [ObjectFolder.snapshots, .pending, .trash] { try store.synchronize(folder) }
    try repository.adoptRecords()
    try store.delete(repository.abandonedByDeadSaves())
    // Not what was taken back since the plan was made.
    let expired = try plan.snapshotsExpired.map(\.snapshot.id)
      .filter { try !store.exists(.snapshot($0)) && !store.exists(.pending($0)) }
    try store.delete(expired.flatMap { [ObjectName.trash($0), .labels($0)] })
    try repository.adoptRecords()
    // Any process may finish another's tomb.
    for case .tomb(let tomb) in try store.list(.tombs) { try finish(tomb, known: [], in: repository) }
    if !plan.condemned.isEmpty {
      let tomb: CollectionID = repository.machine.newID()
      try store.create(.tomb(tomb), TombCoder.encode(plan.condemned))  // Irrevocable from here.
      try finish(tomb, known: plan.packsExamined, in: repository)
    }
    try store.sweepTemporary()
  }

  /// Steps 3 to 5: evacuate what is needed and stands only in condemned packs, delete them, delete the tomb.
  ///
  /// - Parameter known: packs of which no frame, needed or not, stands on a condemned one unless that is evacuated.
  private static func finish(_ tomb: CollectionID, known: Set<PackID>, in repository: Repository) throws {
    let store = repository.store
    let condemned: [PackID]
    do {
      condemned = try TombCoder.decode(store.read(.tomb(tomb)))
    } catch ObjectStoreError.missing {
      return  // Another collector has finished it.
    }
    var evacuated: [PackID]?
    repeat { evacuated = try evacuate(from: Set(condemned), in: repository) } while evacuated == nil
    try repository.index.remove(packs: condemned)
    try store.delete((evacuated ?? []).map(ObjectName.pack))
    // Packs that came since the tomb was planned may hold frames, needed by nobody, that stand on what is gone now.
    // While the tomb is there, every save looks at all that it relies on.
    try repository.adoptPacks(again: repository.usablePacks().subtracting(known))
    try store.delete([.tomb(tomb)])
  }

  /// - Returns: the packs of which nothing is needed any more; `nil` when one vanished meanwhile and everything must be looked at
  ///   again. One whose directory cannot be read any more is not among them: what was in it, nobody knows.
  private static func evacuate(from condemned: Set<PackID>, in repository: Repository) throws -> [PackID]? {
    let tombs = try repository.condemnedPacks().union(condemned)
    let listed = Set(try repository.packNames())
    // Packs that stand in no tomb come first: a chunk that has a copy there need not move.
    let kept = try PackGraph(repository, packs: listed.subtracting(tombs))
    let doomed = try PackGraph(repository, packs: listed.intersection(condemned))
    // Another collector has moved what was in them, and what stands there is needed too.
    if kept.misses || doomed.misses { return nil }
    let roots = try GarbageRoots(repository, undoWindowSeconds: .max)
    var graph = PackGraph(kept.packs + doomed.packs)
    graph.preferSoundCopies(keptPackCount: kept.packs.count, isReadable: repository.canRead)
    let isLive = try roots.liveFrames(of: graph, reader: repository.reader())
    let moving = graph.nodes.indices.filter { isLive[$0] && graph.nodes[$0].pack >= kept.packs.count }
      .map { (pack: graph.packs[graph.nodes[$0].pack].pack, frame: graph.frame($0)) }
    for pack in doomed.unreadable {
      repository.events.warn(
        "pack \(pack.short)… was to go, but cannot be read, so what is in it is unknown and it stays; run snap verify")
    }
    let readable = condemned.subtracting(doomed.unreadable)
    do {
      do {
        try move(moving, in: repository)
      } catch  where meansFullDisk(error) {
        // What nobody needs makes room for what must move.
        let dead = readable.subtracting(moving.map(\.pack)).intersection(listed).sorted()
        if dead.isEmpty { throw error }
        try repository.index.remove(packs: dead)
        try repository.store.delete(dead.map(ObjectName.pack))
        try move(moving, in: repository)
      }
      return readable.sorted()
    } catch ObjectStoreError.missing {
      return nil
    }
  }

  private static func move(_ frames: [(pack: PackID, frame: PackDirectory.Frame)], in repository: Repository) throws {
    let checker = WrittenFrameChecker(repository.naming)
    var next = 0
    for layout in EvacuationLayout.layouts(of: frames.map(\.frame), in: repository.store) {
      var writer = PackWriter(repository: repository.id, pack: repository.machine.newID())
      for frame in layout.frames {
        let pack = frames[next].pack
        let bytes = try repository.store.read(.pack(pack), range: frame.range)
        // What moves is vouched for from then on.
        if try repository.store.isWritten(.pack(pack)), !checker.holds(frame, bytes) {
          try repository.index.remove(packs: [pack])  // It was looked at, and is something else now.
          throw PackingError.damaged(what: "frame of pack \(pack.short)…")
        }
        writer.append(EncodedFrame(header: frame.header, chunkIDs: frame.chunkIDs, bytes: bytes))
        next += 1
      }
      let pack = writer.finish()
      try repository.store.create(.pack(pack.id), pack.bytes)
    }
  }
}

extension Repository {
  /// Bytes of some objects; those that are gone have none.
  func byteCount(of names: [ObjectName]) throws -> UInt64 {
    try names.reduce(0) { sum, name in
      do {
        return try sum + store.byteCount(name)
      } catch ObjectStoreError.missing {
        return sum
      }
    }
  }

  /// Bytes of all objects: packs, records, labels, tombs; not of the index.
  func objectByteCount() throws -> UInt64 {
    try ObjectFolder.allCases.filter { $0 != .operations }.reduce(0) { try $0 + byteCount(of: store.list($1)) }
  }
}

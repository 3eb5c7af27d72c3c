import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Collections that first encode history anew, so that more can go (docs/decisions/repacking.md).
extension GarbageCollector {
  /// Encodes history anew where that is due, and plans a collection that lets the new copies replace the old ones.
  ///
  /// - Parameters:
  ///   - isDeep: encode everything, and spend more on it.
  ///   - isDryRun: write nothing; the plan then foretells, to the byte, but cannot be executed.
  ///   - forgetting: as for `plan`.
  package static func repack(
    in repository: Repository, isDeep: Bool, isDryRun: Bool, undoWindowSeconds: Int64,
    forgetting: Set<SnapshotID> = []
  ) throws -> (outcome: RepackOutcome, plan: GarbagePlan) {
    try asFault {
      try repository.adoptPacks()
      // What is remembered is of all versions.
      if try isDeep || !forgetting.isEmpty || repository.index.cachedValue(Self.nothingDueKey) == nil {
        if let (outcome, plan) = try encodeAnew(
          effort: isDeep ? .deep : .due, isDryRun: isDryRun, in: repository, undoWindowSeconds: undoWindowSeconds,
          forgetting: forgetting)
        {
          if plan.bytesGrown == 0 { return (outcome, plan) }
          // The samples were mistaken.
          if !isDryRun { return (RepackOutcome(), try withdrawal(of: outcome, from: repository, undoWindowSeconds)) }
        }
        // Until packs or snapshots change, looking again would find the same.
        if !isDeep, forgetting.isEmpty { try? repository.index.setCachedValue(Self.nothingDueKey, []) }
      }
      let nothing = try Self.plan(in: repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting)
      return (RepackOutcome(), nothing)
    }
  }

  /// - Returns: `nil` when nothing is worth it.
  private static func encodeAnew(
    effort: RepackEffort, onlyIfWasteful: Bool = false, isDryRun: Bool, in repository: Repository,
    undoWindowSeconds: Int64, forgetting: Set<SnapshotID>
  ) throws -> (outcome: RepackOutcome, plan: GarbagePlan)? {
    let outcome = try withRoots(
      of: repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting
    ) { roots in
      try Repacker(repository, effort: effort, isDryRun: isDryRun).run(roots, onlyIfWasteful: onlyIfWasteful)
    }
    guard !outcome.packs.isEmpty else { return nil }
    if !isDryRun { try repository.adoptPacks() }
    let plan = try GarbagePlan.make(
      for: repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting, repacked: outcome.packs)
    return (outcome, plan)
  }

  /// Runs `body` on what must be kept, and again when something could not be read and that is not the same any more: a version
  /// was given up meanwhile, and another collector has freed what it needed.
  private static func withRoots<R>(
    of repository: Repository, undoWindowSeconds: Int64, forgetting: Set<SnapshotID>, _ body: ([Snapshot]) throws -> R
  ) throws -> R {
    func list() throws -> [Snapshot] {
      try GarbageRoots(repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting).snapshots
    }
    var roots = try list()
    while true {
      do {
        return try body(roots)
      } catch let error where meansDamage(error) {
        let now = try list()
        if now == roots { throw error }
        roots = now
      }
    }
  }

  /// A plan that takes back what was encoded anew. It frees nothing, seen from before that.
  private static func withdrawal(
    of outcome: RepackOutcome, from repository: Repository, _ undoWindowSeconds: Int64
  ) throws -> GarbagePlan {
    var plan = try GarbagePlan.make(
      for: repository, undoWindowSeconds: undoWindowSeconds, replacing: Set(outcome.packs.map(\.pack)))
    plan.bytesRepacked = outcome.bytesWritten
    plan.bytesFreed -= min(plan.bytesFreed, outcome.bytesWritten)
    return plan
  }

  /// Plans to free what nothing needs. Where that is something, and much of the store is what only deltas stand on, left by versions long
  /// forgotten, history is encoded anew first: a collection a day always has something to free, and that would grow for ever.
  ///
  /// - Parameters: as for `repack`.
  /// - Returns: `outcome` is `nil` when nothing was encoded anew.
  package static func prepare(
    in repository: Repository, isDryRun: Bool, undoWindowSeconds: Int64, forgetting: Set<SnapshotID> = []
  ) throws -> (outcome: RepackOutcome?, plan: GarbagePlan) {
    try asFault {
      let plan = try Self.plan(in: repository, undoWindowSeconds: undoWindowSeconds, forgetting: forgetting)
      let repack = try repackIfWasteful(
        in: repository, insteadOf: plan, isDryRun: isDryRun, undoWindowSeconds: undoWindowSeconds,
        forgetting: forgetting)
      return (repack?.outcome, repack?.plan ?? plan)
    }
  }

  /// - Parameter usual: what would be done without.
  static func repackIfWasteful(
    in repository: Repository, insteadOf usual: GarbagePlan, isDryRun: Bool, undoWindowSeconds: Int64,
    forgetting: Set<SnapshotID>
  ) throws -> (outcome: RepackOutcome, plan: GarbagePlan)? {
    guard usual.bytesFreed > 0 else { return nil }
    func repack(isDryRun: Bool) throws -> (outcome: RepackOutcome, plan: GarbagePlan)? {
      try encodeAnew(
        effort: .due, onlyIfWasteful: true, isDryRun: isDryRun, in: repository, undoWindowSeconds: undoWindowSeconds,
        forgetting: forgetting)
    }
    // What is written cannot be taken back by the plan that frees the rest.
    guard let foretold = try repack(isDryRun: true), foretold.plan.bytesFreed > usual.bytesFreed else { return nil }
    if isDryRun { return foretold }
    do {
      return try repack(isDryRun: false)
    } catch ObjectStoreError.noSpace, ObjectStoreError.quota {
      return nil  // Freeing comes first. What was written is found twice, and freed, by the next collection.
    }
  }

  private static let nothingDueKey = "nothing-to-repack"
}

import Indexing
import ObjectStores
import Packing
import SnapshotModel
import Synchronization

/// Reads packs whole, and decodes and hashes every chunk in them.
struct DataCheck {
  let repository: Repository
  let options: VerifyOptions
  let progress: (@Sendable (UInt64, UInt64) -> Void)?
  /// Chunks that no copy gives whole, and the pack that should.
  private(set) var damagedChunks: [ChunkID: PackID] = [:]
  /// Packs that are not what was written.
  private(set) var damagedPacks: Set<PackID> = []
  private(set) var bytesRead: UInt64 = 0
  private(set) var wasCutShort = false
  private let started: Timestamp

  init(repository: Repository, options: VerifyOptions, progress: (@Sendable (UInt64, UInt64) -> Void)?) {
    self.repository = repository
    self.options = options
    self.progress = progress
    started = repository.machine.now()
  }

  /// - Parameter doubtful: packs of which the index leaves frames out, and so knows of damage: they are always read.
  mutating func run(
    over packs: [PackDirectory], doubtful: Set<PackID>, _ graph: PackGraph, telling ledger: inout DamageLedger
  ) throws {
    let suspects = packs.filter { doubtful.contains($0.pack) }
    let chosen = try PackSelection(options, repository).choose(from: packs).filter { !doubtful.contains($0.pack) }
    guard !suspects.isEmpty || !chosen.isEmpty else { return }
    let pool = try repository.makeWorkerPool()
    defer { pool.close() }
    let sweep = FrameSweep(repository, graph, pool: pool)
    let total = (suspects + chosen).reduce(0) { $0 + $1.byteCount }
    // All together is faster, since frames of one pack stand on those of others; with little time, what was begun must
    // be done.
    for batch in [suspects] + (options.maxDurationSeconds == nil ? [chosen] : chosen.map { [$0] }) {
      if isTimeUp {
        wasCutShort = true
        return
      }
      let read = try readWhole(batch, total: total, telling: &ledger)
      try decode(read, doubtful: doubtful, sweep, telling: &ledger)
      if !repository.isReadOnly { try repository.rememberRead(read.subtracting(damagedPacks)) }
    }
  }

  /// - Returns: the packs that could be read, be they damaged.
  private mutating func readWhole(
    _ packs: [PackDirectory], total: UInt64, telling ledger: inout DamageLedger
  ) throws -> Set<PackID> {
    var read: Set<PackID> = []
    for pack in packs {
      do {
        let stored = try repository.store.read(.pack(pack.pack), isStrict: true)
        try PackReader.checkWhole(stored)
      } catch ObjectStoreError.missing {
        continue  // Collected meanwhile: who needs it looks where it went.
      } catch let error as PackingError {
        ledger.add("pack \(pack.pack.short)…: \(error)", of: pack.pack)
        damagedPacks.insert(pack.pack)
      } catch let error as ObjectStoreError {
        ledger.add("pack \(pack.pack.short)… cannot be read: \(error)", of: pack.pack)
        damagedPacks.insert(pack.pack)
        continue
      }
      read.insert(pack.pack)
      bytesRead += pack.byteCount
      progress?(bytesRead, total)
    }
    return read
  }

  private mutating func decode(
    _ packs: Set<PackID>, doubtful: Set<PackID>, _ sweep: FrameSweep, telling ledger: inout DamageLedger
  ) throws {
    let graph = sweep.graph
    let failures = try lasting(sweep.run(over: packs).filter { !meansCollected($0.error) }, graph)
    for failure in failures {
      // A damaged copy of a chunk that also stands whole elsewhere harms nobody; the pack was told about.
      guard (try? repository.reader().bytes(of: failure.chunk)) == nil else { continue }
      note(failure.error, of: failure.chunk, in: graph.packs[graph.nodes[failure.node].pack].pack, telling: &ledger)
    }
    let failed = Dictionary(grouping: failures, by: { graph.nodes[$0.node].pack })
    for (at, directory) in graph.packs.enumerated() where packs.contains(directory.pack) {
      guard failed[at] != nil || doubtful.contains(directory.pack) else { continue }
      let unsound = Set((failed[at] ?? []).map { graph.nodes[$0.node].frame })
      if !unsound.isEmpty { damagedPacks.insert(directory.pack) }
      let sound = directory.frames.enumerated().filter { !unsound.contains($0.offset) }.map(\.element)
      // What only lacks what it stands on is looked at again when packs come.
      let isIncomplete = (failed[at] ?? []).allSatisfy { if case ChunkFault.missing = $0.error { true } else { false } }
      try keepInIndex(directory, sound, isIncomplete: isIncomplete && !unsound.isEmpty)
    }
  }

  /// Failures that are still there when one looks again: what the disk refused once may be whole.
  ///
  /// - Throws: what the store throws, where nothing of it can be read any more: a disk that went away is no damage.
  private func lasting(_ failures: [FrameSweep.Failure], _ graph: PackGraph) throws -> [FrameSweep.Failure] {
    guard failures.contains(where: { $0.error is ObjectStoreError }) else { return failures }
    _ = try repository.store.read(.config)
    return failures.filter { failure in
      let pack = graph.packs[graph.nodes[failure.node].pack].pack
      return !(failure.error is ObjectStoreError)
        || (try? repository.reader().bytes(of: failure.chunk, in: pack)) == nil
    }
  }

  /// A chunk that a manifest needs and that was found only then not to be whole.
  mutating func note(_ error: any Error, of id: ChunkID, in pack: PackID, telling ledger: inout DamageLedger) {
    // What is missing is a base; whoever needs the chunk is told where that was.
    if case ChunkFault.missing = error { return }
    guard damagedChunks.updateValue(pack, forKey: id) == nil else { return }
    var reason = "\(error)"
    if case ChunkFault.damaged(_, _, let text) = error { reason = text }
    ledger.add(damaged: id, of: pack, reason: reason)
  }

  /// Leaves only the sound frames in the index, so that the next save
  /// that reads the files of the others stores them anew.
  private func keepInIndex(_ pack: PackDirectory, _ sound: [PackDirectory.Frame], isIncomplete: Bool) throws {
    guard !repository.isReadOnly, try repository.store.exists(.pack(pack.pack)) else { return }
    var indexed = IndexedPack(PackDirectory(pack: pack.pack, byteCount: pack.byteCount, frames: sound))
    indexed.isIncomplete = isIncomplete
    try repository.index.insert([indexed], replacing: [pack.pack])
    repository.leftOutPlaces.withLock { $0 = nil }
  }

  private var isTimeUp: Bool {
    options.maxDurationSeconds.map { Double(repository.machine.now().seconds - started.seconds) >= $0 } ?? false
  }
}

/// Whether a pack is not there any more: a collector has moved what is needed of it.
private func meansCollected(_ error: any Error) -> Bool {
  if case ObjectStoreError.missing(.pack) = error { true } else { false }
}

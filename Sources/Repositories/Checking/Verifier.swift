import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// Checks that everything that the snapshots need is there and is what it should be.
package enum Verifier {
  /// - Parameter progress: bytes read so far and bytes to read.
  package static func verify(
    _ repository: Repository, options: VerifyOptions,
    progress: (@Sendable (_ done: UInt64, _ total: UInt64) -> Void)? = nil
  ) throws -> VerifyReport {
    try asFault {
      // Before the index forgets what was in them; one that cannot say it is made anew just below.
      var missing: [ChunkIDPrefix: PackID] = [:]
      do { missing = try repository.chunksOfMissingPacks() } catch let error as IndexError where error.callsForRebuild {
      }
      var check = VerifyRun(repository: repository, options: options, missing: missing, progress: progress)
      try check.run()
      return check.report
    }
  }
}

/// One run of the verifier.
private struct VerifyRun {
  let repository: Repository
  let options: VerifyOptions
  let progress: (@Sendable (UInt64, UInt64) -> Void)?
  var report = VerifyReport()
  private var ledger = DamageLedger()
  /// Chunks that stood in packs that are gone.
  private let missing: [ChunkIDPrefix: PackID]
  private var damagedChunks: [ChunkID: PackID] = [:]
  /// By node of the graph: `nil` for a frame that cannot be decoded, because of what it stands on.
  private var ranks: [Int32?] = []
  private let started = currentTime()

  init(
    repository: Repository, options: VerifyOptions, missing: [ChunkIDPrefix: PackID],
    progress: (@Sendable (UInt64, UInt64) -> Void)?
  ) {
    self.repository = repository
    self.missing = missing
    ledger.missingPacks = Set(missing.values)
    self.options = options
    self.progress = progress
  }

  mutating func run() throws {
    let isReadable = try repository.adoptPacksIfReadable()
    let packs = try checkDirectories()
    try repository.mendIndex(against: packs, isReadable: isReadable)
    let graph = PackGraph(packs)
    ranks = graph.ranks(packs: graph.packs.indices)
    report.packs = packs.count
    report.chunks = graph.chunkCount
    try readData(packs, graph)
    try checkSnapshots(graph)
  }

  /// Every pack has a sound directory that says what the file's length says.
  private mutating func checkDirectories() throws -> [PackDirectory] {
    var directories: [PackDirectory] = []
    for pack in try repository.packNames() {
      let source = StoredPack(store: repository.store, id: pack)
      do {
        directories.append(try PackReader.readDirectory(source, repository: repository.id, pack: pack))
      } catch let error as PackingError {
        if let scanned = try repository.directory(of: pack) {
          directories.append(scanned)
          ledger.add(
            "pack \(pack.short)… directory is damaged (\(error)); read by scan", of: pack, hint: "snap repair")
        } else {
          ledger.add("pack \(pack.short)… cannot be read: \(error)", of: pack)
        }
      } catch let error as ObjectStoreError {
        ledger.add("pack \(pack.short)… cannot be read: \(error)", of: pack)
      }
    }
    return directories
  }

  /// Reads whole packs, and decodes and hashes every chunk in them.
  private mutating func readData(_ packs: [PackDirectory], _ graph: PackGraph) throws {
    let chosen = selection(packs)
    let total = chosen.reduce(0) { $0 + $1.byteCount }
    // All together is faster, since frames of one pack stand on those of others; with little time, what was begun must be done.
    for batch in options.maxDurationSeconds == nil ? [chosen] : chosen.map({ [$0] }) {
      if isTimeUp {
        report.wasCutShort = true
        return
      }
      try decodeData(of: readWhole(batch, total: total), graph)
    }
  }

  /// - Returns: the packs that could be read, be they damaged.
  private mutating func readWhole(_ packs: [PackDirectory], total: UInt64) throws -> Set<PackID> {
    var read: Set<PackID> = []
    for pack in packs {
      do {
        let stored = try repository.store.read(.pack(pack.pack), isStrict: true)
        try PackReader.checkWhole(stored)
      } catch let error as PackingError {
        ledger.add("pack \(pack.pack.short)…: \(error)", of: pack.pack)
      } catch let error as ObjectStoreError {
        ledger.add("pack \(pack.pack.short)… cannot be read: \(error)", of: pack.pack)
        continue
      }
      read.insert(pack.pack)
      report.bytesRead += pack.byteCount
      progress?(report.bytesRead, total)
    }
    return read
  }

  private mutating func decodeData(of packs: Set<PackID>, _ graph: PackGraph) throws {
    let failures = try lasting(FrameSweep(repository: repository, graph: graph).run(over: packs), graph)
    for failure in failures {
      // A damaged copy of a chunk that also stands whole elsewhere harms nobody; the pack was told about.
      guard (try? repository.reader().bytes(of: failure.chunk)) == nil else { continue }
      note(failure.error, of: failure.chunk, in: graph.packs[graph.nodes[failure.node].pack].pack)
    }
    for (pack, failures) in Dictionary(grouping: failures, by: { graph.nodes[$0.node].pack }) {
      let unsound = Set(failures.map { graph.nodes[$0.node].frame })
      let directory = graph.packs[pack]
      try quarantine(directory, directory.frames.enumerated().filter { !unsound.contains($0.offset) }.map(\.element))
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

  private mutating func note(_ error: any Error, of id: ChunkID, in pack: PackID) {
    // What is missing is a base; whoever needs the chunk is told where that was.
    if case ChunkFault.missing = error { return }
    damagedChunks[id] = pack
    var reason = "\(error)"
    if case ChunkFault.damaged(_, _, let text) = error { reason = text }
    ledger.add(damaged: id, of: pack, reason: reason)
  }

  /// Leaves only the sound frames in the index, so that the next save
  /// that reads the files of the others stores them anew.
  private func quarantine(_ pack: PackDirectory, _ sound: [PackDirectory.Frame]) throws {
    guard !repository.isReadOnly else { return }
    try repository.index.remove(packs: [pack.pack])
    try repository.index.insert([
      IndexedPack(PackDirectory(pack: pack.pack, byteCount: pack.byteCount, frames: sound))
    ])
  }

  private func selection(_ packs: [PackDirectory]) -> [PackDirectory] {
    switch options.readData {
    case .none: []
    case .all: packs
    case .part(let part, let count): packs.enumerated().filter { $0.offset % count == part - 1 }.map(\.element)
    case .percent(let percent):
      Array(packs.shuffled().prefix(Int((Double(packs.count) * percent / 100).rounded(.up))))
    case .bytes(let limit): prefix(of: packs.shuffled(), bytes: limit)
    }
  }

  private func prefix(of packs: [PackDirectory], bytes: UInt64) -> [PackDirectory] {
    var sum: UInt64 = 0
    return Array(
      packs.prefix { pack in
        defer { sum += pack.byteCount }
        return sum < bytes
      })
  }

  /// Every snapshot's manifest can be read, and every chunk that it names is there.
  private mutating func checkSnapshots(_ graph: PackGraph) throws {
    let all = try repository.snapshots()
    let chosen = all.filter { options.snapshots?.contains($0.snapshot.id) ?? true }
    if options.snapshots == nil { try checkRecords(known: Set(all.map(\.snapshot.id))) }
    ranks = try graph.ranks(damaged: Set(damagedChunks.keys)) { _ in false }
    var sound: Set<ChunkID> = []
    for listed in chosen {
      report.snapshots += 1
      try check(listed.snapshot, graph, &sound)
    }
    report.problems += ledger.problems(checkedAll: chosen.count == all.count)
  }

  private mutating func check(
    _ snapshot: Snapshot, _ graph: PackGraph, _ sound: inout Set<ChunkID>
  ) throws {
    let reader = repository.reader()
    do {
      let manifest = try Manifest(snapshot.manifest, reader: reader)
      for (number, segment) in manifest.root.segments.enumerated() {
        // Seen whole in an earlier version: nothing in it is damaged.
        if sound.contains(segment.chunk.id) { continue }
        var isSound = true
        for entry in try manifest.entries(ofSegment: number) {
          for chunk in try reader.chunks(of: entry.content) where !isAvailable(chunk.id, graph) {
            ledger.add(
              file: entry.path.description, in: snapshot.version, for: chunk.id,
              because: try cause(of: chunk.id, graph))
            isSound = false
          }
        }
        if isSound { sound.insert(segment.chunk.id) }
      }
    } catch let fault as ChunkFault {
      if case .damaged(let id, let pack, _) = fault, damagedChunks[id] == nil { note(fault, of: id, in: pack) }
      ledger.add(manifestOf: snapshot.version, because: try cause(of: fault.chunkID, graph))
    } catch let error as PackingError {
      add("the manifest of \(snapshot.version) is damaged: \(error)", .snapshot(snapshot.id), hint: "snap repair")
    }
  }

  /// The pack that a chunk cannot be had for: its own, or that of what it stands on, however many deltas away.
  private func cause(of id: ChunkID, _ graph: PackGraph) throws -> DamageLedger.Cause {
    var visited: Set<ChunkID> = []
    var open = [id]
    while let next = open.popLast() {
      guard visited.insert(next).inserted else { continue }
      if let pack = damagedChunks[next] { return .pack(pack) }
      let frames = graph.frames(holding: next)
      if frames.isEmpty { return try place(ofLost: next.prefix) }
      for base in frames.flatMap({ graph.frame($0).header.bases }) {
        let candidates = graph.chunks(base)
        if candidates.isEmpty { return try place(ofLost: base) }
        open += candidates.filter { !isAvailable($0, graph) }
      }
    }
    return .unknown
  }

  /// Where a chunk was that no readable pack holds, as far as the index knows.
  private func place(ofLost prefix: ChunkIDPrefix) throws -> DamageLedger.Cause {
    if let pack = missing[prefix] { return .pack(pack) }
    return try repository.index.locate(prefix).first.map { .pack($0.1.pack) } ?? .unknown
  }

  private func isAvailable(_ id: ChunkID, _ graph: PackGraph) -> Bool {
    damagedChunks[id] == nil && graph.frames(holding: id).contains { ranks[$0] != nil }
  }

  /// Every record and every label as it lies in the store: the index may hold a better copy of it.
  ///
  /// - Parameter known: snapshots that can be read, be it from the index or from a pack.
  private mutating func checkRecords(known: Set<SnapshotID>) throws {
    for lost in try repository.lostSnapshots() {
      add(repository.lostText(lost), .snapshot(lost.id), hint: "snap repair")
    }
    for folder in [ObjectFolder.snapshots, .trash, .labels] {
      for name in try repository.store.list(folder) {
        guard let id = name.snapshotID else { continue }
        do {
          let record = try repository.store.read(name, isStrict: true)
          if folder == .labels {
            _ = try LabelsCoder.decode(record)
          } else if !SnapshotCoder.isVoid(record), try SnapshotCoder.decode(record).id != id {
            throw PackingError.damaged(what: "snapshot record")
          }
        } catch ObjectStoreError.missing {
          continue  // Moved or deleted meanwhile.
        } catch let error as PackingError where folder == .labels {
          add("the labels of snapshot \(id.short): \(error)", name)
        } catch let error as PackingError {
          let copy = known.contains(id) ? "a copy of it is whole" : "and no pack holds a copy"
          add("snapshot \(id.short): \(error); \(copy)", name, hint: "snap repair")
        }
      }
    }
  }

  private var isTimeUp: Bool {
    guard let limit = options.maxDurationSeconds else { return false }
    return Double(currentTime().seconds - started.seconds) >= limit
  }

  private mutating func add(_ message: String, _ name: ObjectName, hint: String? = nil) {
    report.problems.append(SnapFault(.damage, message, hint: hint, path: name.path))
  }
}

extension Repository {
  /// What the index knows of packs that are there no more; nothing is read when there are none.
  fileprivate func chunksOfMissingPacks() throws -> [ChunkIDPrefix: PackID] {
    let gone = Set(try index.packIDs().keys).subtracting(try packNames())
    guard !gone.isEmpty else { return [:] }
    var chunks: [ChunkIDPrefix: PackID] = [:]
    try index.forEachChunk { id, location in
      if gone.contains(location.pack) { chunks[id.prefix] = location.pack }
    }
    return chunks
  }
}

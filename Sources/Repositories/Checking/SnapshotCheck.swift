import Indexing
import Packing
import SnapshotModel

/// Every snapshot's manifest can be read, and every chunk that it names is there.
struct SnapshotCheck {
  let repository: Repository
  let graph: PackGraph
  /// Chunks that stood in packs that are gone.
  let missing: [ChunkIDPrefix: PackID]
  private var data: DataCheck
  private var ledger: DamageLedger
  /// By node of the graph: `nil` for a frame that cannot be decoded, because of what it stands on.
  private var ranks: [Int32?] = []
  private(set) var loss = Loss()
  private var snapshotCount = 0
  private var scope = DamageLedger.Scope.all

  init(
    repository: Repository, graph: PackGraph, missing: [ChunkIDPrefix: PackID], data: DataCheck, ledger: DamageLedger
  ) {
    self.repository = repository
    self.graph = graph
    self.missing = missing
    self.data = data
    self.ledger = ledger
  }

  /// - Parameter options: which to check.
  mutating func run(_ options: VerifyOptions) throws {
    ranks = try graph.ranks(damaged: Set(data.damagedChunks.keys)) { _ in false }
    try repository.adoptRecords()
    let all = try repository.snapshots()
    let chosen = all.filter { options.snapshots?.contains($0.snapshot.id) ?? true }
    snapshotCount = chosen.count
    var sound: Set<ChunkID> = []
    for listed in chosen { try check(listed.snapshot, Loss.Version(name: listed.snapshot.version), &sound) }
    let forgotten = try repository.trashed().map(\.snapshot)
    if options.includesForgotten {
      for snapshot in forgotten {
        try check(snapshot, Loss.Version(name: snapshot.version, isForgotten: true), &sound)
      }
    }
    scope = chosen.count < all.count ? .some : options.includesForgotten || forgotten.isEmpty ? .all : .listed
  }

  /// - Parameter gone: packs that were there when the check began: nothing is to be said of them.
  func report(gone: Set<PackID>, into report: inout VerifyReport) {
    report.snapshots = snapshotCount
    report.packs = graph.packs.count
    report.chunks = graph.chunkCount
    report.loss = loss
    report.damagedPacks.subtract(gone)
    report.problems += ledger.problems(checked: scope, without: gone)
  }

  private mutating func check(_ snapshot: Snapshot, _ version: Loss.Version, _ sound: inout Set<ChunkID>) throws {
    if let changes = snapshot.uncommitted?.content, !isAvailable(changes.id) {
      loss.patches[version, default: []].insert(changes.id)
      ledger.add(
        file: "the uncommitted changes", in: version, for: changes.id, because: try cause(of: changes.id))
    }
    do {
      let manifest = try Manifest(snapshot.manifest, reader: repository.reader())
      for (number, segment) in manifest.root.segments.enumerated() {
        // Seen whole in an earlier version: nothing in it is damaged.
        if sound.contains(segment.chunk.id) { continue }
        var isSound = true
        do {
          for entry in try manifest.entries(ofSegment: number) where try !check(entry, version) { isSound = false }
        } catch let fault as ChunkFault {
          try addManifest(of: version, fault)
          isSound = false
        }
        if isSound { sound.insert(segment.chunk.id) }
      }
    } catch let fault as ChunkFault {
      try addManifest(of: version, fault)
    } catch let error as PackingError {
      ledger.add(SnapFault(.damage, "the manifest of \(version) is damaged: \(error)", hint: "snap repair"))
    }
  }

  /// - Returns: whether all of the file is there.
  private mutating func check(_ entry: ManifestEntry, _ version: Loss.Version) throws -> Bool {
    var lost: Set<ChunkID> = []
    var wrongLength: ChunkID?
    do {
      let byteCount = try repository.reader().forEachChunk(of: entry.content) { chunk in
        if !isAvailable(chunk.id) {
          lost.insert(chunk.id)
        } else if graph.length(of: chunk.id) != chunk.length {
          wrongLength = chunk.id
        }
      }
      if let wrongLength {
        addContradiction(entry, version, "chunk \(wrongLength.short)… is not of the length that it says")
        return false
      }
      if entry.kind == .file, byteCount != entry.dataSize {
        addContradiction(entry, version, "its chunks are not as long as it")
        return false
      }
    } catch let fault as ChunkFault {
      note(fault)
      lost = [fault.chunkID]
    }
    for chunk in lost.sorted() { try add(entry, version, for: chunk) }
    return lost.isEmpty
  }

  private mutating func addContradiction(_ entry: ManifestEntry, _ version: Loss.Version, _ reason: String) {
    loss.files[Loss.File(version: version, path: entry.path), default: []] = []
    ledger.add(
      SnapFault(
        .damage, "'\(entry.path)' in \(version) contradicts itself: \(reason)",
        hint: "snap restore --skip-unsafe restores the rest; snap forget \(version.name) gives it up"))
  }

  private mutating func add(_ entry: ManifestEntry, _ version: Loss.Version, for chunk: ChunkID) throws {
    loss.files[Loss.File(version: version, path: entry.path), default: []].insert(chunk)
    ledger.add(file: entry.path.description, in: version, for: chunk, because: try cause(of: chunk))
  }

  private mutating func addManifest(of version: Loss.Version, _ fault: ChunkFault) throws {
    note(fault)
    loss.manifests[version, default: []].insert(fault.chunkID)
    ledger.add(manifestOf: version, because: try cause(of: fault.chunkID))
  }

  private mutating func note(_ fault: ChunkFault) {
    if case .damaged(let id, let pack, _) = fault { data.note(fault, of: id, in: pack, telling: &ledger) }
  }

  /// The pack that a chunk cannot be had for: its own, or that of what it stands on, however many deltas away.
  private func cause(of id: ChunkID) throws -> DamageLedger.Cause {
    var visited: Set<ChunkID> = []
    var open = [id]
    while let next = open.popLast() {
      guard visited.insert(next).inserted else { continue }
      if let pack = data.damagedChunks[next] { return .pack(pack) }
      let frames = graph.frames(holding: next)
      if frames.isEmpty { return try place(ofLost: next.prefix) }
      for base in frames.flatMap({ graph.frame($0).header.bases }) {
        let candidates = graph.chunks(base)
        if candidates.isEmpty { return try place(ofLost: base) }
        open += candidates.filter { !isAvailable($0) }
      }
    }
    return .unknown
  }

  /// Where a chunk was that no readable pack holds, as far as the index knows.
  private func place(ofLost prefix: ChunkIDPrefix) throws -> DamageLedger.Cause {
    if let pack = missing[prefix] { return .pack(pack) }
    return try repository.index.locate(prefix).first.map { .pack($0.1.pack) } ?? .unknown
  }

  private func isAvailable(_ id: ChunkID) -> Bool {
    data.damagedChunks[id] == nil && graph.frames(holding: id).contains { ranks[$0] != nil }
  }
}

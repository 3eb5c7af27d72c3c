import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// How thorough a check shall be.
package struct VerifyOptions: Sendable {
  package enum ReadData: Sendable {
    /// Structure only.
    case none
    case all
    /// The `part`-th (from 1) of `count` equal parts of the packs.
    case part(Int, of: Int)
    case percent(Double)
    /// About so many bytes of packs.
    case bytes(UInt64)
  }

  package var readData = ReadData.none
  package var maxDurationSeconds: Double?
  /// Those to check; `nil` for all.
  package var snapshots: [SnapshotID]?

  package init() {}
}

/// What a check found.
package struct VerifyReport: Sendable {
  package var packs = 0
  package var chunks = 0
  package var snapshots = 0
  /// Bytes of packs that were read and whose every chunk was hashed.
  package var bytesRead: UInt64 = 0
  /// One a damaged object, with the files and versions that it takes along.
  package var problems: [SnapFault] = []
  /// Whether the time was up before all was checked.
  package var wasCutShort = false

  package init() {}
}

/// Checks that everything that the snapshots need is there and is what it should be.
package enum Verifier {
  /// - Parameter progress: bytes read so far and bytes to read.
  package static func verify(
    _ repository: Repository, options: VerifyOptions,
    progress: (@Sendable (_ done: UInt64, _ total: UInt64) -> Void)? = nil
  ) throws -> VerifyReport {
    try asFault {
      try repository.adoptPacks()
      var check = VerifyRun(repository: repository, options: options, progress: progress)
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
  private var damagedChunks: [ChunkID: String] = [:]
  /// By node of the graph: `nil` for a frame that cannot be decoded, because of what it stands on.
  private var ranks: [Int32?] = []
  private let started = currentTime()

  init(
    repository: Repository, options: VerifyOptions, progress: (@Sendable (UInt64, UInt64) -> Void)?
  ) {
    self.repository = repository
    self.options = options
    self.progress = progress
  }

  mutating func run() throws {
    let packs = try checkDirectories()
    let graph = PackGraph(packs)
    ranks = graph.ranks(packs: graph.packs.indices)
    report.packs = packs.count
    report.chunks = graph.chunkCount
    try readData(packs)
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
          add("pack \(pack.short)… directory is damaged (\(error)); read by scan", .pack(pack), hint: "snap repair")
        } else {
          add("pack \(pack.short)… cannot be read: \(error)", .pack(pack), hint: "snap repair")
        }
      } catch let error as ObjectStoreError {
        add("pack \(pack.short)… cannot be read: \(error)", .pack(pack))
      }
    }
    return directories
  }

  /// Reads whole packs, and decodes and hashes every chunk in them.
  private mutating func readData(_ packs: [PackDirectory]) throws {
    let chosen = selection(packs)
    let total = chosen.reduce(0) { $0 + $1.byteCount }
    for pack in chosen {
      if isTimeUp {
        report.wasCutShort = true
        return
      }
      let stored: [UInt8]
      do {
        stored = try repository.store.read(.pack(pack.pack))
        try PackReader.checkWhole(stored)
      } catch let error as PackingError {
        add("pack \(pack.pack.short)…: \(error)", .pack(pack.pack), hint: "snap repair")
      } catch let error as ObjectStoreError {
        add("pack \(pack.pack.short)… cannot be read: \(error)", .pack(pack.pack))
        continue
      }
      let sound = pack.frames.filter { isWhole($0, in: pack.pack) }
      if sound.count < pack.frames.count { try quarantine(pack, sound) }
      report.bytesRead += pack.byteCount
      progress?(report.bytesRead, total)
    }
  }

  /// Decodes a frame and hashes its chunks.
  private mutating func isWhole(_ frame: PackDirectory.Frame, in pack: PackID) -> Bool {
    var isWhole = true
    for id in frame.chunkIDs {
      do {
        _ = try repository.reader().bytes(of: id, in: pack)
      } catch {
        isWhole = false
        // A damaged copy of a chunk that also stands whole elsewhere harms nobody; the pack was told about.
        if (try? repository.reader().bytes(of: id)) == nil { damagedChunks[id] = "\(error)" }
      }
    }
    return isWhole
  }

  /// Leaves only the sound frames in the index, so that the next save that reads the files of the others stores them anew.
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
    var affected: [ChunkID: [String]] = [:]
    var sound: Set<ChunkID> = []
    for listed in chosen {
      report.snapshots += 1
      try check(listed.snapshot, graph, &affected, &sound)
    }
    for (id, files) in affected.sorted(by: { $0.key < $1.key }) {
      let isThere = graph.firstFrame(holding: id) != nil
      let what =
        damagedChunks[id] ?? "chunk \(id.short)… \(isThere ? "stands on chunks that are in no pack" : "is in no pack")"
      let named = files.prefix(3).joined(separator: ", ") + (files.count > 3 ? " and \(files.count - 3) more" : "")
      report.problems.append(SnapFault(.damage, "\(what); affects \(named)", hint: "snap repair"))
    }
    for (id, what) in damagedChunks.sorted(by: { $0.key < $1.key }) where affected[id] == nil {
      report.problems.append(SnapFault(.damage, "\(what); no version that was checked needs it", hint: "snap gc"))
    }
  }

  private mutating func check(
    _ snapshot: Snapshot, _ graph: PackGraph, _ affected: inout [ChunkID: [String]], _ sound: inout Set<ChunkID>
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
            affected[chunk.id, default: []].append("'\(entry.path)' in \(snapshot.version)")
            isSound = false
          }
        }
        if isSound { sound.insert(segment.chunk.id) }
      }
    } catch let fault as ChunkFault {
      add("the manifest of \(snapshot.version) cannot be read: \(fault)", .snapshot(snapshot.id), hint: "snap repair")
    } catch let error as PackingError {
      add("the manifest of \(snapshot.version) is damaged: \(error)", .snapshot(snapshot.id), hint: "snap repair")
    }
  }

  private func isAvailable(_ id: ChunkID, _ graph: PackGraph) -> Bool {
    damagedChunks[id] == nil && graph.frames(holding: id).contains { ranks[$0] != nil }
  }

  /// Every record and every label as it lies in the store: the index may hold a better copy of it.
  ///
  /// - Parameter known: snapshots that can be read, be it from the index or from a pack.
  private mutating func checkRecords(known: Set<SnapshotID>) throws {
    for folder in [ObjectFolder.snapshots, .trash, .labels] {
      for name in try repository.store.list(folder) {
        guard let id = name.snapshotID else { continue }
        do {
          let record = try repository.store.read(name)
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

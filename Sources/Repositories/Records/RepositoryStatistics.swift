import Glibc
import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// What a repository holds and what it takes.
package struct RepositoryStatistics: Sendable {
  package var snapshots = 0
  package var packs = 0
  package var chunks = 0
  /// All versions, as if each were kept on its own.
  package var bytesLogical: UInt64 = 0
  /// Plaintext of the distinct chunks.
  package var bytesUnique: UInt64 = 0
  package var bytesPacks: UInt64 = 0
  package var bytesIndex: UInt64 = 0
  /// Records, labels and everything else.
  package var bytesRecords: UInt64 = 0
  package var bytesTotal: UInt64 { bytesPacks + bytesIndex + bytesRecords }
}

extension Repository {
  package func statistics() throws -> RepositoryStatistics {
    try asFault {
      try adoptPacks()
      var statistics = RepositoryStatistics()
      let packs = try index.packIDs()
      let listed = try snapshots()
      statistics.snapshots = listed.count
      statistics.packs = packs.count
      statistics.bytesLogical = listed.reduce(0) { $0 + $1.snapshot.statistics.bytesLogical }
      statistics.bytesPacks = packs.values.reduce(0, +)
      try index.forEachChunk { _, location in
        statistics.chunks += 1
        statistics.bytesUnique += UInt64(location.length)
      }
      for suffix in ["", "-wal", "-shm"] { statistics.bytesIndex += fileSize(Self.indexPath(in: folder) + suffix) }
      var records: UInt64 = 0
      for folder in ObjectFolder.allCases where folder != .packs {
        for name in try store.list(folder) { records += try store.byteCount(name) }
      }
      for name in [ObjectName.config, .formatReadme] where try store.exists(name) {
        records += try store.byteCount(name)
      }
      statistics.bytesRecords = records
      return statistics
    }
  }

  /// Bytes that only each snapshot needs: its record and the frames that no other uses.
  ///
  /// What forgetting it alone frees differs by a little, since whole packs are rewritten; `Forgetter.plan` tells exactly.
  ///
  /// Kept in the index until packs or snapshots change. Cost then: every distinct manifest segment once.
  package func exclusiveBytes() throws -> [SnapshotID: UInt64] {
    try asFault {
      if let cached = try index.cachedValue(Self.exclusiveBytesKey).flatMap(Self.decodeUsage) { return cached }
      try adoptPacks()
      let graph = try PackGraph(self, packs: try usablePacks())
      var usage = FrameUsage(graph: graph, reader: reader())
      let listed = try snapshots().map(\.snapshot)
      for (number, snapshot) in listed.enumerated() { try usage.add(snapshot, number: Int32(number)) }
      var bytes: [SnapshotID: UInt64] = [:]
      for (snapshot, frames) in zip(listed, usage.exclusiveBytes(snapshotCount: listed.count)) {
        bytes[snapshot.id] = try frames + store.byteCount(.snapshot(snapshot.id))
      }
      try? index.setCachedValue(Self.exclusiveBytesKey, Self.encodeUsage(bytes))  // On a read-only disk: not kept.
      return bytes
    }
  }

  private static let exclusiveBytesKey = "exclusive-bytes"

  private static func encodeUsage(_ usage: [SnapshotID: UInt64]) -> [UInt8] {
    var writer = ByteWriter()
    for (id, bytes) in usage.sorted(by: { $0.key < $1.key }) {
      writer.append(id.bytes)
      writer.append(varint: bytes)
    }
    return writer.bytes
  }

  private static func decodeUsage(_ bytes: [UInt8]) -> [SnapshotID: UInt64]? {
    var reader = ByteReader(bytes, what: "cached usage")
    var usage: [SnapshotID: UInt64] = [:]
    while !reader.isAtEnd {
      guard let name = try? reader.bytes(SnapshotID.byteCount), let id = SnapshotID(bytes: name),
        let count = try? reader.varint()
      else { return nil }
      usage[id] = count
    }
    return usage
  }

  private func fileSize(_ path: String) -> UInt64 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }
}

/// Which frames only one snapshot needs.
private struct FrameUsage {
  private static let nobody: Int32 = -1
  private static let several: Int32 = -2

  private let graph: PackGraph
  private let reader: ChunkReader
  /// By node: the one snapshot that needs it, or `nobody` or `several`.
  private var user: [Int32]
  /// The frames that each manifest segment needs: found once, however many versions share it.
  private var framesBySegment: [ChunkID: [Int]] = [:]

  init(graph: PackGraph, reader: ChunkReader) {
    self.graph = graph
    self.reader = reader
    user = Array(repeating: Self.nobody, count: graph.nodes.count)
  }

  mutating func add(_ snapshot: Snapshot, number: Int32) throws {
    if let frame = graph.firstFrame(holding: snapshot.manifest.id) { use(frame, by: number) }
    let manifest = try Manifest(snapshot.manifest, reader: reader)
    for (at, segment) in manifest.root.segments.enumerated() {
      let frames = try framesBySegment[segment.chunk.id] ?? frames(of: manifest, segment: at)
      framesBySegment[segment.chunk.id] = frames
      for frame in frames { use(frame, by: number) }
    }
  }

  /// By snapshot: the bytes of the frames that it alone needs.
  func exclusiveBytes(snapshotCount: Int) -> [UInt64] {
    var bytes = Array(repeating: UInt64(0), count: snapshotCount)
    for (frame, user) in user.enumerated() where user >= 0 {
      bytes[Int(user)] += UInt64(graph.frame(frame).header.frameLength)
    }
    return bytes
  }

  private func frames(of manifest: Manifest, segment: Int) throws -> [Int] {
    var frames: Set<Int> = []
    func insert(_ id: ChunkID) {
      if let frame = graph.firstFrame(holding: id) { frames.insert(frame) }
    }
    insert(manifest.root.segments[segment].chunk.id)
    let contents = try manifest.contents(ofSegment: segment)
    for chunk in contents.chunks { insert(chunk) }
    for list in contents.lists {
      insert(list.id)
      for chunk in try ChunkList.decode(reader.bytes(of: list)) { insert(chunk.id) }
    }
    return Array(frames)
  }

  private mutating func use(_ frame: Int, by number: Int32) {
    guard user[frame] != number, user[frame] != Self.several else { return }
    user[frame] = user[frame] == Self.nobody ? number : Self.several
    for base in graph.frame(frame).header.bases {
      for chunk in graph.chunks(base) {
        if let next = graph.firstFrame(holding: chunk) { use(next, by: number) }
      }
    }
  }
}

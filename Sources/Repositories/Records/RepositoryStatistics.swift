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
  /// Plaintext and stored bytes of the frames that stand alone, and of those that are differences to others.
  package var solid = (raw: UInt64(0), stored: UInt64(0))
  package var delta = (raw: UInt64(0), stored: UInt64(0))
  package var bytesPacks: UInt64 = 0
  package var bytesIndex: UInt64 = 0
  /// Records, labels and everything else.
  package var bytesRecords: UInt64 = 0
  package var bytesTotal: UInt64 { bytesPacks + bytesIndex + bytesRecords }
}

/// What some snapshots take up.
package struct SnapshotCost: Sendable {
  /// As if each were kept on its own.
  package var bytesLogical: UInt64 = 0
  /// Stored bytes that nobody else needs.
  package var bytesExclusive: UInt64 = 0
  /// Stored bytes that others need as well.
  package var bytesShared: UInt64 = 0
  /// What forgetting them and collecting frees, to the byte.
  package var bytesFreed: UInt64 = 0
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
      statistics.bytesLogical = listed.reduce(0) { saturatingSum($0, $1.snapshot.statistics.bytesLogical) }
      statistics.bytesPacks = packs.values.reduce(0, +)
      try index.forEachChunk { _, location in
        statistics.chunks += 1
        statistics.bytesUnique += UInt64(location.length)
      }
      let graph = try PackGraph(self, packs: packs.keys)
      for frame in graph.packs.lazy.flatMap(\.frames) where frame.header.kind == .chunks {
        let (raw, stored) = (UInt64(frame.header.rawLength), UInt64(frame.header.frameLength))
        if frame.header.bases.isEmpty {
          statistics.solid = (statistics.solid.raw + raw, statistics.solid.stored + stored)
        } else {
          statistics.delta = (statistics.delta.raw + raw, statistics.delta.stored + stored)
        }
      }
      for suffix in ["", "-wal", "-shm"] { statistics.bytesIndex += fileSize(index.path + suffix) }
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

  /// Bytes that only each snapshot needs: its record and the frames that no other uses. Those whose list of files cannot be
  /// read are left out, with a warning.
  ///
  /// What forgetting it alone frees differs by a little, since whole packs are rewritten;
  /// `Forgetter.plan` tells exactly.
  ///
  /// Kept in the index until packs or snapshots change. Cost then: every distinct manifest segment once.
  package func exclusiveBytes() throws -> [SnapshotID: UInt64] {
    try asFault {
      if let cached = try index.cachedValue(Self.exclusiveBytesKey).flatMap(Self.decodeUsage) { return cached }
      try adoptPacks()
      let graph = try PackGraph(self, packs: try usablePacks())
      var usage = FrameUsage(graph: graph, reader: reader())
      let listed = try snapshots().map(\.snapshot)
      var counted: Set<SnapshotID> = []
      for (number, snapshot) in listed.enumerated() where try count(snapshot, as: Int32(number), in: &usage) {
        counted.insert(snapshot.id)
      }
      var bytes: [SnapshotID: UInt64] = [:]
      for (snapshot, frames) in zip(listed, usage.exclusiveBytes(snapshotCount: listed.count))
      where counted.contains(snapshot.id) {
        bytes[snapshot.id] = try frames + store.byteCount(.snapshot(snapshot.id))
      }
      guard counted.count == listed.count else { return bytes }  // It may be mended.
      try? index.setCachedValue(Self.exclusiveBytesKey, Self.encodeUsage(bytes))  // On a read-only disk: not kept.
      return bytes
    }
  }

  /// What some snapshots take up together: of a set, not the sum over its members.
  ///
  /// - Throws: `SnapFault`; damage where a manifest cannot be read.
  package func cost(of ids: Set<SnapshotID>) throws -> SnapshotCost {
    try asFault {
      try adoptPacks()
      let graph = try PackGraph(self, packs: try usablePacks())
      var usage = FrameUsage(graph: graph, reader: reader())
      var cost = SnapshotCost()
      for listed in try snapshots() {
        let isMember = ids.contains(listed.snapshot.id)
        _ = try count(listed.snapshot, as: isMember ? 0 : 1, in: &usage)
        guard isMember else { continue }
        cost.bytesLogical = saturatingSum(cost.bytesLogical, listed.snapshot.statistics.bytesLogical)
        cost.bytesExclusive += try store.byteCount(.snapshot(listed.snapshot.id))
      }
      cost.bytesExclusive += usage.exclusiveBytes(snapshotCount: 2)[0]
      cost.bytesShared = usage.bytesShared
      cost.bytesFreed = try Forgetter.bytesFreed(byForgetting: ids, in: self)
      return cost
    }
  }

  /// One version whose list of files cannot be read does not keep what others use from being told.
  ///
  /// - Returns: whether it could be.
  private func count(_ snapshot: Snapshot, as number: Int32, in usage: inout FrameUsage) throws -> Bool {
    do {
      try usage.add(snapshot, number: number)
      return true
    } catch let error where meansDamage(error) {
      let unreadable = GarbageRoots.UnreadableManifest(version: snapshot.version, reason: "\(error)")
      events.warn("\(unreadable.text): not all that it uses is counted")
      return false
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

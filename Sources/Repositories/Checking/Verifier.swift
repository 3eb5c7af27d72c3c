import Indexing
import ObjectStores
import Packing
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
      var ledger = DamageLedger()
      ledger.missingPacks = Set(missing.values)
      let isReadable = try repository.adoptPacksIfReadable()
      var shelf = PackShelf()
      _ = try shelf.refresh(repository, telling: &ledger)
      let packs = shelf.directories
      let leftOut = try repository.mendIndex(against: packs, listed: shelf.listed, isReadable: isReadable).leftOut
      let graph = PackGraph(packs)
      var data = DataCheck(repository: repository, options: options, progress: progress)
      try data.run(over: packs, doubtful: graph.packs(ofSound: leftOut), graph, telling: &ledger)

      var report = VerifyReport()
      report.bytesRead = data.bytesRead
      report.wasCutShort = data.wasCutShort
      report.damagedPacks = data.damagedPacks.union(ledger.packsWithFindings)
      if options.snapshots == nil { try RecordCheck(repository).run(into: &report) }
      // While others collect, a check may look for a pack just when it goes: then it looks again.
      for attempt in 1...attemptsMax {
        var check = SnapshotCheck(
          repository: repository, graph: PackGraph(shelf.directories), missing: missing, data: data, ledger: ledger)
        try check.run(options)
        let hasChanged = try shelf.refresh(repository, telling: &ledger)
        if check.loss.isEmpty || !hasChanged || attempt == attemptsMax {
          report.unreadablePacks = shelf.unreadable.subtracting(shelf.gone)
          check.report(gone: shelf.gone, into: &report)
          break
        }
      }
      return report
    }
  }

  private static let attemptsMax = 10
}

extension PackGraph {
  /// The packs of those frames that could be decoded, as far as what they stand on is there: why the index leaves them
  /// out, a look at their bytes must tell.
  fileprivate func packs(ofSound frames: Set<FrameKey>) -> Set<PackID> {
    if frames.isEmpty { return [] }
    let ranks = ranks(packs: packs.indices)
    return Set(
      nodes.indices.lazy.filter { ranks[$0] != nil }
        .map { FrameKey(pack: self.packs[self.nodes[$0].pack].pack, offset: self.frame($0).offset) }
        .filter(frames.contains).map(\.pack))
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

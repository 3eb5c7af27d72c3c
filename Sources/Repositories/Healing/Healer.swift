import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// What healing came to.
package struct HealingReport: Sendable {
  /// What could not be had before, and what still cannot. After a dry run that is what nobody has brought.
  package var before = Loss()
  package var after = Loss()
  package var chunksFound = 0
  package var bytesFound: UInt64 = 0
  /// Bytes of packs that were read.
  package var bytesRead: UInt64 = 0
  package var packsDamaged = 0
  package var packs = PackReplacement.Outcome()

  /// Files that can be had again, of versions whose manifest was whole before.
  package var filesBack: [Loss.File] {
    before.files.keys.filter { after.files[$0] == nil && after.manifests[$0.version] == nil }.sorted()
  }
  /// Versions whose uncommitted changes can be read again.
  package var patchesBack: [Loss.Version] { before.patches.keys.filter { after.patches[$0] == nil }.sorted() }
  /// Versions whose list of files can be read again.
  package var manifestsBack: [Loss.Version] { before.manifests.keys.filter { after.manifests[$0] == nil }.sorted() }
}

/// Brings back what is lost or damaged from where it still is, and replaces packs that are not what was written.
package enum Healer {
  /// Manifests first name what else is missing: the root its segments, these their lists, these the chunks.
  private static let roundsMax = 8

  /// - Parameter progress: bytes read so far and bytes to read, of this repository's packs.
  package static func heal(
    _ repository: Repository, from donors: [any ChunkDonor], isDryRun: Bool,
    progress: (@Sendable (UInt64, UInt64) -> Void)? = nil
  ) throws -> HealingReport {
    var options = VerifyOptions(readData: .all)
    options.includesForgotten = true
    let found = try Verifier.verify(repository, options: options, progress: progress)
    var report = HealingReport()
    report.before = found.loss
    report.after = found.loss
    report.bytesRead = found.bytesRead
    var damaged = found.damagedPacks
    if !isDryRun { try salvage(repository) }
    for _ in 0..<roundsMax where !report.after.isEmpty && !donors.isEmpty {
      let wanted = Set(report.after.chunks)
      let site = try collect(wanted, for: repository, from: donors, isDryRun: isDryRun)
      report.chunksFound += site.found.count
      report.bytesFound += site.bytesFound
      if isDryRun {
        report.after.remove(site.found)
        break
      }
      if site.found.isEmpty { break }
      try asFault { _ = try repository.adoptPacks() }
      // An index that took packs in again knows nothing of the damage in them.
      options.readData = .packs(damaged)
      let next = try Verifier.verify(repository, options: options)
      damaged.formUnion(next.damagedPacks)
      report.after = next.loss
      // The same is wanted again although it was stored: no more rounds would help.
      if next.loss.chunks == wanted { break }
    }
    report.packsDamaged = damaged.count
    if !isDryRun {
      report.packs = try PackReplacement(repository).replace(damaged, unreadable: found.unreadablePacks)
    }
    return report
  }

  /// Stores anew what is whole in frames that are damaged in part, so that nothing needs them any more.
  private static func salvage(_ repository: Repository) throws {
    let places = try asFault { try repository.placesLeftOut() }
    let wanted = Set(try places.keys.filter { try repository.index.locate($0).isEmpty })
    guard !wanted.isEmpty else { return }
    _ = try collect(wanted, for: repository, from: [RepositoryDonor(repository)], isDryRun: false)
    try asFault { _ = try repository.adoptPacks() }
  }

  private static func collect(
    _ wanted: Set<ChunkID>, for repository: Repository, from donors: [any ChunkDonor], isDryRun: Bool
  ) throws -> HealingSite {
    try repository.withSaveInProgress(isDryRun: isDryRun) { pool in
      let site = HealingSite(repository, wanted: wanted, pool: pool, isDryRun: isDryRun)
      for donor in donors where !site.wanted.isEmpty { try donor.give(to: site) }
      return site
    }
  }
}

import Repositories
import SnapshotModel

/// Saves files as a new snapshot.
package enum Archiver {
  /// Reads what is new or changed, stores what is not known yet, and commits.
  ///
  /// One unreadable item never stops a save: it is reported, counted and left out.
  ///
  /// - Throws: `SnapFault`; then nothing was added to history, and what was stored will be reused.
  package static func save(
    _ request: SaveRequest, to repository: Repository, events: any SaveEvents
  ) throws -> SaveOutcome {
    if !request.isDryRun, !request.numbersVersion { try repository.requireFree(version: request.version) }
    let memory = StreamMemory()
    return try repository.withSaveInProgress(isDryRun: request.isDryRun) { pool in
      try ArchiveRun(request, repository, events, pool, memory).run()
    }
  }
}

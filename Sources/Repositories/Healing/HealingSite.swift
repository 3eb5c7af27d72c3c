import ObjectStores
import Packing
import SnapshotModel

/// Something that may still hold what a repository has lost: another repository, or a folder of files.
package protocol ChunkDonor {
  /// Brings what it has of `site.wanted`, in one pass over all of it.
  func give(to site: HealingSite) throws
}

/// Where donors bring content: what is wanted is stored, by its hash, and everything else is dropped.
///
/// A donor cannot bring a wrong chunk: each is cut and named here, by this repository's rules and keys.
package final class HealingSite {
  package let repository: Repository
  package let pool: WorkerPool
  package let isDryRun: Bool
  /// What nobody has brought yet.
  package private(set) var wanted: Set<ChunkID>
  package private(set) var found: Set<ChunkID> = []
  package private(set) var bytesFound: UInt64 = 0

  init(_ repository: Repository, wanted: Set<ChunkID>, pool: WorkerPool, isDryRun: Bool) {
    self.repository = repository
    self.wanted = wanted
    self.pool = pool
    self.isDryRun = isDryRun
  }

  /// Runs `body` with a session that takes one tree, or loose chunks, and makes durable what was wanted of it.
  package func withSession(_ body: (SaveSession) throws -> Void) throws {
    let session = try SaveSession(healing: repository, wanted: wanted, pool: pool, isDryRun: isDryRun)
    try body(session)
    try session.flush()
    try session.storePacksAlone()
    let brought = session.storedChunks
    wanted.subtract(brought)
    found.formUnion(brought)
    bytesFound += session.bytesNew
  }
}

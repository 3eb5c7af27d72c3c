import Repositories
import SnapshotModel

/// The files of a folder, cut as a save would cut them, and the manifest that a save of it would make.
package struct FolderDonor: ChunkDonor {
  private let requests: [SaveRequest]
  private let events: any SaveEvents

  /// - Parameter request: how a save would read the folder. What its rules leave out, and databases as the files that
  ///   they are, come after it.
  package init(_ request: SaveRequest, events: any SaveEvents) {
    var asSaved = request
    asSaved.readsAll = true
    asSaved.remembersStatus = false
    var everything = asSaved
    everything.walk = WalkOptions()
    everything.walk.usesDefaultIgnores = false
    everything.walk.usesSnapIgnore = false
    everything.walk.neverEnter = request.walk.neverEnter
    everything.databases = nil
    requests = [asSaved, everything]
    self.events = events
  }

  package func give(to site: HealingSite) throws {
    for request in requests where !site.wanted.isEmpty {
      try site.withSession { session in
        try ArchiveRun(request, site.repository, events, offeringTo: session).offer()
      }
    }
  }
}

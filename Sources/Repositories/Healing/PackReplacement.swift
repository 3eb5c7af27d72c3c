import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Replaces packs that are damaged by ones that hold what is whole in them, as far as nothing is lost by it.
package struct PackReplacement {
  package struct Outcome: Sendable {
    /// Packs whose sound frames moved, or of which nothing is needed.
    package var replaced = 0
    /// Packs that stay as they are: something in them is needed and cannot be read, or nobody knows what.
    package var left = 0
  }

  private let repository: Repository

  init(_ repository: Repository) { self.repository = repository }

  /// - Parameters:
  ///   - damaged: packs, some of which may be gone by now.
  ///   - unreadable: those of them of which nothing can be made out, though the disk reads them.
  func replace(_ damaged: Set<PackID>, unreadable: Set<PackID>) throws -> Outcome {
    try asFault {
      var outcome = Outcome()
      let present = try damaged.intersection(repository.packNames())
      guard !present.isEmpty else { return outcome }
      guard let dispensable = try dispensable(of: present) else {
        outcome.left = present.count
        return outcome
      }
      let movable = dispensable.subtracting(unreadable)
      if !movable.isEmpty {
        let plan = try GarbagePlan.make(for: repository, undoWindowSeconds: .max, replacing: movable)
        if !plan.isEmpty { try GarbageCollector.execute(plan, in: repository) }
      }
      // A collection never deletes what it cannot read; that all that is needed stands elsewhere was seen above.
      try repository.store.delete(dispensable.intersection(unreadable).sorted().map(ObjectName.pack))
      try repository.adoptPacks()
      outcome.left = try present.intersection(repository.packNames()).count
      outcome.replaced = present.count - outcome.left
      return outcome
    }
  }

  /// The packs of which everything that is needed can be read, there or elsewhere; `nil` while something is missing that
  /// may stand in any of those of which nothing can be made out.
  private func dispensable(of packs: Set<PackID>) throws -> Set<PackID>? {
    var graph = try PackGraph(repository, packs: repository.packNames())
    graph.preferSoundCopies(keptPackCount: graph.packs.count, isReadable: repository.canRead)
    let roots = try GarbageRoots(repository, undoWindowSeconds: .max)
    var marker = LivenessMarker(graph: graph, reader: repository.reader())
    do {
      for snapshot in roots.snapshots { try marker.mark(snapshot) }
    } catch is ChunkFault {
      return nil  // What a version needs is unknown.
    }
    guard marker.missing.isEmpty else { return nil }
    var held: Set<PackID> = []
    for (at, node) in graph.nodes.enumerated() where marker.isLive[at] && packs.contains(graph.packs[node.pack].pack) {
      let pack = graph.packs[node.pack].pack
      // The index knows of copies only that can be read.
      if try graph.frame(at).chunkIDs.contains(where: { try repository.index.locate($0).isEmpty }) { held.insert(pack) }
    }
    return packs.subtracting(held)
  }
}

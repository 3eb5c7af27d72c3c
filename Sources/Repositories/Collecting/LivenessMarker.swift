import Packing
import SnapshotModel

/// Finds every frame that some snapshots need: for their manifests, their files, and, transitively,
/// for the bases of these.
struct LivenessMarker {
  private let graph: PackGraph
  private let reader: ChunkReader
  /// Chunks that are needed for whatever reason, be it only as the base of a delta.
  private var visited: Set<ChunkID> = []
  /// Segments and lists whose content was marked: one that was met as a mere base is visited long before.
  private var expanded: Set<ChunkID> = []
  private var stack: [ChunkID] = []

  /// By node of the graph.
  private(set) var isLive: [Bool]
  /// Needed, and in no pack of the graph.
  private(set) var missing: Set<ChunkID> = []

  init(graph: PackGraph, reader: ChunkReader) {
    self.graph = graph
    self.reader = reader
    isLive = Array(repeating: false, count: graph.nodes.count)
  }

  /// Marks what a snapshot needs: its manifest, its files, and its uncommitted changes.
  ///
  /// - Throws: what reading its manifest throws: what cannot be read cannot be protected,
  ///   so a collector must stop there.
  mutating func mark(_ snapshot: Snapshot) throws {
    need(snapshot.manifest.id)
    if let changes = snapshot.uncommitted { need(changes.content.id) }
    let manifest = try Manifest(snapshot.manifest, reader: reader)
    for (number, segment) in manifest.root.segments.enumerated() {
      // The segment was marked before, and so was all that it names.
      guard expanded.insert(segment.chunk.id).inserted else { continue }
      need(segment.chunk.id)
      let contents = try manifest.contents(ofSegment: number)
      for chunk in contents.chunks { need(chunk) }
      for list in contents.lists where expanded.insert(list.id).inserted {
        need(list.id)
        for chunk in try reader.chunks(of: .indirect(lists: [list])) { need(chunk.id) }
      }
    }
  }

  private mutating func need(_ id: ChunkID) {
    guard visited.insert(id).inserted else { return }
    stack.append(id)
    while let next = stack.popLast() {
      guard let node = graph.firstFrame(holding: next) else {
        missing.insert(next)
        continue
      }
      guard !isLive[node] else { continue }
      isLive[node] = true
      for base in graph.frame(node).header.bases {
        let candidates = graph.chunks(base)
        if candidates.isEmpty { missing.insert(base.idRange.lowerBound) }
        for candidate in candidates where visited.insert(candidate).inserted { stack.append(candidate) }
      }
    }
  }
}

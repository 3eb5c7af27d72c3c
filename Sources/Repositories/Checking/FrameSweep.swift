import Indexing
import Packing
import SnapshotModel

/// Decodes frames and hashes their chunks, each right after the one it stands on, so that what it needs was just decoded.
///
/// Trees of frames that stand on each other are decoded side by side. Cost: each frame once, as long as a tree's widest
/// part fits the reader's cache.
struct FrameSweep {
  /// A chunk that did not come out as its id says.
  struct Failure: Sendable {
    var node: Int
    var chunk: ChunkID
    var error: any Error
  }

  let repository: Repository
  let graph: PackGraph
  private let pool: WorkerPool
  private let reader: ChunkReader
  private let nodes: [PackID: Range<Int>]

  init(_ repository: Repository, _ graph: PackGraph, pool: WorkerPool) {
    self.repository = repository
    self.graph = graph
    self.pool = pool
    reader = repository.reader()
    var nodes: [PackID: Range<Int>] = [:]
    var start = 0
    for pack in graph.packs {
      nodes[pack.pack] = start..<start + pack.frames.count
      start += pack.frames.count
    }
    self.nodes = nodes
  }

  /// - Parameter packs: whose frames count.
  /// - Returns: what failed.
  func run(over packs: Set<PackID>) throws -> [Failure] {
    var failures: [Failure] = []
    var inFlight = Queue<PoolResult<[Failure]>>()
    for tree in trees(over: packs) {
      let frames = tree.map { node in
        let pack = graph.packs[graph.nodes[node].pack]
        return (node: node, chunks: graph.frame(node).locations(in: pack))
      }
      let reader = reader
      inFlight.append(
        pool.submit { _ in
          var failures: [Failure] = []
          for frame in frames {
            for (id, location) in frame.chunks {
              do {
                _ = try reader.bytes(of: id, at: location)
              } catch {
                failures.append(Failure(node: frame.node, chunk: id, error: error))
              }
            }
          }
          return failures
        })
      if inFlight.count > 2 * pool.threadCount, let oldest = inFlight.popFirst() { failures += try oldest.get() }
    }
    while let oldest = inFlight.popFirst() { failures += try oldest.get() }
    return failures
  }

  /// Every frame of the packs, once: those that stand on nothing, each followed by all that stands on it.
  func trees(over packs: Set<PackID>) -> [[Int]] {
    let chosen = packs.compactMap { nodes[$0] }.sorted { $0.lowerBound < $1.lowerBound }.flatMap { $0 }
    var standing: [Int: [Int]] = [:]
    var roots: [Int] = []
    for node in chosen {
      let base = graph.frame(node).header.bases.lazy.flatMap(graph.chunks).compactMap(graph.firstFrame).first
      if let base, base != node { standing[base, default: []].append(node) } else { roots.append(node) }
    }
    // A base in a pack that was not chosen is the root of a tree of its own, and not looked at.
    let members = Set(chosen)
    roots += standing.keys.filter { !members.contains($0) }.sorted()
    var seen: Set<Int> = []
    var trees = roots.map { tree(from: $0, standing, members, &seen) }
    // Frames that stand on each other in a circle are in no tree.
    trees += chosen.filter { !seen.contains($0) }.map { [$0] }
    return trees
  }

  private func tree(from root: Int, _ standing: [Int: [Int]], _ members: Set<Int>, _ seen: inout Set<Int>) -> [Int] {
    var tree: [Int] = []
    var open = [root]
    while let node = open.popLast() {
      guard seen.insert(node).inserted else { continue }
      if members.contains(node) { tree.append(node) }
      open += (standing[node] ?? []).reversed()
    }
    return tree
  }
}

extension PackDirectory.Frame {
  /// Where its chunks lie, whatever the index knows of them.
  func locations(in pack: PackDirectory) -> [(ChunkID, ChunkLocation)] {
    let end = pack.frames.last?.range.upperBound ?? range.upperBound
    return chunks.enumerated().map { ordinal, chunk in
      (
        chunk.id,
        ChunkLocation(
          pack: pack.pack, frameOffset: offset, frameLength: header.frameLength, framesEnd: end, ordinal: ordinal,
          length: chunk.length)
      )
    }
  }
}

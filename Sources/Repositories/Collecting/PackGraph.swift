import ObjectStores
import Packing
import SnapshotModel

/// All frames of a set of packs, and which frames stand on which.
///
/// Memory: about 100 bytes a chunk. Cost: the directory of each pack.
struct PackGraph {
  struct Node {
    var pack: Int
    /// Position in the pack's directory.
    var frame: Int
  }

  private(set) var packs: [PackDirectory] = []
  private(set) var nodes: [Node] = []
  /// Packs of which nothing could be read.
  private(set) var unreadable: [PackID] = []
  /// The copies of each chunk, the preferred one first.
  private var copies: [ChunkID: [Int32]] = [:]
  /// Whether some chunk stands in more than one frame.
  private(set) var hasDuplicates = false
  private var idsByPrefix: [ChunkIDPrefix: [ChunkID]] = [:]

  /// - Parameter packs: the ones that count; a chunk that is only in others is missing.
  init(_ repository: Repository, packs: some Collection<PackID>) throws {
    for pack in packs.sorted() {
      guard let directory = try repository.directory(of: pack) else {
        unreadable.append(pack)
        continue
      }
      add(directory)
    }
  }

  init(_ directories: [PackDirectory]) {
    for directory in directories { add(directory) }
  }

  private mutating func add(_ directory: PackDirectory) {
    let pack = packs.count
    packs.append(directory)
    for (at, frame) in directory.frames.enumerated() {
      let node = Int32(nodes.count)
      nodes.append(Node(pack: pack, frame: at))
      for id in frame.chunkIDs {
        copies[id, default: []].append(node)
        if copies[id]?.count == 1 {
          idsByPrefix[id.prefix, default: []].append(id)
        } else {
          hasDuplicates = true
        }
      }
    }
  }

  func frame(_ node: Int) -> PackDirectory.Frame { packs[nodes[node].pack].frames[nodes[node].frame] }

  /// The frames that hold the chunk; empty when none does.
  func frames(holding id: ChunkID) -> [Int32] { copies[id] ?? [] }

  /// Orders each chunk's copies by `key`, ascending.
  mutating func sortCopies(by key: (ChunkID, Int) -> Int32) {
    for (id, nodes) in copies where nodes.count > 1 {
      copies[id] = nodes.map { (key(id, Int($0)), $0) }.sorted { $0 < $1 }.map(\.1)
    }
  }

  /// Every chunk whose id begins so.
  func chunks(_ prefix: ChunkIDPrefix) -> [ChunkID] { idsByPrefix[prefix] ?? [] }

  var chunkCount: Int { copies.count }
}

import ObjectStores
import Packing
import SnapshotModel

/// All frames of a set of packs, and which frames stand on which.
///
/// Memory: about 104 bytes a chunk. Cost: the directory of each pack.
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
  /// Whether one of them is not there: what was needed in it now stands in a pack that nobody has listed.
  private(set) var misses = false
  /// Every copy of every chunk; those whose ids begin alike are linked,
  /// the preferred copy of a chunk before its others.
  private var copies: [Copy] = []
  private var heads: [ChunkIDPrefix: Int32] = [:]
  private(set) var chunkCount = 0
  /// Whether some chunk stands in more than one frame.
  var hasDuplicates: Bool { chunkCount < copies.count }

  private struct Copy {
    let id: ChunkID
    /// Bytes of the chunk.
    var length: Int32
    var node: Int32
    /// The next copy under the same prefix, or `end`.
    var next: Int32

    static let end: Int32 = -1
  }

  /// - Parameter packs: the ones that count; a chunk that is only in others is missing.
  init(_ repository: Repository, packs: some Collection<PackID>) throws {
    for pack in packs.sorted() {
      guard let directory = try repository.directory(of: pack) else {
        unreadable.append(pack)
        if try !repository.store.exists(.pack(pack)) { misses = true }
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
      for (id, length) in zip(frame.chunkIDs, frame.header.chunkLengths) {
        add(Copy(id: id, length: Int32(length), node: node, next: Copy.end))
      }
    }
  }

  private mutating func add(_ copy: Copy) {
    let new = Int32(copies.count)
    copies.append(copy)
    guard var last = heads[copy.id.prefix] else {
      heads[copy.id.prefix] = new
      chunkCount += 1
      return
    }
    var isNew = copies[Int(last)].id != copy.id
    while copies[Int(last)].next != Copy.end {
      last = copies[Int(last)].next
      if copies[Int(last)].id == copy.id { isNew = false }
    }
    copies[Int(last)].next = new
    if isNew { chunkCount += 1 }
  }

  func frame(_ node: Int) -> PackDirectory.Frame { packs[nodes[node].pack].frames[nodes[node].frame] }

  /// Of all packs.
  var byteCount: UInt64 { packs.reduce(0) { $0 + $1.byteCount } }

  /// The frame that holds the chunk, of several the preferred one.
  func firstFrame(holding id: ChunkID) -> Int? { firstCopy(of: id).map { Int($0.node) } }

  /// Bytes of the chunk, as the pack of its preferred copy says.
  func length(of id: ChunkID) -> Int? { firstCopy(of: id).map { Int($0.length) } }

  /// What the frames stand on that the chunks make up most of, so far as it is there: one that holds many files says nothing about each.
  func bases(of chunks: [ChunkReference]) -> [ChunkReference] {
    var byteCounts: [Int: Int] = [:]
    for chunk in chunks { if let node = firstFrame(holding: chunk.id) { byteCounts[node, default: 0] += chunk.length } }
    return byteCounts.filter { 2 * $0.value > frame($0.key).header.rawLength }.keys.sorted()
      .flatMap { frame($0).header.bases.flatMap(self.chunks) }
      .compactMap { id in length(of: id).map { ChunkReference(id: id, length: $0) } }
  }

  private func firstCopy(of id: ChunkID) -> Copy? {
    var next = heads[id.prefix] ?? Copy.end
    while next != Copy.end {
      let copy = copies[Int(next)]
      if copy.id == id { return copy }
      next = copy.next
    }
    return nil
  }

  /// The frames that hold the chunk, the preferred one first; empty when none does.
  func frames(holding id: ChunkID) -> [Int] {
    linked(to: id.prefix).filter { copies[$0].id == id }.map { Int(copies[$0].node) }
  }

  /// Every chunk whose id begins so.
  func chunks(_ prefix: ChunkIDPrefix) -> [ChunkID] {
    let places = linked(to: prefix)
    return places.count == 1 ? [copies[places[0]].id] : Array(Set(places.map { copies[$0].id }))
  }

  /// Orders the copies of each chunk that has several by `key`, ascending,
  /// and puts the first that is usable before the others.
  ///
  /// Asks chunk by chunk in the order of the packs, and no further than the first usable copy:
  /// asking may mean decoding.
  mutating func sortCopies(by key: (Int) -> Int32, isUsable: (ChunkID, Int) -> Bool) {
    for first in copies.indices {
      let id = copies[first].id
      let places = linked(to: id.prefix).filter { copies[$0].id == id }
      guard places.count > 1, places[0] == first else { continue }
      var nodes = places.map { copies[$0].node }.sorted { (key(Int($0)), $0) < (key(Int($1)), $1) }
      if let usable = nodes.firstIndex(where: { isUsable(id, Int($0)) }), usable > 0 {
        nodes.insert(nodes.remove(at: usable), at: 0)
      }
      for (place, node) in zip(places, nodes) { copies[place].node = node }
    }
  }

  /// Where in `copies` the chunks stand that begin so.
  private func linked(to prefix: ChunkIDPrefix) -> [Int] {
    var places: [Int] = []
    var next = heads[prefix] ?? Copy.end
    while next != Copy.end {
      places.append(Int(next))
      next = copies[Int(next)].next
    }
    return places
  }
}

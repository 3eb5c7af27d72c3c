import Packing
import SnapshotModel

/// Which frames can be decoded at all.
///
/// Frames may stand on each other in a circle: a saver that found chunk X condemned stores it anew as a delta against
/// Y, whose only copy is a delta against the condemned X. Once X's old pack is deleted, neither can be read. So
/// reachability is not enough; a frame counts as sound when it stands on nothing,
/// or on chunks of which some copy was found sound before it.
extension PackGraph {
  /// By node: 0 for a frame that stands on nothing, else one more than the highest of its bases;
  /// `nil` for an unsound frame.
  ///
  /// A base's rank is the lowest of its copies', so whoever always takes the lowest copy never goes in a circle.
  ///
  /// - Parameters:
  ///   - damaged: chunks that nothing can stand on.
  ///   - isKnownElsewhere: whether a base is to be had, soundly, outside this graph.
  /// - Complexity: O(frames · longest chain).
  func ranks(
    packs range: Range<Int>? = nil, damaged: Set<ChunkID> = [],
    isKnownElsewhere: (ChunkIDPrefix) throws(any Error) -> Bool
  ) throws -> [Int32?] {
    var ranks: [Int32?] = Array(repeating: nil, count: nodes.count)
    var open = nodes.indices.filter { range?.contains(nodes[$0].pack) ?? true }
    var rank: Int32 = 0
    while !open.isEmpty {
      let found = try open.filter { node in
        try frame(node).header.bases.allSatisfy { base in
          let isSoundHere = chunks(base).contains { id in
            !damaged.contains(id) && frames(holding: id).contains { ranks[$0] != nil }
          }
          return try isSoundHere || isKnownElsewhere(base)
        }
      }
      if found.isEmpty { break }
      for node in found { ranks[node] = rank }
      open.removeAll { ranks[$0] != nil }
      rank += 1
    }
    return ranks
  }

  /// The ranks within some of the packs alone.
  func ranks(packs range: Range<Int>) -> [Int32?] {
    do {
      return try ranks(packs: range) { _ in false }
    } catch {
      preconditionFailure("nothing is looked up elsewhere: \(error)")
    }
  }

  /// Of a chunk that stands in several frames, puts first a copy that is sound within the first `keptPackCount` packs,
  /// then the one of lowest rank.
  ///
  /// - Parameter isReadable: whether the chunk comes out of the pack whole; asked of chunks with several copies only,
  ///   so that a damaged copy is never the one that is kept.
  mutating func preferSoundCopies(keptPackCount: Int, isReadable: (ChunkID, PackID) -> Bool) {
    guard hasDuplicates else { return }
    let kept = ranks(packs: 0..<keptPackCount)
    let all = ranks(packs: packs.indices)
    let packIDs = nodes.map { packs[$0.pack].pack }
    sortCopies {
      kept[$0] ?? (all[$0] ?? .max / 4) + .max / 4
    } isUsable: {
      isReadable($0, packIDs[$1])
    }
  }
}

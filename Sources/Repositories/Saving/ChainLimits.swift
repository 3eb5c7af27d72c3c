import SnapshotModel

/// Where chains end.
struct ChainLimits {
  /// Reading a chunk decodes at most so many frames in a row …
  var length: Int
  /// … at most so many in all …
  var frames: Int
  /// … and at most so many plaintext bytes.
  var decodedBytes: Int

  static let usual = ChainLimits(length: 32, frames: .max, decodedBytes: 64 << 20)
  /// A chain is as long as that of whatever shares its frames, and these are short.
  static let joint = ChainLimits(length: 64, frames: 128, decodedBytes: 16 << 20)

  /// Whether nothing more may stand on it.
  func areReached(by base: BaseText) -> Bool {
    base.depth + 1 >= length || base.closure.count >= frames || base.decodedByteCount >= decodedBytes
  }

  /// What a delta on these chunks stands on: where the chain is at its end, an earlier version of them.
  ///
  /// - Returns: `nil` when it cannot stand on them.
  func base(
    _ chunks: [ChunkReference], reader: ChunkReader, mayLeaveChain: Bool
  ) throws -> (chunks: [ChunkReference], text: BaseText)? {
    do {
      let text = try reader.base(chunks)
      guard areReached(by: text) else { return (chunks, text) }
      guard mayLeaveChain else { return nil }
      let ancestors = try reader.ancestors(of: chunks)
      // For the first version least must be decoded.
      for ancestor in [best(of: ancestors), ancestors.last].compactMap(\.self) {
        let earlier = ancestor.chunks.prefix(byteCount: RegionLimits.baseMax)
        let text = try reader.base(earlier)
        if !areReached(by: text) { return (earlier, text) }
      }
      return nil
    } catch is ChunkFault {
      return nil  // A damaged base is no base; verify tells about it.
    }
  }

  /// Where a chain that is at its end is best left: where what the long way costs is least for each version that can follow.
  private func best(of ancestors: [BaseAncestor]) -> BaseAncestor? {
    let costs = ancestors.compactMap { ancestor -> (ancestor: BaseAncestor, room: Int, cost: Double)? in
      let room = length - 2 - ancestor.depth
      return room > 0 ? (ancestor, room, Double(ancestor.deltaByteCount) / Double(room)) : nil
    }
    let least = costs.map(\.cost).min() ?? 0
    // Of those that cost about the same the one with most room: the sizes of single days are noise.
    return costs.filter { $0.cost <= least * 1.25 }.max { $0.room < $1.room }?.ancestor
  }
}

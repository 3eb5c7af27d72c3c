import SnapshotModel

/// Tells, version by version, which strip of the newest version of a file the chunks of an older one belong to.
///
/// A chunk that some newer version has as well stands where it stood there; between two such a straight line tells, before the
/// first and behind the last the distance from it. Versions that are far apart share no chunk any more, but each shares some
/// with the next: so every version's places help to find the next one's.
struct StripPlacement {
  private var places: [ChunkID: UInt64] = [:]
  private let byteCount: UInt64

  init(lead: [ChunkReference]) {
    var offset: UInt64 = 0
    for chunk in lead {
      if places[chunk.id] == nil { places[chunk.id] = offset }
      offset += UInt64(chunk.length)
    }
    byteCount = offset
  }

  /// The strip of each chunk; versions are asked for from the newest to the oldest.
  mutating func strips(of chunks: [ChunkReference]) -> [Int32] {
    guard byteCount > HistoryOrder.stripBytes else { return Array(repeating: 0, count: chunks.count) }
    var found: [UInt64] = []
    found.reserveCapacity(chunks.count)
    var anchor: Anchor?
    var waiting: [UInt64] = []
    var offset: UInt64 = 0
    for chunk in chunks {
      let length = UInt64(chunk.length)
      if let lead = places[chunk.id], lead >= anchor?.lead ?? 0 {
        let start = Anchor(own: offset, lead: lead)
        found += waiting.map { place(of: $0, between: anchor, and: start, in: 0) } + [lead]
        waiting = []
        anchor = Anchor(own: offset + length, lead: min(lead + length, byteCount))
      } else {
        waiting.append(offset)
      }
      offset += length
    }
    found += waiting.map { place(of: $0, between: anchor, and: nil, in: offset) }
    for (chunk, place) in zip(chunks, found) where places[chunk.id] == nil { places[chunk.id] = place }
    return found.map { Int32($0 / HistoryOrder.stripBytes) }
  }

  /// Where both versions are known to agree: an offset in this one, and in the newest.
  private struct Anchor {
    var own: UInt64
    var lead: UInt64
  }

  private func place(of own: UInt64, between before: Anchor?, and after: Anchor?, in ownByteCount: UInt64) -> UInt64 {
    switch (before, after) {
    case (let before?, let after?):
      let slope = Double(after.lead - before.lead) / Double(max(after.own - before.own, 1))
      return before.lead + UInt64(Double(own - before.own) * slope)
    case (nil, let after?): return after.lead - min(after.lead, after.own - own)
    case (let before?, nil): return min(before.lead + own - before.own, byteCount - 1)
    case (nil, nil): return UInt64(Double(own) / Double(max(ownByteCount, 1)) * Double(byteCount))
    }
  }
}

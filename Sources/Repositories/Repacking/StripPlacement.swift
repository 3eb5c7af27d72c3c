import SnapshotModel

/// Tells, version by version, which strip of the newest version of a file the chunks of an older one belong to.
///
/// A chunk that some newer version has as well stands where it stood there; between two such a straight line tells. Versions that
/// are far apart share no chunk any more, but each shares some with the next: so every version's places help to find the next
/// one's.
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
    var anchor = (own: UInt64(0), lead: UInt64(0))
    var waiting: [UInt64] = []
    var offset: UInt64 = 0
    func place(until next: (own: UInt64, lead: UInt64)) {
      let slope = Double(next.lead - anchor.lead) / Double(max(next.own - anchor.own, 1))
      for own in waiting { found.append(anchor.lead + UInt64(Double(own - anchor.own) * slope)) }
      waiting = []
    }
    for chunk in chunks {
      let length = UInt64(chunk.length)
      if let lead = places[chunk.id], lead >= anchor.lead {
        place(until: (offset, lead))
        found.append(lead)
        anchor = (offset + length, min(lead + length, byteCount))
      } else {
        waiting.append(offset)
      }
      offset += length
    }
    place(until: (offset, max(byteCount, anchor.lead)))
    for (chunk, place) in zip(chunks, found) where places[chunk.id] == nil { places[chunk.id] = place }
    return found.map { Int32($0 / HistoryOrder.stripBytes) }
  }
}

import SnapshotModel

/// Looks chunks up within one read transaction; valid inside `RepositoryIndex.withLookups` only, on its thread.
package struct ChunkLookup: ~Copyable {
  private let chunks: Statement
  private let range: Statement
  private let packs: Statement
  private let layouts: LayoutCache
  private var last: (number: Int64, layout: PackLayout)?

  init(_ db: Connection, layouts: LayoutCache) throws(IndexError) {
    let chunks = try Statement(db, "SELECT pack, position FROM chunk WHERE id = ?")
    let range = try Statement(db, "SELECT pack, position, id FROM chunk WHERE id BETWEEN ? AND ?")
    let packs = try Statement(db, "SELECT id, byteCount, layout FROM pack WHERE number = ?")
    self.chunks = chunks
    self.range = range
    self.packs = packs
    self.layouts = layouts
  }

  /// One copy of the chunk, the oldest indexed; `nil` when it is not known.
  package mutating func locate(_ id: ChunkID) throws(IndexError) -> ChunkLocation? {
    defer { chunks.reset() }
    chunks.bind(id, at: 1)
    guard try chunks.step() else { return nil }
    return try location(number: chunks.integer(0), position: chunks.integer(1))
  }

  /// Whether any copy is known: cheaper than finding out where.
  package mutating func contains(_ id: ChunkID) throws(IndexError) -> Bool {
    defer { chunks.reset() }
    chunks.bind(id, at: 1)
    return try chunks.step()
  }

  /// Every copy, the oldest indexed first.
  package mutating func locateAll(_ id: ChunkID) throws(IndexError) -> [ChunkLocation] {
    defer { chunks.reset() }
    chunks.bind(id, at: 1)
    var found: [ChunkLocation] = []
    while try chunks.step() { found.append(try location(number: chunks.integer(0), position: chunks.integer(1))) }
    return found
  }

  /// Every copy of every chunk whose id begins so, in ascending order of id.
  package mutating func locateAll(_ prefix: ChunkIDPrefix) throws(IndexError) -> [(ChunkID, ChunkLocation)] {
    defer { range.reset() }
    range.bind(prefix.idRange.lowerBound, at: 1)
    range.bind(prefix.idRange.upperBound, at: 2)
    var found: [(ChunkID, ChunkLocation)] = []
    while try range.step() {
      found.append((try range.chunkID(2), try location(number: range.integer(0), position: range.integer(1))))
    }
    return found
  }

  mutating func location(number: Int64, position: Int64) throws(IndexError) -> ChunkLocation {
    let layout = try layout(number)
    guard let position = Int(exactly: position), let location = layout.location(at: position) else {
      throw .damaged("a chunk lies beyond the end of pack \(layout.pack.short)")
    }
    return location
  }

  private mutating func layout(_ number: Int64) throws(IndexError) -> PackLayout {
    if let last, last.number == number { return last.layout }
    let layout = if let cached = layouts[number] { cached } else { try load(number) }
    last = (number, layout)
    return layout
  }

  private func load(_ number: Int64) throws(IndexError) -> PackLayout {
    defer { packs.reset() }
    packs.bind(number, at: 1)
    guard try packs.step(), let pack = PackID(bytes: try packs.bytes(0)),
      let byteCount = UInt64(exactly: try packs.integer(1))
    else { throw .damaged("a chunk lies in pack number \(number), which is not there") }
    let layout = try PackLayout(decoding: packs.bytes(2)[...], pack: pack, byteCount: byteCount)
    layouts.insert(layout, number: number)
    return layout
  }
}

import SnapshotModel

extension RepositoryIndex {
  /// Every copy of the chunk, the oldest indexed first; usually one, none when it is not known.
  package func locate(_ id: ChunkID) throws -> [ChunkLocation] {
    try withLookups { try $0.locateAll(id) }
  }

  /// Every copy of every chunk whose id begins so: of one chunk, unless someone worked hard for two.
  package func locate(_ prefix: ChunkIDPrefix) throws -> [(ChunkID, ChunkLocation)] {
    try withLookups { try $0.locateAll(prefix) }
  }

  /// The same for several prefixes, in one read transaction.
  package func locate(_ prefixes: [ChunkIDPrefix]) throws -> [[(ChunkID, ChunkLocation)]] {
    if prefixes.isEmpty { return [] }
    return try withLookups { lookup in
      var found: [[(ChunkID, ChunkLocation)]] = []
      for prefix in prefixes { found.append(try lookup.locateAll(prefix)) }
      return found
    }
  }

  /// One read transaction for many lookups: all see the state of the first.
  ///
  /// Do not stay in it for long: the log cannot be written back beyond the state that the oldest reader sees.
  package func withLookups<R>(_ body: (inout ChunkLookup) throws -> R) throws -> R {
    try reading { db in
      var lookup = try ChunkLookup(db, layouts: layouts)
      return try body(&lookup)
    }
  }

  /// Visits every copy of every chunk, in ascending order of id, in one read transaction.
  package func forEachChunk(_ body: (ChunkID, ChunkLocation) throws -> Void) throws {
    try reading { db in
      var lookup = try ChunkLookup(db, layouts: layouts)
      let rows = try Statement(db, "SELECT id, pack, position FROM chunk ORDER BY id, pack, position")
      while try rows.step() {
        try body(try rows.chunkID(0), try lookup.location(number: rows.integer(1), position: rows.integer(2)))
      }
    }
  }
}

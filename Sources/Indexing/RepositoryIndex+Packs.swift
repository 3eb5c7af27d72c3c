import SnapshotModel

extension RepositoryIndex {
  /// Adds packs and their chunks in one transaction; a pack that is there already is left as it is.
  ///
  /// - Parameter replaced: packs to forget first, in the same transaction: what is in both is found at every moment.
  /// - Complexity: a million chunks a second when their ids reach the table in ascending order, which sorting here does
  ///   for one call: index many packs at once where there are many.
  package func insert(_ packs: [IndexedPack], replacing replaced: [PackID] = []) throws {
    guard !packs.isEmpty || !replaced.isEmpty else { return }
    let layouts = try packs.map(PackLayout.encoded)
    try writing { db in
      try Self.remove(packs: replaced, db)
      var nextNumber = try Self.nextPackNumber(db)
      var rows: [ChunkRow] = []
      rows.reserveCapacity(packs.reduce(0) { $0 + $1.frames.reduce(0) { $0 + $1.chunks.count } })
      let insertPack = try Statement(
        db, "INSERT OR IGNORE INTO pack (number, id, byteCount, layout) VALUES (?, ?, ?, ?)")
      for (pack, layout) in zip(packs, layouts) {
        insertPack.bind(nextNumber, at: 1)
        insertPack.bind(pack.id.bytes, at: 2)
        insertPack.bind(Int64(clamping: pack.byteCount), at: 3)
        insertPack.bind(layout, at: 4)
        try insertPack.run()
        guard db.changedRowCount == 1 else { continue }
        if pack.isIncomplete {
          try IndexRecords.set(db, kind: IndexSchema.RecordKind.incompletePacks, key: pack.id.bytes, value: [])
        }
        var position: Int64 = 0
        for frame in pack.frames {
          for chunk in frame.chunks {
            rows.append(ChunkRow(id: chunk.id, pack: nextNumber, position: position))
            position += 1
          }
        }
        nextNumber += 1
      }
      rows.sort()
      try Self.run("INSERT INTO chunk (id, pack, position) VALUES (?, ?, ?)", for: rows, db)
      try IndexRecords.set(
        db, kind: IndexSchema.RecordKind.header, key: IndexSchema.nextPackKey, value: decimal(nextNumber))
      try IndexRecords.removeAll(db, kind: IndexSchema.RecordKind.cachedValues)
    }
  }

  /// Forgets packs and every copy that lies in them, in one transaction; those that are not there are passed over.
  ///
  /// - Complexity: one pass over all chunks, however few packs there are: remove many at once.
  package func remove(packs: [PackID]) throws {
    guard !packs.isEmpty else { return }
    try writing { try Self.remove(packs: packs, $0) }
  }

  private static func remove(packs: [PackID], _ db: Connection) throws {
    if packs.isEmpty { return }
    for pack in packs {
      try IndexRecords.remove(db, kind: IndexSchema.RecordKind.incompletePacks, key: pack.bytes)
    }
    var numbers: Set<Int64> = []
    let find = try Statement(db, "SELECT number FROM pack WHERE id = ?")
    for pack in packs {
      find.bind(pack.bytes, at: 1)
      if try find.step() { numbers.insert(try find.integer(0)) }
      find.reset()
    }
    guard !numbers.isEmpty else { return }
    // Rows cannot be deleted under a running query, so they are found first: 48 bytes of memory for each.
    var rows: [ChunkRow] = []
    let all = try Statement(db, "SELECT id, pack, position FROM chunk")
    while try all.step() {
      let number = try all.integer(1)
      guard numbers.contains(number) else { continue }
      rows.append(ChunkRow(id: try all.chunkID(0), pack: number, position: try all.integer(2)))
    }
    all.reset()
    try run("DELETE FROM chunk WHERE id = ? AND pack = ? AND position = ?", for: rows, db)
    let removePack = try Statement(db, "DELETE FROM pack WHERE number = ?")
    for number in numbers {
      removePack.bind(number, at: 1)
      try removePack.run()
    }
    try IndexRecords.removeAll(db, kind: IndexSchema.RecordKind.cachedValues)
  }

  private static func run(_ sql: String, for rows: [ChunkRow], _ db: Connection) throws {
    let statement = try Statement(db, sql)
    for row in rows {
      statement.bind(row.id, at: 1)
      statement.bind(row.pack, at: 2)
      statement.bind(row.position, at: 3)
      try statement.run()
    }
  }

  /// Gives back the space of rows that were removed, where that is a quarter of the file or more.
  ///
  /// Does nothing while another process uses the index, or without room for a copy: the next collection tries again.
  package func compact() throws {
    let isSparse = try reading { db in
      let bytes = try Statement(db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
      guard try bytes.step() else { return false }
      let count = try Statement(db, "SELECT count(*) FROM chunk")
      guard try count.step() else { return false }
      // 48 bytes hold a row: the id, two small numbers and what SQLite adds to them.
      return try Double(count.integer(0) * 48) < 0.75 * Double(bytes.integer(0))
    }
    guard isSparse else { return }
    do {
      try outsideTransaction { db in
        try db.execute("PRAGMA busy_timeout = 0")
        defer { try? db.execute("PRAGMA busy_timeout = \(Int(Self.busyTimeoutSeconds * 1000))") }
        try db.execute("VACUUM")
      }
    } catch IndexError.busy, IndexError.noSpace, IndexError.readOnly {
      return
    }
  }

  /// The packs of which only some frames were inserted.
  package func incompletePacks() throws -> Set<PackID> {
    try reading { db in
      try Set(
        IndexRecords.all(db, kind: IndexSchema.RecordKind.incompletePacks).map { key, _ in
          guard let id = PackID(bytes: key) else { throw IndexError.damaged("the id of a pack") }
          return id
        })
    }
  }

  /// When each pack was last read whole and found sound, in seconds since 1970.
  package func packReadTimes() throws -> [PackID: Int64] {
    try reading { db in
      var times: [PackID: Int64] = [:]
      for (key, value) in try IndexRecords.all(db, kind: IndexSchema.RecordKind.packReadTimes) {
        guard let pack = PackID(bytes: key), let time = Int64(String(decoding: value, as: UTF8.self)) else {
          throw IndexError.damaged("the time at which a pack was read")
        }
        times[pack] = time
      }
      return times
    }
  }

  /// Notes when packs were read; forgets those that are no longer indexed.
  package func setPackReadTime(_ packs: Set<PackID>, _ time: Int64) throws {
    let known = try packIDs()
    let gone = try packReadTimes().keys.filter { known[$0] == nil }
    try writing(isOptional: true) { db in
      let kind = IndexSchema.RecordKind.packReadTimes
      for pack in gone { try IndexRecords.remove(db, kind: kind, key: pack.bytes) }
      for pack in packs { try IndexRecords.set(db, kind: kind, key: pack.bytes, value: decimal(time)) }
    }
  }

  /// Every indexed pack, and the bytes it takes.
  package func packIDs() throws -> [PackID: UInt64] {
    try reading { db in
      var packs: [PackID: UInt64] = [:]
      let rows = try Statement(db, "SELECT id, byteCount FROM pack")
      while try rows.step() {
        guard let id = PackID(bytes: try rows.bytes(0)), let byteCount = UInt64(exactly: try rows.integer(1)) else {
          throw IndexError.damaged("a pack's row")
        }
        packs[id] = byteCount
      }
      return packs
    }
  }

  /// Numbers are never given twice, so that whoever has cached the layout of one may keep it.
  ///
  /// - Throws: `damaged` where no number is left.
  private static func nextPackNumber(_ db: Connection) throws(IndexError) -> Int64 {
    let largest = try IndexSchema.number(db, "SELECT coalesce(max(number), 0) FROM pack")
    let stored = try IndexRecords.value(db, kind: IndexSchema.RecordKind.header, key: IndexSchema.nextPackKey)
    let numberMax = Int64.max >> 1
    guard largest < numberMax >> 1 else { throw .damaged("the number of a pack") }
    if let stored, let number = Int64(String(decoding: stored, as: UTF8.self)),
      (largest + 1..<numberMax).contains(number)
    {
      return number
    }
    // What stands there cannot be. Far from what others may have seen before it did.
    return stored == nil ? largest + 1 : largest + 1 << 32
  }
}

/// A row of the `chunk` table, in its order.
private struct ChunkRow: Comparable {
  let id: ChunkID
  let pack: Int64
  let position: Int64

  static func < (a: Self, b: Self) -> Bool {
    a.id == b.id ? (a.pack, a.position) < (b.pack, b.position) : a.id < b.id
  }
}

func decimal(_ number: some BinaryInteger) -> [UInt8] { Array(String(number).utf8) }

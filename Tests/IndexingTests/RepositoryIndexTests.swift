import Glibc
import Indexing
import SnapshotModel
import TestSupport
import Testing

struct RepositoryIndexTests {
  let fixture = IndexFixture()

  @Test func `every chunk of every pack is found where it is`() throws {
    let index = try fixture.open()
    #expect(index.isNew)
    let packs = (0..<20).map { _ in fixture.pack() }
    try index.insert(Array(packs[..<7]))
    try index.insert(Array(packs[7...]))
    for pack in packs {
      for (id, location) in pack.locations {
        #expect(try index.locate(id) == [location])
        #expect(try index.locate(id.prefix).map(\.1) == [location])
      }
    }
    #expect(try index.locate(fixture.random.chunkID()) == [])
    #expect(try index.packIDs() == Dictionary(uniqueKeysWithValues: packs.map { ($0.id, $0.byteCount) }))
    try index.withLookups { (lookup: inout ChunkLookup) throws in
      for (id, location) in packs[3].locations {
        #expect(try lookup.locate(id) == location)
        #expect(try lookup.contains(id))
      }
      #expect(try lookup.locate(fixture.random.chunkID()) == nil)
      #expect(try !lookup.contains(fixture.random.chunkID()))
    }
  }

  @Test func `an index that is opened again is not new and knows the same`() throws {
    let pack = fixture.pack()
    do {
      let index = try fixture.open()
      try index.insert([pack])
      try index.setStamp("packs", .max)
    }
    let index = try fixture.open()
    #expect(!index.isNew)
    #expect(try index.locate(pack.locations[0].id) == [pack.locations[0].location])
    #expect(try index.stamp("packs") == .max)
    #expect(try index.stamp("snapshots") == nil)
  }

  @Test func `chunks are visited in order of id, each copy once`() throws {
    let index = try fixture.open()
    let first = fixture.pack(frames: 50)
    var second = fixture.pack(frames: 50)
    second.frames[0].chunks[0] = first.frames[3].chunks[0]
    try index.insert([first, second])
    var seen: [ChunkID] = []
    var locations: Set<ChunkLocation> = []
    try index.forEachChunk { (id, location) throws in
      seen.append(id)
      locations.insert(location)
    }
    let all = first.locations + second.locations
    #expect(seen == all.map(\.id).sorted())
    #expect(locations == Set(all.map(\.location)))
    let copies = try index.locate(first.frames[3].chunks[0].id)
    #expect(copies.map(\.pack) == [first.id, second.id])
  }

  @Test func `one pack may hold a chunk twice`() throws {
    let index = try fixture.open()
    var pack = fixture.pack()
    pack.frames[4].chunks[0] = pack.frames[1].chunks[0]
    try index.insert([pack])
    #expect(
      try index.locate(pack.frames[1].chunks[0].id).map(\.frameOffset) == [
        pack.frames[1].offset, pack.frames[4].offset,
      ])
  }

  @Test func `a pack that is indexed twice is there once`() throws {
    let index = try fixture.open()
    let pack = fixture.pack()
    try index.insert([pack, pack])
    try index.insert([pack])
    #expect(try index.locate(pack.locations[0].id).count == 1)
    #expect(try index.packIDs().count == 1)
  }

  @Test func `a prefix that two chunks share finds both, in order`() throws {
    let index = try fixture.open()
    let base = fixture.random.chunkID()
    let twins = (1...2).map { ChunkID(bytes: base.prefix.bytes + [UInt8](repeating: UInt8($0), count: 16))! }
    var pack = fixture.pack()
    pack.frames[0].chunks[0].id = twins[1]
    pack.frames[1].chunks[0].id = twins[0]
    try index.insert([pack])
    #expect(try index.locate(base.prefix).map(\.0) == twins)
  }

  @Test func `removed packs are forgotten with all their chunks, and others are not`() throws {
    let index = try fixture.open()
    let packs = (0..<10).map { _ in fixture.pack() }
    try index.insert(packs)
    try index.remove(packs: packs[2..<5].map(\.id) + [PackID(using: &fixture.random)])
    for (at, pack) in packs.enumerated() {
      for (id, location) in pack.locations {
        #expect(try index.locate(id) == ((2..<5).contains(at) ? [] : [location]))
      }
    }
    #expect(try index.packIDs().count == 7)
  }

  @Test func `a number that a removed pack had is not given again, so that no cache of it lies`() throws {
    let index = try fixture.open()
    let other = try fixture.open()
    let old = fixture.pack()
    let new = fixture.pack()
    try index.insert([old])
    #expect(try index.locate(old.locations[0].id).count == 1)
    try other.remove(packs: [old.id])
    try other.insert([new])
    for (id, location) in new.locations { #expect(try index.locate(id) == [location]) }
  }

  @Test func `records come back as they were stored, by folder`() throws {
    let index = try fixture.open()
    let ids = (0..<5).map { _ in SnapshotID(using: &fixture.random) }.sorted()
    for folder in RecordFolder.allCases {
      for id in ids.reversed() { try index.setRecord(folder, id, record: id.bytes + [UInt8(folder.rawValue)]) }
    }
    try index.setRecord(.trash, ids[0], record: [])
    try index.removeRecord(.labels, ids[1])
    try index.removeRecord(.labels, SnapshotID(using: &fixture.random))
    #expect(try index.snapshotRecords().map(\.0) == ids)
    #expect(try index.snapshotRecords().map(\.1) == ids.map { $0.bytes + [1] })
    #expect(try index.records(.trash).map(\.1)[0] == [])
    #expect(try index.records(.labels).map(\.0) == [ids[0]] + ids[2...])
  }

  @Test func `derived figures go when packs or snapshots change, and stay when labels do`() throws {
    let index = try fixture.open()
    let pack = fixture.pack()
    let id = SnapshotID(using: &fixture.random)
    let changes: [(Bool, () throws -> Void)] = [
      (true, { try index.insert([pack]) }), (true, { try index.setSnapshot(id, record: [1]) }),
      (true, { try index.removeSnapshot(id) }), (true, { try index.setRecord(.trash, id, record: [1]) }),
      (false, { try index.setRecord(.labels, id, record: [1]) }), (false, { try index.setStamp("packs", 1) }),
      (true, { try index.remove(packs: [pack.id]) }),
    ]
    for (at, (clears, change)) in changes.enumerated() {
      try index.setCachedValue("usage", [1, 2])
      try change()
      #expect(try index.cachedValue("usage") == (clears ? nil : [1, 2]), "change \(at)")
    }
  }

  @Test func `frames that cannot be are refused and change nothing`() throws {
    let index = try fixture.open()
    var overlapping = fixture.pack()
    overlapping.frames[1].offset = overlapping.frames[0].offset
    var beyond = fixture.pack()
    beyond.byteCount = 100
    var endless = fixture.pack()
    endless.frames[9].offset = .max
    for pack in [overlapping, beyond, endless] {
      #expect(throws: IndexError.self) { try index.insert([fixture.pack(), pack]) }
    }
    #expect(try index.packIDs().isEmpty)
  }

  @Test func `a change that throws midway leaves the index as it was, and usable`() throws {
    struct Stop: Error {}
    let index = try fixture.open()
    let pack = fixture.pack()
    try index.insert([pack])
    #expect(throws: Stop.self) { try index.forEachChunk { _, _ in throw Stop() } }
    #expect(throws: Stop.self) { try index.withLookups { _ in throw Stop() } }
    #expect(try index.locate(pack.locations[0].id).count == 1)
    try index.insert([fixture.pack()])
  }

  @Test func `lookups may be nested and may insert`() throws {
    let index = try fixture.open()
    let first = fixture.pack()
    let second = fixture.pack()
    try index.insert([first])
    try index.withLookups { (lookup: inout ChunkLookup) throws in
      #expect(try lookup.contains(first.locations[0].id))
      #expect(try index.locate(first.locations[0].id).count == 1)
      try index.insert([second])
      #expect(try !lookup.contains(second.locations[0].id), "the transaction sees the state of its first lookup")
      #expect(try index.locate(second.locations[0].id).count == 1)
    }
  }

  @Test func `closing leaves one file that only its owner can read`() throws {
    let index = try fixture.open()
    try index.insert((0..<5).map { _ in fixture.pack() })
    index.close()
    #expect(StoreTestFolder.names(fixture.folder.path) == ["index.sqlite"])
    var status = stat()
    #expect(unsafe stat(fixture.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(try index.packIDs().count == 5, "it can be used again")
  }

  @Test func `what a process that was killed had committed is there`() throws {
    let index = try fixture.open()
    let pack = fixture.pack()
    try index.insert([pack])
    // As a crash would leave them: the database and its log, without a checkpoint.
    let copy = fixture.folder.path("copy.sqlite")
    for suffix in ["", "-wal"] {
      StoreTestFolder.write(StoreTestFolder.bytes(fixture.path + suffix) ?? [], to: copy + suffix)
    }
    let recovered = try RepositoryIndex(path: copy, repository: fixture.repository)
    #expect(!recovered.isNew)
    #expect(try recovered.locate(pack.locations[0].id) == [pack.locations[0].location])
  }

  @Test func `an index on a read-only medium is read, and refuses changes`() throws {
    let pack = fixture.pack()
    try fixture.open().insert([pack])
    let index = try RepositoryIndex(readingOnly: fixture.path, repository: fixture.repository)
    #expect(index.isReadOnly)
    #expect(try index.locate(pack.locations[0].id) == [pack.locations[0].location])
    #expect(throws: IndexError.readOnly) { try index.insert([pack]) }
    #expect(throws: IndexError.readOnly) { try index.setStamp("a", 1) }
    index.close()
    #expect(StoreTestFolder.names(fixture.folder.path) == ["index.sqlite"])
  }

  @Test func `an index whose log holds changes is not read without it`() throws {
    let index = try fixture.open()
    try index.insert([fixture.pack()])
    #expect(throws: IndexError.self) {
      try RepositoryIndex(readingOnly: fixture.path, repository: fixture.repository)
    }
    index.close()
  }

  @Test func `a disk that is full stops a change, and the index stays as it was`() throws {
    let index = try fixture.open()
    let pack = fixture.pack()
    try index.insert([pack])
    index.limitPages(to: 12)
    let error = #expect(throws: IndexError.self) { try index.insert((0..<50).map { _ in fixture.pack(frames: 50) }) }
    #expect(error == .noSpace)
    #expect(error?.fault.code == .noSpace)
    #expect(try index.packIDs().count == 1)
    #expect(try index.locate(pack.locations[0].id).count == 1)
    try index.setStamp("packs", 1)
  }

  @Test func `a path of any characters is opened`() throws {
    let path = fixture.folder.path("a ?mode=memory#%41 ä.sqlite")
    let pack = fixture.pack()
    do {
      let index = try RepositoryIndex(path: path, repository: fixture.repository)
      try index.insert([pack])
    }
    #expect(StoreTestFolder.names(fixture.folder.path) == ["a ?mode=memory#%41 ä.sqlite"])
    let index = try RepositoryIndex(readingOnly: path, repository: fixture.repository)
    #expect(try index.packIDs().count == 1)
  }
}

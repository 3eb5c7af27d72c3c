import ObjectStores
import SnapshotModel
import TestSupport
import Testing

/// What every store promises, whatever it is made of: each case of `allCases` on a new, empty store.
enum ObjectStoreConformance: CaseIterable {
  case roundTrip, emptyObject, exclusiveCreate, createRace, replacing, ranges, missing, listing, deleting, stamps
  case synchronizing, operationNames

  func check(_ store: any ObjectStore) throws {
    var random = SeededGenerator(seed: 7)
    let pack = ObjectName.pack(PackID(using: &random))
    let snapshot = ObjectName.snapshot(SnapshotID(using: &random))
    switch self {
    case .roundTrip:
      let bytes = random.bytes(300_000)
      for name in Self.names(&random) + [.config, .formatReadme] {
        try store.create(name, bytes)
        #expect(try store.read(name) == bytes)
        #expect(try store.byteCount(name) == 300_000)
        #expect(try store.exists(name))
      }
    case .emptyObject:
      try store.create(snapshot, [])
      #expect(try store.read(snapshot) == [])
      #expect(try store.read(snapshot, range: 0..<0) == [])
      #expect(try store.byteCount(snapshot) == 0)
    case .exclusiveCreate:
      for name in [pack, snapshot, .config] {
        try store.create(name, [1])
        #expect(throws: ObjectStoreError.exists(name)) { try store.create(name, [2]) }
        #expect(try store.read(name) == [1])
      }
    case .createRace:
      try race(store, pack)
    case .replacing:
      try store.replace(snapshot, [1])
      try store.replace(snapshot, [2, 3])
      #expect(try store.read(snapshot) == [2, 3])
    case .ranges:
      let bytes = random.bytes(1000)
      try store.create(pack, bytes)
      for range in [0..<1, 0..<1000, 999..<1000, 10..<20, 5..<5, 1000..<1000] {
        #expect(try store.read(pack, range: UInt64(range.lowerBound)..<UInt64(range.upperBound)) == Array(bytes[range]))
      }
      for range: Range<UInt64> in [0..<1001, 1000..<1001, 2000..<2001] {
        #expect(throws: ObjectStoreError.self) { try store.read(pack, range: range) }
      }
    case .missing:
      #expect(throws: ObjectStoreError.missing(pack)) { try store.read(pack) }
      #expect(throws: ObjectStoreError.missing(pack)) { try store.read(pack, range: 0..<1) }
      #expect(throws: ObjectStoreError.missing(snapshot)) { try store.byteCount(snapshot) }
      #expect(try !store.exists(pack))
      #expect(try !store.exists(snapshot))
    case .listing:
      for folder in ObjectFolder.allCases { #expect(try store.list(folder) == []) }
      let names = (0..<40).flatMap { _ in Self.names(&random) }
      for name in names { try store.create(name, [1]) }
      for folder in ObjectFolder.allCases {
        let expected = names.filter { $0.folder == folder }.sorted { $0.path < $1.path }
        #expect(try store.list(folder) == expected)
      }
    case .deleting:
      let names = (0..<10).flatMap { _ in Self.names(&random) }
      for name in names { try store.create(name, [1]) }
      try store.delete(Array(names[5...]))
      for (at, name) in names.enumerated() { #expect(try store.exists(name) == (at < 5)) }
      try store.delete(names)
      for folder in ObjectFolder.allCases { #expect(try store.list(folder) == []) }
      try store.create(names[0], [2])
      #expect(try store.read(names[0]) == [2])
    case .stamps:
      // 0 promises nothing; two equal stamps of other values promise equal listings.
      for folder in ObjectFolder.allCases {
        let before = try store.changeStamp(folder)
        try store.create(Self.names(&random).first { $0.folder == folder } ?? .config, [1])
        let after = try store.changeStamp(folder)
        #expect(before == 0 || before != after)
      }
    case .synchronizing:
      for folder in ObjectFolder.allCases { try store.synchronize(folder) }
      try store.create(pack, [1])
      try store.synchronize(.packs)
      #expect(try store.list(.packs) == [pack])
    case .operationNames:
      for text in ["", ".", "..", "a/b", ".hidden", "A", "a b", "ä", String(repeating: "a", count: 101), "a\u{0}"] {
        #expect(throws: (any Error).self) { try store.create(.operation(text), [1]) }
      }
      try store.create(.operation("2026-03-02t10.11.12z-save_1"), [1])
      #expect(try store.list(.operations).count == 1)
    }
  }

  /// One name of each folder.
  static func names(_ random: inout SeededGenerator) -> [ObjectName] {
    let id = SnapshotID(using: &random)
    return [
      .pack(PackID(using: &random)), .snapshot(id), .pending(id), .trash(id), .labels(id),
      .tomb(CollectionID(using: &random)), .operation("op-\(id.short)"),
      .key(KeySlotID(using: &random)), .writer(WriterID(using: &random)),
    ]
  }

  private func race(_ store: any ObjectStore, _ name: ObjectName) throws {
    for round in 0..<20 {
      var random = SeededGenerator(seed: UInt64(1000 + round))
      let name = round == 0 ? name : .pack(PackID(using: &random))
      let winners = StoreTestThreads.run(4) { thread in
        (try? store.create(name, [UInt8](repeating: UInt8(thread), count: 10_000))) != nil
      }
      #expect(winners.filter { $0 }.count == 1)
      let winner = try #require(winners.firstIndex(of: true))
      #expect(try store.read(name) == [UInt8](repeating: UInt8(winner), count: 10_000))
    }
  }
}

struct ObjectStoreConformanceTests {
  @Test(arguments: ObjectStoreConformance.allCases)
  func `a local store keeps every promise`(_ promise: ObjectStoreConformance) throws {
    let folder = StoreTestFolder()
    try promise.check(try LocalObjectStore.create(folder: Array(folder.path("repository").utf8)))
  }

  @Test(arguments: ObjectStoreConformance.allCases)
  func `a store whose folder a copy has stripped of empty folders keeps every promise`(
    _ promise: ObjectStoreConformance
  ) throws {
    let folder = StoreTestFolder()
    try promise.check(try LocalObjectStore(folder: Array(folder.path.utf8)))
  }

  @Test(arguments: ObjectStoreConformance.allCases)
  func `a file system without exclusive rename keeps every promise by linking`(
    _ promise: ObjectStoreConformance
  ) throws {
    let folder = StoreTestFolder()
    let operations = RecordingFileOperations { $0.hasPrefix("rename-exclusive") ? .errno(22) : .none }
    let path = Array(folder.path("repository").utf8)
    try promise.check(try LocalObjectStore.create(folder: path, operations: operations))
  }

  @Test(arguments: ObjectStoreConformance.allCases)
  func `signals and short writes break no promise`(_ promise: ObjectStoreConformance) throws {
    let folder = StoreTestFolder()
    let operations = RecordingFileOperations(writeMax: 70_001, interrupts: true)
    let path = Array(folder.path("repository").utf8)
    try promise.check(try LocalObjectStore.create(folder: path, operations: operations))
  }

  @Test(arguments: ObjectStoreConformance.allCases)
  func `wrappers that do nothing change nothing`(_ promise: ObjectStoreConformance) throws {
    let folder = StoreTestFolder()
    let store = try LocalObjectStore.create(folder: Array(folder.path("repository").utf8))
    try promise.check(RecordingStore(FaultingStore(store, plan: .never)))
  }
}

import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Packs made by hand whose frames stand on each other in ways that crashes can bring about.
struct UnsoundFrameTests {
  private let fixture: RepositoryFixture
  private let repository: Repository
  private let encoder = FrameEncoder()
  private let (x, y): ([UInt8], [UInt8])

  init() throws {
    fixture = try RepositoryFixture()
    repository = try fixture.open()
    var random = SeededGenerator(seed: 12)
    x = random.bytes(4000)
    var other = x
    for at in stride(from: 0, to: 4000, by: 400) { other[at] ^= 0xFF }
    y = other
  }

  @Test func `of chunks whose copies stand on each other in a circle the collector keeps the sound ones`() throws {
    // P0: X alone. P1: Y on X. P9: X on Y, left by a save that saw P0 condemned and was killed.
    _ = try (pack([plain(x)]), pack([delta(y, on: x)]), pack([delta(x, on: y)]))
    try repository.save("v1", ["x": x, "y": y], pieceLength: 4000)
    try expect(["v1": ["x": x, "y": y]], in: repository, "before")
    for round in 0..<3 {
      try fixture.open().collect()
      fixture.removeIndex()
      try expect(["v1": ["x": x, "y": y]], in: fixture.open(), "round \(round)")
    }
  }

  @Test func `a circle stays readable when the pack that breaks it is condemned`() throws {
    var random = SeededGenerator(seed: 3)
    let p0 = try pack([plain(x), plain(random.bytes(9000))])
    _ = try (pack([delta(y, on: x)]), pack([delta(x, on: y)]))
    try repository.save("v1", ["x": x, "y": y], pieceLength: 4000)
    let plan = try GarbageCollector.plan(in: repository, undoWindowSeconds: 0)
    #expect(plan.condemned.contains(p0), "half of it is dead")
    let before = fixture.objectBytes()
    try GarbageCollector.execute(plan, in: repository)
    #expect(plan.bytesFreed == before - fixture.objectBytes())
    try expect(["v1": ["x": x, "y": y]], in: fixture.open(), "collected")
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all)).problems == [])
  }

  @Test func `every order of deleting a circle's packs by tomb keeps what a version needs`() throws {
    let start = fixture.keep(as: "start")
    for mask in 1..<8 {
      fixture.goBack(to: start)
      let repository = try fixture.open()
      let packs = [try pack([plain(x)]), try pack([delta(y, on: x)]), try pack([delta(x, on: y)])]
      try repository.save("v1", ["x": x, "y": y], pieceLength: 4000)
      var random = SecureRandom()
      let condemned = packs.indices.filter { mask & (1 << $0) != 0 }.map { packs[$0] }
      try repository.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(condemned))
      try repository.collect()
      #expect(try Set(repository.packNames()).isDisjoint(with: condemned))
      try expect(["v1": ["x": x, "y": y]], in: fixture.open(), "tomb of \(mask)")
    }
  }

  @Test func `a chunk of a leftover pack whose base is gone is not taken as known`() throws {
    try repository.save("v0", ["other": [1, 2, 3]])
    _ = try pack([delta(y, on: x)])
    let again = try fixture.open()
    try again.adoptPacks()
    #expect(try again.index.locate(ChunkHasher(.sha256).id(of: y)).isEmpty)
    try again.save("v1", ["y": y], pieceLength: 4000)
    try expect(["v0": ["other": [1, 2, 3]], "v1": ["y": y]], in: fixture.open(), "stored anew")
  }

  @Test func `a leftover pack that was adopted before its base was collected is not taken as known`() throws {
    try repository.save("v0", ["other": [1, 2, 3]])
    let p0 = try pack([plain(x)])
    let collector = try fixture.open()
    let plan = try GarbageCollector.plan(in: collector, undoWindowSeconds: 0)
    #expect(plan.condemned == [p0])
    // After the plan a killed save leaves a pack that stands on the condemned one, and another process adopts it.
    _ = try pack([delta(y, on: x)])
    try fixture.open().adoptPacks()
    try GarbageCollector.execute(plan, in: collector)
    try fixture.open().save("v1", ["y": y], pieceLength: 4000)
    try expect(["v0": ["other": [1, 2, 3]], "v1": ["y": y]], in: fixture.open(), "stored anew")
  }

  @Test func `a version of which two chunks only stand on each other cannot be committed`() throws {
    let p0 = try pack([plain(x)])
    _ = try (pack([delta(y, on: x)]), pack([delta(x, on: y)]))
    let snapshot = try repository.save("v1", ["x": x, "y": y], pieceLength: 4000)
    let packs = Set(try repository.packNames())
    #expect(try repository.isAvailable(snapshot, in: packs))
    #expect(
      try !repository.isAvailable(snapshot, in: packs.subtracting([p0])), "each is there, and neither can be decoded")
  }

  @Test func `what stands on a pack that was lost is not taken as known`() throws {
    let p0 = try pack([plain(x)])
    _ = try pack([delta(y, on: x)])
    try repository.adoptPacks()
    try repository.store.delete([.pack(p0)])
    try fixture.open().save("v1", ["y": y], pieceLength: 4000)
    try expect(["v1": ["y": y]], in: fixture.open(), "stored anew")
  }

  @Test func `a copy that is damaged is passed over, however deep it lies`() throws {
    var z = y
    z[1000] ^= 1
    let p0 = try pack([plain(x)])
    _ = try (pack([plain(x)]), pack([delta(y, on: x)]), pack([delta(z, on: y)]))
    try repository.save("v1", ["z": z], pieceLength: 4000)
    let reader = repository.reader()
    #expect(try reader.bytes(of: ChunkHasher(.sha256).id(of: z)) == z[...])
    #expect(reader.hashedChunkCount == 1, "what it stands on need not be hashed")
    let path = "\(fixture.path)/\(ObjectName.pack(p0).path)"
    var damaged = try #require(StoreTestFolder.bytes(path))
    // In the middle of the only frame, which is stored raw: it decodes, to something else.
    damaged[damaged.count / 2] ^= 1
    StoreTestFolder.write(damaged, to: path)
    try expect(["v1": ["z": z]], in: fixture.open(), "the other copy of x")
  }

  private func plain(_ bytes: [UInt8]) throws -> EncodedFrame {
    try encoder.encode(chunks: [(ChunkHasher(.sha256).id(of: bytes), bytes[...])], level: .auto)
  }

  private func delta(_ bytes: [UInt8], on base: [UInt8]) throws -> EncodedFrame {
    let base = DeltaBase(chunks: [ChunkHasher(.sha256).id(of: base).prefix], bytes: base[...])
    return try #require(try encoder.encodeDelta(chunks: [(ChunkHasher(.sha256).id(of: bytes), bytes[...])], base: base))
  }

  /// Stores a pack as a save that was killed leaves it.
  private func pack(_ frames: [EncodedFrame]) throws -> PackID { try repository.storePack(frames) }
}

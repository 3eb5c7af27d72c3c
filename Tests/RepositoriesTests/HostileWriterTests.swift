import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// What a machine that may only save can do to others, when somebody has broken into it.
struct HostileWriterTests {
  private let writers: WriterFixture
  private var fixture: RepositoryFixture { writers.fixture }
  private var tree: RepositoryFixture.Tree { writers.tree }

  init() throws { writers = try WriterFixture() }

  /// A pack whose first chunk is said to be `content`, and is something else.
  private func storePoison(for content: [UInt8], by writer: Repository) throws -> PackID {
    let wrong = [UInt8](repeating: 0xEE, count: content.count)
    let id = ChunkHasher(writer.naming).id(of: content)
    let good = Array("and something that is what it says".utf8)
    let encoder = FrameEncoder()
    let frames = [
      try encoder.encode(chunks: [(id, wrong[...])], level: .auto),
      try encoder.encode(chunks: [(ChunkHasher(writer.naming).id(of: good), good[...])], level: .auto),
    ]
    return try writer.storePack(frames)
  }

  @Test func `a chunk that is not what it says is nobody's`() throws {
    let writer = try writers.open(writers.newKey())
    let content = tree["b"] ?? []
    let pack = try storePoison(for: content, by: writer)
    let full = try fixture.open()
    try full.save("v1", ["b": content], pieceLength: content.count)
    #expect(fixture.events.all.contains { $0.contains("pack \(pack.short)… of a key that can only save has 1 frame") })
    #expect(try full.tree(of: #require(try full.version("v1"))) == ["b": content])
    // Nor is it what a collection leaves of two copies.
    try full.collect()
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("v1"))) == ["b": content])
    try writers.expectSound(after)
  }

  @Test func `a collection takes no wrong copy for a right one`() throws {
    let content = tree["b"] ?? []
    let full = try fixture.open()
    try full.save("v1", ["b": content, "x": [1]], pieceLength: content.count)
    try full.save("v2", ["b": content], pieceLength: content.count)
    _ = try storePoison(for: content, by: writers.open(writers.newKey()))
    // The pack with the right copy is to be rewritten.
    try full.forget(["v1"])
    try full.collect()
    fixture.removeIndex()
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("v2"))) == ["b": content])
    try writers.expectSound(after)
  }

  @Test func `what was looked at and is something else afterwards does not move`() throws {
    let key = try writers.newKey()
    let writer = try writers.open(key)
    try writer.save("v1", tree)
    let full = try fixture.open()
    try full.adoptPacks()
    let pack = try #require(try full.packNames().first)
    // The same directory over other bytes, by who has the key and the storage.
    let directory = try #require(try full.directory(of: pack))
    var content = try full.store.read(.pack(pack))
    let frame = try #require(directory.frames.first)
    content[Int(frame.offset) + frame.header.headerLength] ^= 1
    try writer.store.replace(.pack(pack), content)
    let collector = try fixture.open()
    #expect { try collector.reseal(under: writers.keys.withNewEpoch(), in: fixture) } throws: { error in
      (error as? SnapFault)?.code == .damage
    }
  }

  @Test func `it speaks of versions of its own alone`() throws {
    let full = try fixture.open()
    let genuine = try full.save("v1", tree)
    let key = try writers.newKey()
    let writer = try writers.open(key)
    for version in ["v1", "web2/v1", "web1", ""] {
      var forged = genuine
      var random = SecureRandom()
      forged.id = SnapshotID(using: &random)
      forged.version = version
      try writer.store.create(.snapshot(forged.id), SnapshotCoder.encode(forged))
      #expect(throws: PackingError.self) { try fixture.open().store.read(.snapshot(forged.id)) }
    }
    #expect(try fixture.open().snapshots().map(\.snapshot.id) == [genuine.id])
  }

  @Test func `a record of its own in the place of another's takes nothing away from that`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    let lonely: RepositoryFixture.Tree = ["only here": [UInt8](repeating: 7, count: 5000)]
    let forgotten = try full.save("v2", lonely)
    try full.forget(["v2"])
    let key = try writers.newKey()
    let writer = try writers.open(key)
    var planted = try writer.save("v1", tree)
    planted.id = forgotten.id
    try writer.store.create(.snapshot(planted.id), SnapshotCoder.encode(planted))
    try fixture.open().collect(undoWindowSeconds: 86400)
    _ = unsafe unlink("\(fixture.path)/snapshots/\(planted.id)")
    let after = try fixture.open()
    _ = try OperationLog.undoLast(in: after)
    let back = try fixture.open()
    #expect(try back.tree(of: #require(try back.version("v2"))) == lonely)
  }

  @Test func `a record put in the place of a writer's last version is not taken for it`() throws {
    let honest = try writers.newKey("web2")
    let last = try writers.open(honest).save("v1", tree)
    let full = try fixture.open()
    try full.forget(["web2/v1"])
    try full.collect()
    let hostile = try writers.open(writers.newKey("web1"))
    var planted = try hostile.save("v1", ["x": [1]])
    planted.id = last.id
    try hostile.store.create(.snapshot(planted.id), SnapshotCoder.encode(planted))
    try writers.open(honest).save("v2", tree)
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("web2/v2"))) == tree)
  }

  @Test func `what nobody need believe stops no collection`() throws {
    let full = try fixture.open()
    let genuine = try full.save("v1", tree)
    let writer = try writers.open(writers.newKey())
    var claims = try writer.save("v1", tree)
    claims.before = [RecordLink(id: genuine.id, hash: [UInt8](repeating: 1, count: 32))]
    var newer = SnapshotCoder.encode(claims)
    newer[8] = 9
    newer = Array(newer.dropLast(32)) + sha256(Array(newer.dropLast(32)))
    for record in [SnapshotCoder.encode(claims), newer, SnapshotCoder.void, [1, 2, 3]] {
      var random = SecureRandom()
      let id = SnapshotID(using: &random)
      try writer.store.create(.snapshot(id), record)
      try writer.store.create(.pending(id), record)
    }
    try fixture.open().collect()
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("v1"))) == tree)
    #expect(fixture.events.all.contains { $0.contains("is of nobody who may save here") })
  }

  @Test func `copies of records in its packs count for nothing`() throws {
    let full = try fixture.open()
    var forged = try full.save("v1", tree)
    try full.forget(["v1"])
    try full.collect()
    forged.version = "v9"
    let writer = try writers.open(writers.newKey())
    _ = try writer.storePack([FrameEncoder().encodeRecord(SnapshotCoder.encode(forged))])
    #expect(try fixture.open().recordCopies().isEmpty)
    // With all keys it would be one.
    _ = try full.storePack([FrameEncoder().encodeRecord(SnapshotCoder.encode(forged))])
    #expect(try fixture.open().recordCopies().count == 1)
  }
}

extension Repository {
  /// As `snap key rotate --rewrite` does it.
  fileprivate func reseal(under keys: KeyRing, in fixture: RepositoryFixture) throws {
    let access = RepositoryAccess(cacheFolder: fixture.cacheFolder) { _ in .all(keys) }
    _ = try Repository.open(at: folder, access: access, events: fixture.events).reseal()
  }
}

import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// Packs that a collection has listed, and then does not find or cannot read.
struct VanishingPackTests {
  /// Another collection, which condemned one of the same packs, has moved what is needed in it and deletes it.
  @Test func `a pack that vanishes at any moment of an evacuation takes nothing of the others along`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 8)
    let repository = try fixture.open()
    // Of each pack in between a delta is needed, by those after it, and a file that was there once is not.
    var text = random.text(8000)
    var trees: [String: RepositoryFixture.Tree] = [:]
    for version in ["v1", "v2", "v3", "v4", "v5"] {
      trees[version] = ["text": text, "only in \(version)": random.bytes(3000)]
      try repository.save(version, trees[version] ?? [:])
      for at in stride(from: 500, to: 8000, by: 2500) { text[at] ^= 1 }
    }
    try repository.forget(["v2", "v3", "v4"])
    let kept = trees.filter { ["v1", "v5"].contains($0.key) }
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).packsRewritten >= 2)
    repository.close()
    let start = fixture.keep(as: "start")
    var vanished = 0
    var at = 0
    while true {
      fixture.goBack(to: start)
      let progress = Mutex((hasTomb: false, opened: 0, gone: [PackID]()))
      let other = try fixture.open()
      let operations = InterruptedOperations(.never) { [at] call in
        let pack: PackID? = progress.withLock { progress in
          if call.hasPrefix("rename-exclusive tombs/") { progress.hasTomb = true }
          guard progress.hasTomb, call.hasPrefix("open packs/") else { return nil }
          defer { progress.opened += 1 }
          guard progress.opened == at, let name = call.split(separator: "/").last else { return nil }
          return PackID(hexadecimal: name)
        }
        // What is no pack's name, or cannot be moved, does not vanish.
        guard let pack, (try? Self.move(pack, in: other)) != nil else { return }
        progress.withLock { $0.gone.append(pack) }
      }
      try fixture.open(operations: operations).collect()
      try expect(kept, in: fixture.open(), "open \(at): \(progress.withLock { $0.gone })")
      let (opened, gone) = progress.withLock { ($0.opened, $0.gone) }
      vanished += gone.count
      at += 1
      if at >= opened { break }
    }
    #expect(vanished > 5)
  }

  @Test(arguments: [false, true]) func `verify calls nothing damaged that a collection moves or deletes meanwhile`(
    isEncrypted: Bool
  ) throws {
    let fixture = try RepositoryFixture(isEncrypted: isEncrypted)
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 21)
    let trees = try repository.saveHistory(versions: 4, random: &random)
    try repository.forget(["v1", "v3"])
    repository.close()
    let start = fixture.keep(as: "start")
    var calls = 0
    var at = 0
    repeat {
      fixture.goBack(to: start)
      let seen = Mutex(0)
      let collector = try fixture.open()
      let operations = InterruptedOperations(.never) { [at] call in
        let number: Int? = seen.withLock { seen in
          guard ["open packs/", "list ", "open snapshots/"].contains(where: call.hasPrefix) else { return nil }
          defer { seen += 1 }
          return seen
        }
        if number == at { _ = try? collector.collect() }
      }
      let reader = try fixture.open(operations: operations)
      #expect(
        try Verifier.verify(reader, options: VerifyOptions(readData: .all)).problems == [],
        "a collection before call \(at)")
      reader.close()
      #expect(try collector.trashed().isEmpty || at >= seen.withLock { $0 })
      calls = seen.withLock { $0 }
      at += 1
    } while at < calls
    #expect(calls > 10)
    try expect(trees.filter { ["v2", "v4"].contains($0.key) }, in: fixture.open(), "collected")
  }

  @Test func `a reader looks for what is moved again and again until it stands still`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 10)
    let tree = random.tree()
    let snapshot = try fixture.open().save("v1", tree)
    let other = try fixture.open()
    let moves = Mutex(0)
    let operations = InterruptedOperations(.never) { call in
      guard call.hasPrefix("open packs/"), moves.withLock({ $0 < 6 }),
        let pack = call.split(separator: "/").last.flatMap({ PackID(hexadecimal: $0) }),
        (try? Self.move(pack, in: other)) != nil
      else { return }
      moves.withLock { $0 += 1 }
    }
    #expect(try fixture.open(operations: operations).tree(of: snapshot) == tree)
    #expect(moves.withLock { $0 } == 6)
  }

  @Test func `a condemned pack that cannot be read stays, and is told`() throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 9)
    let bytes = random.bytes(4000)
    let chunk = (ChunkHasher(repository.naming).id(of: bytes), bytes[...])
    let pack = try repository.storePack([FrameEncoder().encode(chunks: [chunk], level: .auto)])
    try repository.save("v1", ["a": bytes], pieceLength: 4000)
    var secure = SecureRandom()
    try repository.store.create(.tomb(CollectionID(using: &secure)), TombCoder.encode([pack]))
    let path = "\(fixture.path)/\(ObjectName.pack(pack).path)"
    let whole = try #require(StoreTestFolder.bytes(path))
    StoreTestFolder.write(Array(repeating: 0, count: whole.count), to: path)
    try fixture.open().collect()
    #expect(fixture.events.all.contains { $0.contains("was to go, but cannot be read") })
    #expect(try repository.store.exists(.pack(pack)))
    StoreTestFolder.write(whole, to: path)
    try expect(["v1": ["a": bytes]], in: fixture.open(), "readable again")
  }

  /// What another collector does between its tomb and its end.
  private static func move(_ pack: PackID, in repository: Repository) throws {
    let directory = try PackReader.readDirectory(
      StoredPack(store: repository.store, id: pack), repository: repository.id, pack: pack)
    let frames = try directory.frames.map { frame in
      EncodedFrame(
        header: frame.header, chunkIDs: frame.chunkIDs,
        bytes: try repository.store.read(.pack(pack), range: frame.range))
    }
    _ = try repository.storePack(frames)
    try repository.store.delete([.pack(pack)])
  }
}

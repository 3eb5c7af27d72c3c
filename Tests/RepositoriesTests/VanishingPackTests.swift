import ObjectStores
import Packing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

/// Another collection, which condemned one of the same packs, has moved what is needed in it and deletes it.
struct VanishingPackTests {
  @Test func `a pack that vanishes at any read of an evacuation takes nothing of the others along`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 8)
    let first: [UInt8] = Array(repeating: 1, count: 5000)
    let second: [UInt8] = Array(repeating: 2, count: 5000)
    let repository = try fixture.open()
    try repository.save("v1", ["a": first, "x": random.bytes(4000)])
    try repository.save("v2", ["a": first, "b": second, "y": random.bytes(4000)])
    try repository.save("v3", ["a": first, "b": second])
    try repository.forget(["v1", "v2"])
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).packsRewritten >= 2)
    repository.close()
    let start = fixture.keep(as: "start")
    var vanished = 0
    var at = 0
    while true {
      fixture.goBack(to: start)
      let progress = Mutex((hasTomb: false, reads: 0, gone: [PackID]()))
      let other = try fixture.open()
      let operations = InterruptedOperations(.never) { [at] call in
        let pack: PackID? = progress.withLock { progress in
          if call.hasPrefix("rename-exclusive tombs/") { progress.hasTomb = true }
          guard progress.hasTomb, call.hasPrefix("read packs/") else { return nil }
          defer { progress.reads += 1 }
          guard progress.reads == at, let name = call.split(separator: "/").last else { return nil }
          return PackID(hexadecimal: name)
        }
        // What is no pack's name, or cannot be moved, does not vanish.
        guard let pack, (try? Self.move(pack, in: other)) != nil else { return }
        progress.withLock { $0.gone.append(pack) }
      }
      try fixture.open(operations: operations).collect()
      try expect(["v3": ["a": first, "b": second]], in: fixture.open(), "read \(at)")
      let (reads, gone) = progress.withLock { ($0.reads, $0.gone) }
      vanished += gone.count
      at += 1
      if at >= reads { break }
    }
    #expect(vanished > 5)
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

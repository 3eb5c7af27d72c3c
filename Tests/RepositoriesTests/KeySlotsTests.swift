import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Several people who change the keys of one repository.
struct KeySlotsTests {
  private let fixture: RepositoryFixture
  private let slots: KeySlots
  private let keys: KeyRing
  private let secret = SlotSecret.keyFile(SecretBytes(randomCount: 32))

  init() throws {
    fixture = try RepositoryFixture(isEncrypted: true)
    let repository = try fixture.open()
    slots = try #require(repository.keySlots)
    keys = try #require(repository.keys)
  }

  private func isBusy(_ error: any Error) -> Bool { (error as? SnapFault)?.code == .busy }

  @Test func `of two rotations from the same keys one is refused`() throws {
    let new = try slots.rotate(secret, label: "a", keys: keys)
    #expect(throws: SnapFault.self) { try slots.rotate(secret, label: "b", keys: keys) }
    #expect { try slots.add(secret, label: "c", keys: keys) } throws: { isBusy($0) }
    #expect { try slots.remove(#require(slots.list().first?.id), keys: keys) } throws: { isBusy($0) }
    #expect(try slots.list().compactMap(\.slot).map(\.epoch) == [1])
    #expect(new.newestEpochNumber == 1)
    try slots.add(secret, label: "c", keys: new)
    #expect(try slots.list().count == 2)
  }

  @Test func `a command that began before a rotation is told so, and calls nothing damaged`() throws {
    var random = SeededGenerator(seed: 4)
    let tree = random.tree()
    let early = try fixture.open()
    try early.save("v1", tree)
    let new = try slots.rotate(secret, label: "a", keys: keys)
    // On another machine: what one has read, the other has to read as well.
    let access = RepositoryAccess(cacheFolder: fixture.cacheFolder + " 2") { _ in .all(new) }
    let rotated = try Repository.open(at: fixture.path, access: access, events: fixture.events)
    try rotated.save("v2", tree)
    let uses: [(String, () throws -> Void)] = [
      ("save", { try early.save("v3", tree) }), ("gc", { try early.collect() }),
      ("verify", { _ = try Verifier.verify(early, options: VerifyOptions()) }),
    ]
    for (name, use) in uses {
      let fault = #expect(throws: SnapFault.self, "\(name)") { try use() }
      #expect(fault?.code == .busy && fault?.message.contains("were rotated while this command ran") == true)
    }
    #expect(try rotated.snapshots().map(\.snapshot.version) == ["v1", "v2"])
    #expect(try Verifier.verify(rotated, options: VerifyOptions()).problems == [])
  }

  @Test func `while somebody changes them, nobody else does, unless he has died`() throws {
    let store = RepositoryStore(try LocalObjectStore(folder: Array(fixture.path.utf8)), keys: .all(keys))
    let claim = store.claimName(KeySlots.claim)
    var other = SaveAnnouncement(by: SystemMachine())
    try store.announce(claim, other.encoded())
    #expect { try slots.add(secret, label: "c", keys: keys) } throws: { isBusy($0) }
    store.withdraw(claim)
    other.process.bootID = "another start of this machine"
    try store.announce(claim, other.encoded())
    try slots.add(secret, label: "c", keys: keys)
    #expect(try slots.list().count == 2)
    #expect(try store.list(.pending).isEmpty)
  }

  @Test func `the last slot of the newest keys is not removed, though an older one is there`() throws {
    let old = StoreTestFolder.names("\(fixture.path)/keys").map { "\(fixture.path)/keys/\($0)" }
    let bytes = old.map { StoreTestFolder.bytes($0) ?? [] }
    let new = try slots.rotate(secret, label: "a", keys: keys)
    // As if the rotation had been killed before it removed the others.
    for (path, bytes) in zip(old, bytes) { StoreTestFolder.write(bytes, to: path) }
    let found = try slots.list().compactMap(\.slot)
    #expect(found.map(\.epoch).sorted() == [0, 1])
    let newest = try #require(found.first { $0.epoch == 1 })
    #expect { try slots.remove(newest.id, keys: new) } throws: { ($0 as? SnapFault)?.code == .refused }
    try slots.remove(try #require(found.first { $0.epoch == 0 }).id, keys: new)
    #expect(try slots.list().map(\.id) == [newest.id])
  }
}

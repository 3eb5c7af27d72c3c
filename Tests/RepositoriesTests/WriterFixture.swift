import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// An encrypted repository, and keys that can only save into it.
struct WriterFixture {
  let fixture: RepositoryFixture
  let tree: RepositoryFixture.Tree
  let keys: KeyRing

  init() throws {
    fixture = try RepositoryFixture(isEncrypted: true)
    var random = SeededGenerator(seed: 2026)
    tree = ["a": random.bytes(5000), "b": random.text(3000), "long": random.bytes(90_000)]
    keys = try #require(try fixture.open().keys)
  }

  func slots() throws -> KeySlots { try Repository.keySlots(at: fixture.path) }

  func newKey(_ name: String = "web1") throws -> WriterKey {
    var made: WriterKey?
    try slots().addWriter(named: name, keys: keys) { made = $0 }
    return try #require(made)
  }

  func open(_ key: WriterKey, operations: any FileOperations = SystemFileOperations()) throws -> Repository {
    let access = RepositoryAccess(cacheFolder: fixture.cacheFolder) { slots in
      try slots.check(key)
      return .writing(key)
    }
    return try Repository.open(at: fixture.path, access: access, events: fixture.events, operations: operations)
  }

  func packBytes() -> Int {
    fixture.files().filter { $0.path.hasPrefix("packs/") }.reduce(0) { $0 + $1.bytes.count }
  }

  func expectSound(_ repository: Repository) throws {
    #expect(try Verifier.verify(repository, options: VerifyOptions(readData: .all)).problems.isEmpty)
  }
}

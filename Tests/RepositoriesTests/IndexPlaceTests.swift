import Glibc
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Where the index of an encrypted repository lies.
struct IndexPlaceTests {
  private let tree: RepositoryFixture.Tree = ["a": Array("content".utf8)]

  @Test func `it lies in the cache folder, whose parents are made, and never in the repository`() throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let deep = fixture.holder.path("home/.cache/snap")
    let access = RepositoryAccess(cacheFolder: deep, unlock: fixture.access.unlock)
    let repository = try Repository.open(at: fixture.path, access: access, events: fixture.events)
    try repository.save("v1", tree)
    repository.close()
    #expect(StoreTestFolder.names("\(deep)/\(repository.id)").contains("index.sqlite"))
    #expect(StoreTestFolder.names(fixture.path).allSatisfy { !$0.hasPrefix("index") })
  }

  @Test func `without a cache folder everything works, and is told`() throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let access = RepositoryAccess(cacheFolder: nil, unlock: fixture.access.unlock)
    for version in ["v1", "v2"] {
      let repository = try Repository.open(at: fixture.path, access: access, events: fixture.events)
      #expect(!repository.isReadOnly)
      let saved = try repository.save(version, tree)
      #expect(try repository.tree(of: saved) == tree)
      #expect(try repository.snapshots().count == (version == "v1" ? 1 : 2))
    }
    #expect(fixture.events.all.contains { $0.contains("neither SNAP_CACHE_DIR nor HOME says where") })
  }

  @Test func `its records give away no names`() throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let repository = try fixture.open()
    try repository.save("a-telling-version-name", tree)
    repository.close()
    let index = try #require(StoreTestFolder.bytes(fixture.indexPath()))
    #expect(index.firstRange(of: Array("a-telling".utf8)) == nil)
    // Only the keys that sealed them open them: then it is made anew.
    let id = repository.id
    #expect(try fixture.open().snapshots().map(\.snapshot.version) == ["a-telling-version-name"])
    #expect(try fixture.open().id == id)
  }
}

import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// What stands twice in a sealed record, and is damaged once.
struct SealedRecordRepairTests {
  @Test(arguments: [ObjectFolder.snapshots, .trash, .operations])
  func `what can be read by its copy alone is written again`(folder: ObjectFolder) throws {
    let fixture = try RepositoryFixture(isEncrypted: true)
    let tree: RepositoryFixture.Tree = ["a": [1, 2, 3]]
    let repository = try fixture.open()
    try repository.save("v1", tree)
    try repository.save("v2", tree)
    try repository.forget(["v2"])
    let name = try #require(try repository.store.list(folder).first)
    let path = "\(fixture.path)/\(name.path)"
    var bytes = try #require(StoreTestFolder.bytes(path))
    bytes[20] ^= 1
    StoreTestFolder.write(bytes, to: path)
    #expect(throws: PackingError.self) { try repository.store.read(name, isStrict: true) }
    let outcome = try IndexRebuilder.rebuild(fixture.path, access: fixture.access, events: fixture.events)
    #expect(outcome.recordsRecovered == 1)
    let after = try fixture.open()
    #expect(throws: Never.self) { try after.store.read(name, isStrict: true) }
    #expect(try Verifier.verify(after, options: VerifyOptions()).problems == [])
    #expect(try after.tree(of: #require(try after.version("v1"))) == tree)
    #expect(try after.trashed().map(\.snapshot.version) == ["v2"])
  }
}

import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct DerivedIndexTests {
  private let fixture: RepositoryFixture
  private let trees: [String: RepositoryFixture.Tree]

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 21)
    let repository = try fixture.open()
    trees = ["v1": random.tree(), "v2": random.tree()]
    for (version, tree) in trees { try repository.save(version, tree) }
    repository.close()
  }

  @Test func `a lost index is rebuilt with a note`() throws {
    fixture.removeIndex()
    let repository = try fixture.open()
    #expect(fixture.events.all.last == "index rebuilt from 2 packs")
    try expect(trees, in: repository, "rebuilt")
  }

  @Test(arguments: [0, 1, 99, 100, 512, 4096, 5000])
  func `a truncated index is rebuilt and the old one kept`(count: Int) throws {
    let path = fixture.path + "/index.sqlite"
    let bytes = try #require(StoreTestFolder.bytes(path))
    StoreTestFolder.write(Array(bytes.prefix(count)), to: path)
    try expect(trees, in: fixture.open(), "cut to \(count)")
  }

  @Test(arguments: 0..<20) func `an index with garbage in it is never believed`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let path = fixture.path + "/index.sqlite"
    var bytes = try #require(StoreTestFolder.bytes(path))
    if seed == 0 { bytes = random.bytes(8192) }
    for _ in 0..<Int.random(in: 1...200, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    StoreTestFolder.write(bytes, to: path)
    do {
      let repository = try fixture.open()
      for snapshot in try repository.snapshots().map(\.snapshot) {
        guard let tree = try? repository.tree(of: snapshot) else { continue }
        #expect(tree == trees[snapshot.version], "seed \(seed): wrong bytes")
      }
    } catch {
      #expect(error is SnapFault, "seed \(seed): \(error)")
    }
    // The cure that the message names.
    _ = try IndexRebuilder.rebuild(fixture.path, events: fixture.events)
    try expect(trees, in: fixture.open(), "seed \(seed), rebuilt")
  }

  @Test(arguments: ["new", "old"]) func `an index that is a link is put aside, and not followed`(target: String) throws
  {
    let place = fixture.holder.path(target)
    if target == "old" { StoreTestFolder.write([1, 2, 3], to: place) }
    fixture.removeIndex()
    #expect(unsafe symlink(place, fixture.path + "/index.sqlite") == 0)
    try expect(trees, in: fixture.open(), target)
    #expect(StoreTestFolder.bytes(place) == (target == "old" ? [1, 2, 3] : nil))
  }

  @Test func `an index of another repository is put aside`() throws {
    let other = try RepositoryFixture()
    try other.open().close()
    let bytes = try #require(StoreTestFolder.bytes(other.path + "/index.sqlite"))
    StoreTestFolder.write(bytes, to: fixture.path + "/index.sqlite")
    try expect(trees, in: fixture.open(), "the right one")
    #expect(StoreTestFolder.bytes(fixture.path + "/index.sqlite.bad") == bytes)
    #expect(fixture.events.all.contains { $0.contains("index.sqlite.bad") })
  }

  @Test func `an old index is brought up to date`() throws {
    let path = fixture.path + "/index.sqlite"
    let old = try #require(StoreTestFolder.bytes(path))
    let repository = try fixture.open()
    try repository.save("v3", ["c": [3]])
    try repository.forget(["v1"])
    try repository.collect()
    repository.close()
    fixture.removeIndex()
    StoreTestFolder.write(old, to: path)
    try expect(["v2": trees["v2"] ?? [:], "v3": ["c": [3]]], in: fixture.open(), "an old index")
  }
}

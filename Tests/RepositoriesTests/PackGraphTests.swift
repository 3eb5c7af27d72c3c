import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct PackGraphTests {
  /// What the content of a version's file stands on, by the ids of that.
  private func bases(
    of path: String, version: String, in repository: Repository
  ) throws -> (own: [ChunkID], bases: [ChunkID]) {
    let reader = repository.makeReader()
    let manifest = try Manifest(try #require(try repository.version(version)).manifest, reader: reader)
    let file = try #require(try manifest.entries(ofSegment: 0).first { $0.path.description == path })
    let chunks = try reader.chunks(of: file.content)
    let graph = try PackGraph(repository, packs: repository.packNames())
    return (chunks.map(\.id), graph.bases(of: chunks).map(\.id))
  }

  @Test func `a file stands on what its frame does, if the frame is its own`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 31)
    var tree: RepositoryFixture.Tree = ["a": random.text(60_000)]
    try repository.save("v1", tree)
    tree["a"]?.replaceSubrange(500..<520, with: random.text(20))
    try repository.save("v2", tree)
    let (old, ofOld) = try bases(of: "a", version: "v1", in: repository)
    let (new, ofNew) = try bases(of: "a", version: "v2", in: repository)
    #expect(ofOld == [] && !ofNew.isEmpty && Set(ofNew).isSubset(of: old) && Set(ofNew).isDisjoint(with: new))
  }

  @Test func `a file in a frame of many stands on nothing, whatever the frame does`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 32)
    var tree: RepositoryFixture.Tree = [:]
    for number in 0..<20 { tree["f\(number)"] = random.text(3000) }
    for version in 1...6 {
      try repository.save("v\(version)", tree)
      for number in 0..<20 { tree["f\(number)"]?.replaceSubrange(500..<520, with: random.text(20)) }
    }
    let (_, plan) = try GarbageCollector.repack(in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    try GarbageCollector.execute(plan, in: repository)
    let graph = try PackGraph(repository, packs: repository.packNames())
    #expect(graph.nodes.indices.contains { !graph.frame($0).header.bases.isEmpty })
    #expect(try bases(of: "f7", version: "v1", in: repository).bases == [])
  }
}

import Sealing
import TestSupport
import Testing

@testable import Repositories

@Suite struct DescriptorTests {
  @Test func `a repository that is let go has no file open`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 7)
    let tree = random.tree(files: 5)
    try fixture.open().saveHistory(versions: 4, random: &random)
    #expect(openPaths(below: fixture.path) == [])
    // A save that fails before its manifest is whole.
    #expect(throws: CancellationError.self) {
      let repository = try fixture.open()
      try repository.withSaveInProgress { pool in
        let session = try SaveSession(repository: repository, parent: nil, pool: pool)
        var stream = try session.makeContentStream(prior: nil, byteCountExpected: 1)
        try stream.add(HashedChunk(id: ChunkHasher(.sha256).id(of: [1]), bytes: [1]))
        throw CancellationError()
      }
    }
    #expect(openPaths(below: fixture.path) == [])
    _ = try fixture.open().version("v2").map { _ = try fixture.open().tree(of: $0) }
    try fixture.open().forget(["v1", "v3"])
    try fixture.open().collect()
    try fixture.open().save("v5", tree)
    fixture.removeIndex()
    #expect(try fixture.open().snapshots().count == 3)
    #expect(openPaths(below: fixture.path) == [])
  }
}

import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct FrameSweepTests {
  @Test func `each frame is decoded once, and right behind what it stands on`() throws {
    let fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 12)
    var tree: RepositoryFixture.Tree = [:]
    for name in 0..<6 { tree["f\(name)"] = random.text(20_000) }
    let repository = try fixture.open()
    for version in 0..<8 {
      try repository.save("v\(version)", tree)
      for name in tree.keys { tree[name]?[Int.random(in: 0..<20_000, using: &random)] ^= 1 }
    }
    let graph = try PackGraph(repository, packs: repository.packNames())
    let packs = Set(graph.packs.map(\.pack))
    let pool = try WorkerPool(naming: repository.naming, threadCount: 2)
    defer { pool.close() }
    let sweep = FrameSweep(repository, graph, pool: pool)
    let trees = sweep.trees(over: packs)
    #expect(trees.flatMap { $0 }.sorted() == Array(graph.nodes.indices))
    let longest = try #require(trees.max { $0.count < $1.count })
    #expect(longest.count > 4)
    for tree in trees {
      for (at, node) in tree.enumerated() {
        guard let base = graph.frame(node).header.bases.first.flatMap({ graph.chunks($0).first }) else { continue }
        #expect(tree[..<at].contains(try #require(graph.firstFrame(holding: base))))
      }
    }
    // A share of the packs has trees whose roots are elsewhere.
    let half = Set(packs.sorted().prefix(packs.count / 2))
    let some = sweep.trees(over: half).flatMap { $0 }
    #expect(some.sorted() == graph.nodes.indices.filter { half.contains(graph.packs[graph.nodes[$0].pack].pack) })
    let before = repository.reader().decodedFrameCount
    #expect(try Verifier.verify(repository, options: VerifyOptions(readData: .all)).problems.isEmpty)
    #expect(repository.reader().decodedFrameCount - before <= graph.nodes.count)
  }
}

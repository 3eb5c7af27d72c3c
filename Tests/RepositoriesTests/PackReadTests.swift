import ObjectStores
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// How often packs are read: calls are counted, not seconds.
struct PackReadTests {
  let fixture: RepositoryFixture
  let repository: Repository
  var tree: RepositoryFixture.Tree = [:]

  /// 400 small files, each a delta of its own in the second version.
  init() throws {
    fixture = try RepositoryFixture()
    repository = try fixture.open()
    var random = SeededGenerator(seed: 8)
    for number in 0..<400 { tree["f\(number)"] = random.bytes(300) }
    try repository.save("v1", tree)
    for name in tree.keys { tree[name]?[150] ^= 1 }
    try repository.save("v2", tree, sharesFrames: false)
  }

  private func makeReader() -> (ChunkReader, RecordingStore) {
    let store = RecordingStore(repository.store)
    return (ChunkReader(index: repository.index, store: store, naming: .sha256, refresh: { [] }), store)
  }

  @Test func `frames that lie together are read together`() throws {
    let snapshot = try #require(try repository.version("v2"))
    let (reader, store) = makeReader()
    var back: RepositoryFixture.Tree = [:]
    try repository.manifest(of: snapshot).forEach { entry in
      guard entry.kind == .file else { return }
      back[entry.path.description] = try reader.chunks(of: entry.content).flatMap { try reader.bytes(of: $0) }
    }
    #expect(back == tree)
    #expect(reader.decodedFrameCount >= 400)
    // Two packs of less than 150 KiB.
    #expect(store.operations.count <= 8)
  }

  @Test func `a chunk of another length than its reference says is not given`() throws {
    let bytes = try #require(tree.values.first)
    let id = ChunkHasher(.sha256).id(of: bytes)
    #expect(try repository.reader().bytes(of: ChunkReference(id: id, length: bytes.count)) == bytes[...])
    for length in [bytes.count - 1, bytes.count + 1] {
      #expect(throws: ChunkFault.missing(id)) {
        try repository.reader().bytes(of: ChunkReference(id: id, length: length))
      }
    }
  }

  @Test func `a frame is read alone when what lies behind it cannot be`() throws {
    let snapshot = try #require(try repository.version("v2"))
    var contents: [FileContent] = []
    try repository.manifest(of: snapshot).forEach { if $0.kind == .file { contents.append($0.content) } }
    // As after an I/O error of the disk: every first read of a stretch fails.
    let store = FaultingStore(repository.store, plan: .once(0))
    let reader = ChunkReader(index: repository.index, store: store, naming: .sha256, refresh: { [] })
    let first = try #require(contents.first)
    #expect(try reader.chunks(of: first).flatMap { try reader.bytes(of: $0) } == tree["f0"])
    #expect(store.callCount == 3)
  }
}

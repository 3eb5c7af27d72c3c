import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Machines that may save into an encrypted repository, and not read it.
struct WriterTests {
  private let writers: WriterFixture
  private var fixture: RepositoryFixture { writers.fixture }
  private var tree: RepositoryFixture.Tree { writers.tree }

  init() throws { writers = try WriterFixture() }

  // MARK: What it can do

  @Test func `what it saves, who has the keys reads`() throws {
    let full = try fixture.open()
    try full.save("v1", ["own": [1, 2, 3]])
    let key = try writers.newKey()
    let saved = try writers.open(key).save("v1", tree)
    #expect(saved.version == "web1/v1")
    let listed = try fixture.open()
    #expect(try listed.snapshots().map(\.snapshot.version) == ["v1", "web1/v1"])
    #expect(try listed.tree(of: #require(try listed.version("web1/v1"))) == tree)
    try writers.expectSound(listed)
    // Also with no index, and with none that is right.
    fixture.removeIndex()
    let rebuilt = try fixture.open()
    #expect(try rebuilt.tree(of: #require(try rebuilt.version("web1/v1"))) == tree)
    try rebuilt.mendIndex()
    #expect(try rebuilt.tree(of: #require(try rebuilt.version("web1/v1"))) == tree)
  }

  @Test func `it reads nothing, not even what it saved`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    let writer = try writers.open(writers.newKey())
    let saved = try writer.save("v2", tree)
    #expect(try writer.snapshots().isEmpty && writer.trashed().isEmpty)
    #expect { try writer.manifest(of: saved).forEach { _ in } } throws: { $0 is SnapFault || $0 is ChunkFault }
    for name in try ObjectFolder.allCases.flatMap({ try writer.store.list($0) }) {
      switch name {
      case .key, .writer: continue
      default: #expect(throws: SnapFault.self, "\(name)") { try writer.store.read(name) }
      }
    }
    #expect(throws: SnapFault.self) { try writer.store.create(.operation("x"), [1]) }
    #expect(throws: SnapFault.self) { try writer.store.create(.labels(saved.id), [1]) }
  }

  @Test func `it stores again only what is new, as long as its last version is there`() throws {
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    let first = writers.packBytes()
    var changed = tree
    changed["b"]?[7] ^= 1
    try writers.open(key).save("v2", changed)
    #expect(writers.packBytes() - first < 20_000)
    // However others have moved it meanwhile.
    let full = try fixture.open()
    let (_, plan) = try GarbageCollector.repack(in: full, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    try GarbageCollector.execute(plan, in: full)
    let before = writers.packBytes()
    try writers.open(key).save("v3", changed)
    #expect(writers.packBytes() - before < 20_000)
    #expect(try full.tree(of: #require(try fixture.open().version("web1/v3"))) == changed)
    // And everything once it is gone.
    try full.forget(["web1/v1", "web1/v2", "web1/v3"])
    try full.collect()
    try writers.open(key).save("v4", changed)
    let last = try fixture.open()
    #expect(try last.tree(of: #require(try last.version("web1/v4"))) == changed)
    try writers.expectSound(last)
  }

  @Test func `asked to, it stores everything anew, for it cannot see damage`() throws {
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    let before = writers.packBytes()
    let repository = try writers.open(key)
    try repository.withSaveInProgress { pool in
      let session = try SaveSession(repository: repository, parent: nil, pool: pool, trustsMemory: false)
      _ = try session.commit("v2", session.store(tree))
    }
    #expect(writers.packBytes() - before > 90_000)
  }

  @Test func `a chunk that no version names is not taken for known`() throws {
    let key = try writers.newKey()
    let unnamed = [UInt8](repeating: 9, count: 3000)
    let repository = try writers.open(key)
    try repository.withSaveInProgress { pool in
      let session = try SaveSession(repository: repository, parent: nil, pool: pool)
      // As a dump that failed, and was left out.
      var stream = try session.makeContentStream(prior: nil, byteCountExpected: 3000)
      try stream.add(HashedChunk(id: ChunkHasher(repository.naming).id(of: unnamed), bytes: unnamed[...]))
      _ = try stream.finish()
      let manifest = try session.store(tree)
      _ = try session.commit("v1", manifest)
    }
    // Who collects keeps what versions name.
    try fixture.open().collect()
    try writers.open(key).save("v2", ["dump": unnamed], pieceLength: 3000)
    let full = try fixture.open()
    #expect(try full.tree(of: #require(try full.version("web1/v2"))) == ["dump": unnamed])
  }

  // MARK: Beside others

  @Test func `a collection that was killed is no hindrance`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    var random = SecureRandom()
    try full.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(full.packNames()))
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    try writers.open(key).save("v2", tree)
    try full.collect()
    let after = try fixture.open()
    for version in ["v1", "web1/v1", "web1/v2"] {
      #expect(try after.tree(of: #require(try after.version(version))) == tree)
    }
  }

  @Test func `a collection that begins meanwhile makes it store everything again`() throws {
    let full = try fixture.open()
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    var attempts = 0
    try writers.open(key).save("v2", tree) { _, attempt in
      attempts = attempt
      guard attempt == 1 else { return }
      // It condemns all there is, and is killed.
      var random = SecureRandom()
      try full.store.create(.tomb(CollectionID(using: &random)), TombCoder.encode(full.packNames()))
    }
    #expect(attempts == 2)
    try full.collect()
    let after = try fixture.open()
    for version in ["web1/v1", "web1/v2"] {
      #expect(try after.tree(of: #require(try after.version(version))) == tree)
    }
    try writers.expectSound(after)
  }

  @Test func `when its last version goes while it saves, it starts again`() throws {
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    var attempts = 0
    try writers.open(key).save("v2", tree) { _, attempt in
      attempts = attempt
      guard attempt == 1 else { return }
      let full = try fixture.open()
      try full.forget(["web1/v1"])
      try full.collect()
    }
    #expect(attempts == 2)
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("web1/v2"))) == tree)
    try writers.expectSound(after)
  }

  @Test func `cut short at any call, it leaves nothing in the way`() throws {
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    let start = fixture.keep(as: "start")
    let counted = InterruptedOperations(.never)
    try writers.open(key, operations: counted).save("v2", tree)
    #expect(counted.changeCount > 5)
    for change in 0...counted.changeCount {
      fixture.goBack(to: start)
      let operations = InterruptedOperations(.crash(atChange: change))
      let saved = try? writers.open(key, operations: operations).save("v2", tree)
      let full = try fixture.open()
      #expect(try full.tree(of: #require(try full.version("web1/v1"))) == tree, "change \(change)")
      if saved != nil { #expect(try full.version("web1/v2") != nil, "change \(change)") }
      if let second = try full.version("web1/v2") { #expect(try full.tree(of: second) == tree, "change \(change)") }
      try full.collect()
      try writers.open(key).save("v3", tree)
      let after = try fixture.open()
      #expect(try after.tree(of: #require(try after.version("web1/v3"))) == tree, "change \(change)")
    }
  }

  // MARK: Taking it back

  @Test func `once it is removed its versions stay, and it saves no more`() throws {
    let key = try writers.newKey()
    let other = try writers.newKey("web2")
    let writer = try writers.open(key)
    try writer.save("v1", tree)
    try writers.open(other).save("v1", tree)
    #expect(try fixture.open().removeWriter(writers.slots().writers()[0]) == 1)
    #expect(try writers.slots().writers().compactMap(\.writer?.name) == ["web2"])
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("web1/v1"))) == tree)
    #expect { try writers.open(key) } throws: { ($0 as? SnapFault)?.code == .wrongKey }
    // A client that was changed not to look goes unheard.
    var random = SecureRandom()
    var late = try #require(try after.version("web1/v1"))
    late.id = SnapshotID(using: &random)
    late.version = "web1/v2"
    try writer.store.create(.snapshot(late.id), SnapshotCoder.encode(late))
    let last = try fixture.open()
    #expect(try last.version("web1/v2") == nil)
    #expect(throws: PackingError.self) { try last.store.read(.snapshot(late.id)) }
    #expect(try last.version("web2/v1") != nil)
  }

  @Test func `who made himself a writer is none`() throws {
    let stranger = WriterKey(
      newFor: KeyRing(newFor: writers.keys.repository), name: "web9", config: try fixture.open().config)
    let real = try writers.newKey()
    let forged = Writer(stranger, created: currentTime(), keys: KeyRing(newFor: writers.keys.repository))
    let writer = try writers.open(real)
    try writer.store.create(.writer(forged.id), forged.encoded())
    let full = try fixture.open()
    #expect(try full.store.writer(forged.id, writers.keys) == nil)
    #expect(try full.store.writer(real.writer, writers.keys)?.name == "web1")
  }

  @Test func `a rotation ends it, and what it saved is sealed anew`() throws {
    let key = try writers.newKey()
    try writers.open(key).save("v1", tree)
    let new = try writers.slots().rotate(.recoveryCode(RecoveryCode().secret), label: "new", keys: writers.keys)
    #expect { try writers.open(key) } throws: { ($0 as? SnapFault)?.message.contains("rotated to 1") == true }
    let access = RepositoryAccess(cacheFolder: fixture.cacheFolder) { _ in .all(new) }
    let full = try Repository.open(at: fixture.path, access: access, events: fixture.events)
    #expect(try full.tree(of: #require(try full.version("web1/v1"))) == tree)
    let outcome = try full.reseal()
    #expect(outcome.packs > 0 && outcome.records == 1)
    for name in try ObjectFolder.allCases.flatMap({ try full.store.list($0) }) where name.folder != .writers {
      #expect(try !full.store.isWritten(name), "\(name)")
    }
    #expect(try full.tree(of: #require(try full.version("web1/v1"))) == tree)
  }

  @Test func `names and numbers of writers have limits`() throws {
    _ = try writers.newKey()
    #expect { try writers.newKey() } throws: { ($0 as? SnapFault)?.code == .refused }
    #expect {
      try writers.slots().add(.recoveryCode(RecoveryCode().secret), label: "web1", keys: writers.keys)
    } throws: {
      ($0 as? SnapFault)?.code == .refused
    }
    // What could not be handed on is not stored.
    #expect(throws: CancellationError.self) {
      try writers.slots().addWriter(named: "web2", keys: writers.keys) { _ in throw CancellationError() }
    }
    #expect(try writers.slots().writers().count == 1)
  }

  // MARK: Which version is meant

  @Test func `what it saves is never taken for the latest unless it is asked for`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    let key = try writers.newKey()
    try writers.open(key).save("v8", tree)
    try writers.open(key).save("v9", tree)
    let after = try fixture.open()
    func version(_ text: String) throws -> String {
      try RevisionExpression.resolve(text, in: after, preferring: Array("/r".utf8)).snapshot.version
    }
    #expect(try version("latest") == "v1")
    #expect(try version("web1/latest") == "web1/v9")
    #expect(try version("web1/latest~1") == "web1/v8")
    #expect(try version("web1/v8") == "web1/v8")
    #expect(try version("web1/v9~1") == "web1/v8")
    #expect(throws: SnapFault.self) { try version("web1/latest~2") }
    #expect(throws: SnapFault.self) { try version("web2/latest") }
  }
}

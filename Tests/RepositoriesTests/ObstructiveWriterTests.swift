import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// How a machine that may only save can get in the way of others, when somebody has broken into it.
struct ObstructiveWriterTests {
  private let writers: WriterFixture
  private var fixture: RepositoryFixture { writers.fixture }
  private var tree: RepositoryFixture.Tree { writers.tree }

  init() throws { writers = try WriterFixture() }

  /// A version of which only the record is there.
  private func plantHollowVersion(by writer: Repository, in folder: (SnapshotID) -> ObjectName) throws -> Snapshot {
    let manifest = ChunkReference(id: ChunkHasher(writer.naming).id(of: [1, 2, 3]), length: 3)
    return try plant(manifest, by: writer, in: folder)
  }

  private func plant(
    _ manifest: ChunkReference, by writer: Repository, in folder: (SnapshotID) -> ObjectName
  ) throws -> Snapshot {
    var random = SecureRandom()
    let hollow = Snapshot(
      id: SnapshotID(using: &random), version: "web1/hollow", created: currentTime(), host: "h", user: "u",
      root: Array("/r".utf8), sources: [.root], manifest: manifest, toolVersion: toolVersion)
    try writer.store.create(folder(hollow.id), SnapshotCoder.encode(hollow))
    return hollow
  }

  @Test func `a version of which nothing is there stops collections until it is forgotten`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    try full.save("v2", ["x": [1]])
    let writer = try writers.open(writers.newKey())
    let hollow = try plantHollowVersion(by: writer, in: ObjectName.snapshot)
    let fault = #expect(throws: SnapFault.self) { try fixture.open().collect() }
    #expect(fault?.code == .damage)
    #expect(fault?.message.hasPrefix("the list of files of web1/hollow cannot be read (chunk ") == true)
    #expect(fault?.hint?.hasSuffix("snap forget web1/hollow gives it up") == true)
    // Others can still be forgotten; what that frees nobody can tell.
    let admin = try fixture.open()
    let second = try #require(try admin.version("v2"))
    let plan = try Forgetter.plan([second.id], in: admin)
    #expect(plan.bytesFreedByCollection == nil)
    try Forgetter.execute(plan, in: admin)
    #expect(try admin.exclusiveBytes().count == 1)
    try admin.forget(["web1/hollow"])
    // Also while it may still be taken back.
    try fixture.open().collect(undoWindowSeconds: 86400)
    try fixture.open().collect()
    #expect(try fixture.open().snapshots().map(\.snapshot.version) == ["v1"])
    #expect(try !fixture.open().store.exists(.trash(hollow.id)))
    try writers.expectSound(fixture.open())
  }

  @Test func `so does one that lacks the list of a large file's chunks`() throws {
    let writer = try writers.open(writers.newKey())
    let large = try #require(ArchivePath("large"))
    let manifest = try writer.withSaveInProgress { pool in
      let session = try SaveSession(repository: writer, parent: nil, pool: pool)
      let missing = ChunkReference(id: ChunkHasher(writer.naming).id(of: [9]), length: 100)
      let metadata = FileMetadata(mode: 0o644, owner: FileOwner(userID: 0, groupID: 0), modified: currentTime())
      try session.append(ManifestEntry(path: .root, kind: .directory, metadata: metadata))
      try session.append(
        ManifestEntry(
          path: large, kind: .file, metadata: metadata, size: 1 << 30,
          content: .indirect(lists: [missing])))
      let reference = try session.finishManifest()
      try session.flush()
      return reference
    }
    let hollow = try plant(manifest, by: writer, in: ObjectName.snapshot)
    #expect(throws: SnapFault.self) { try fixture.open().collect() }
    let admin = try fixture.open()
    try admin.forget(["web1/hollow"])
    try admin.collect(undoWindowSeconds: 86400)
    #expect(try admin.trashed().map(\.snapshot.id) == [hollow.id])
  }

  @Test func `what he puts into the trash stops nobody, and is kept`() throws {
    let key = try writers.newKey()
    let writer = try writers.open(key)
    let genuine = try writer.save("v1", tree)
    // Or whoever has the storage moves it there.
    let repository = fixture.path
    #expect(unsafe rename("\(repository)/snapshots/\(genuine.id)", "\(repository)/trash/\(genuine.id)") == 0)
    let full = try fixture.open()
    try full.save("v2", ["x": [1]])
    try full.checkChain(expectedHead: nil, seen: [:], accepted: [])
    #expect(fixture.events.all.contains { $0.contains("web1/v1") && $0.contains("nothing forgot it; it is kept: mv ") })
    try full.collect()
    #expect(unsafe rename("\(repository)/trash/\(genuine.id)", "\(repository)/snapshots/\(genuine.id)") == 0)
    let after = try fixture.open()
    #expect(try after.tree(of: #require(try after.version("web1/v1"))) == tree)
    // Forgotten as it should be, it goes.
    try after.forget(["web1/v1"])
    try after.collect()
    #expect(try !after.store.exists(.trash(genuine.id)))
  }

  @Test func `a record that is nobody's is passed over`() throws {
    let full = try fixture.open()
    try full.save("v1", tree)
    let key = try writers.newKey()
    let writer = try writers.open(key)
    _ = try full.removeWriter(#require(try writers.slots().writers().first))
    let planted = try plantHollowVersion(by: writer, in: ObjectName.snapshot)
    let after = try fixture.open()
    #expect(try after.snapshots().map(\.snapshot.version) == ["v1"])
    #expect(!after.hasUnreadableRecords)
    #expect(
      fixture.events.all.contains {
        $0.contains("snapshots/\(planted.id) is of nobody who may save here; it counts for nothing")
      })
    try after.collect()
  }

  @Test func `forgetting what he put beside another's forgotten version does not take that away`() throws {
    let full = try fixture.open()
    let genuine = try full.save("v1", tree)
    try full.forget(["v1"])
    let writer = try writers.open(writers.newKey())
    var planted = try writer.save("v1", ["x": [1]])
    planted.id = genuine.id
    try writer.store.create(.snapshot(planted.id), SnapshotCoder.encode(planted))
    let admin = try fixture.open()
    let plan = try Forgetter.plan([planted.id], in: admin)
    #expect { try Forgetter.execute(plan, in: admin) } throws: { error in
      (error as? SnapFault)?.code == .refused
        && (error as? SnapFault)?.hint == "rm \(fixture.path)/snapshots/\(planted.id)"
    }
    #expect(unsafe unlink("\(fixture.path)/snapshots/\(planted.id)") == 0)
    let after = try fixture.open()
    _ = try OperationLog.undoLast(in: after)
    #expect(try after.tree(of: #require(try after.version("v1"))) == tree)
  }

  @Test func `a file of his where another's version goes when it is forgotten gives way`() throws {
    let full = try fixture.open()
    let genuine = try full.save("v1", tree)
    let writer = try writers.open(writers.newKey())
    var planted = try writer.save("v1", ["x": [1]])
    planted.id = genuine.id
    try writer.store.create(.trash(planted.id), SnapshotCoder.encode(planted))
    try fixture.open().forget(["v1"])
    let after = try fixture.open()
    _ = try OperationLog.undoLast(in: after)
    #expect(try after.tree(of: #require(try after.version("v1"))) == tree)
  }

  @Test func `a save whose key is removed meanwhile says so`() throws {
    let writer = try writers.open(writers.newKey())
    let admin = try fixture.open()
    #expect {
      try writer.save("v1", tree) { _, _ in
        _ = try admin.removeWriter(#require(try writers.slots().writers().first))
      }
    } throws: {
      ($0 as? SnapFault)?.code == .wrongKey
    }
    #expect(try fixture.open().snapshots().isEmpty)
    #expect(fixture.names("pending").isEmpty && fixture.names("snapshots").isEmpty)
  }
}

import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// What a machine that may only save can claim beyond all measure, when somebody has broken into it: nobody need crash, hang or
/// stop for it.
struct AbsurdWriterTests {
  private let writers: WriterFixture
  private var fixture: RepositoryFixture { writers.fixture }

  init() throws {
    writers = try WriterFixture()
    try fixture.open().save("v1", writers.tree)
  }

  /// A version with this manifest that has not been committed, or has.
  @discardableResult
  private func plant(
    _ manifest: ChunkReference, by writer: Repository, isPending: Bool = false,
    _ change: (inout Snapshot) -> Void = { _ in }
  ) throws -> SnapshotID {
    var random = SecureRandom()
    var snapshot = Snapshot(
      id: SnapshotID(using: &random), version: "web1/absurd", created: currentTime(), host: "h", user: "u",
      root: Array("/r".utf8), sources: [.root], manifest: manifest, toolVersion: toolVersion)
    change(&snapshot)
    try writer.store.create(isPending ? .pending(snapshot.id) : .snapshot(snapshot.id), SnapshotCoder.encode(snapshot))
    return snapshot.id
  }

  private func missingChunk(_ naming: ChunkNaming) -> ChunkReference {
    ChunkReference(id: ChunkHasher(naming).id(of: [1, 2, 3]), length: 3)
  }

  /// Stores chunks, and says what they are called.
  private func store(_ contents: [[UInt8]], by writer: Repository) throws -> [ChunkReference] {
    let hasher = ChunkHasher(writer.naming)
    let chunks = contents.map { ChunkReference(id: hasher.id(of: $0), length: $0.count) }
    let encoder = FrameEncoder()
    _ = try writer.storePack(zip(chunks, contents).map { try encoder.encode(chunks: [($0.id, $1[...])], level: .auto) })
    return chunks
  }

  private func storeSegment(_ entry: ManifestEntry?, by writer: Repository) throws -> ManifestRoot.Segment {
    var manifest = ManifestWriter()
    _ = try manifest.append(ManifestEntry(path: .root, kind: .directory, metadata: metadata))
    if let entry { _ = try manifest.append(entry) }
    let finished = manifest.finish()
    let segment = try #require(finished)
    let chunk = try store([segment.bytes], by: writer)[0]
    return ManifestRoot.Segment(firstPath: .root, entryCount: segment.entryCount, chunk: chunk)
  }

  private let metadata = FileMetadata(
    mode: 0o644, owner: FileOwner(userID: 0, groupID: 0), modified: Timestamp(seconds: 1_700_000_000))

  /// A file in whose entry a list of some thousand chunks stands forty thousand times: more than memory holds, for whoever takes
  /// all of it.
  @Test func `a list of chunks that stands in a file forty thousand times is read once`() throws {
    let writer = try writers.open(writers.newKey())
    let content = try store([[7]], by: writer)
    let lists = try store(ChunkList.split(Array(repeating: content[0], count: 4096)), by: writer)
    let big = try #require(ArchivePath("big"))
    let segment = try storeSegment(
      ManifestEntry(
        path: big, kind: .file, metadata: metadata, size: 5,
        content: .indirect(lists: Array(repeating: lists[0], count: 40_000))), by: writer)
    try plant(store([ManifestRoot(segments: [segment]).encoded()], by: writer)[0], by: writer)
    let admin = try fixture.open()
    #expect(try admin.exclusiveBytes().count == 2)
    #expect(
      try Verifier.verify(admin, options: VerifyOptions(readData: .all)).problems.map(\.message)
        == ["'big' in web1/absurd contradicts itself: its chunks are not as long as it"])
    _ = try GarbageCollector.repack(in: admin, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    try admin.collect()
    try admin.forget(["web1/absurd"])
    try admin.collect(undoWindowSeconds: 86400)
    #expect(try admin.trashed().count == 1)
    try admin.collect()
    try writers.expectSound(fixture.open())
  }

  @Test func `of a file with more chunks than any no list is made to encode it anew`() throws {
    let repository = try fixture.open()
    let content = try store([[7]], by: repository)
    let lists = try store(ChunkList.split(Array(repeating: content[0], count: 4096)), by: repository)
    func entry(_ path: String, listCount: Int) throws -> ManifestEntry {
      ManifestEntry(
        path: try #require(ArchivePath(path)), kind: .file, metadata: metadata, size: UInt64(listCount * 4096),
        content: .indirect(lists: Array(repeating: lists[0], count: listCount)))
    }
    for (listCount, isTaken) in [(2, true), (HistoryReader.chunkCountMax / 4096 + 1, false)] {
      let segment = try storeSegment(entry("big", listCount: listCount), by: repository)
      let manifest = try store([ManifestRoot(segments: [segment]).encoded()], by: repository)[0]
      try plant(manifest, by: repository)
      let fresh = try fixture.open()
      let snapshot = try #require(try fresh.snapshots().map(\.snapshot).first { $0.manifest == manifest })
      var history = try HistoryReader([snapshot], fileBytesMax: .max, reader: fresh.reader())
      let files = try #require(history.parts.last)
      #expect(try history.versions(in: files).map(\.chunks.count) == (isTaken ? [listCount * 4096] : []))
      #expect(history.chunksLeftOut == (isTaken ? [] : content))
    }
  }

  @Test func `a segment that breaks the rules stops no collection, nor does its version once it is forgotten`() throws {
    let writer = try writers.open(writers.newKey())
    var segment = try storeSegment(nil, by: writer)
    // The one entry is a folder with mode 0100000.
    let admin = try fixture.open()
    try admin.adoptPacks()
    var bytes = Array(try admin.reader().bytes(of: segment.chunk))
    let mode = try #require(bytes.indices.first { bytes[$0...].starts(with: [1, 0, 0xA4, 0x01]) })
    bytes[mode + 3] = 0x81
    segment.chunk = try store([bytes], by: writer)[0]
    try plant(store([ManifestRoot(segments: [segment]).encoded()], by: writer)[0], by: writer)
    for isDeep in [false, true] {
      let (_, plan) = try GarbageCollector.repack(in: admin, isDeep: isDeep, isDryRun: false, undoWindowSeconds: 0)
      try GarbageCollector.execute(plan, in: admin)
    }
    let fault = try Verifier.verify(admin, options: VerifyOptions()).problems.first
    #expect(fault?.message.hasPrefix("the manifest of web1/absurd is damaged: manifest segment") == true)
    try admin.forget(["web1/absurd"])
    _ = try GarbageCollector.repack(in: admin, isDeep: true, isDryRun: false, undoWindowSeconds: 86400)
    #expect(try admin.tree(of: #require(try admin.version("v1"))) == writers.tree)
  }

  @Test func `a manifest that names a segment twice is none`() throws {
    let writer = try writers.open(writers.newKey())
    let segment = try storeSegment(nil, by: writer)
    var second = segment
    second.firstPath = try #require(ArchivePath("b"))
    try plant(store([ManifestRoot(segments: [segment, second]).encoded()], by: writer)[0], by: writer)
    let admin = try fixture.open()
    let fault = #expect(throws: SnapFault.self) { try admin.collect() }
    #expect(fault?.message.hasPrefix("the list of files of web1/absurd cannot be read") == true)
    try admin.forget(["web1/absurd"])
    try admin.collect(undoWindowSeconds: 86400)
  }

  @Test func `numbers and times that no sum holds end no command`() throws {
    let writer = try writers.open(writers.newKey())
    let manifest = try #require(try fixture.open().version("v1")).manifest
    for seconds in [Int64.min, .max] {
      try plant(manifest, by: writer) { snapshot in
        snapshot.created = Timestamp(seconds: seconds)
        snapshot.statistics.filesNew = .max
        snapshot.statistics.filesChanged = .max
        snapshot.statistics.bytesLogical = .max
      }
    }
    let admin = try fixture.open()
    let versions = try admin.snapshots().map(\.snapshot)
    #expect(versions.map(\.version) == ["web1/absurd", "v1", "web1/absurd"])
    #expect(versions[0].statistics.fileCount == .max)
    #expect(try admin.statistics().bytesLogical == .max)
    #expect(try admin.cost(of: Set(versions.map(\.id))).bytesLogical == .max)
    #expect(versions[2].created.seconds(since: versions[0].created) == .max)
    #expect(versions[0].created.seconds(since: versions[2].created) == .min)
    try admin.collect()
  }

  @Test func `announcements of any time stop no collection, and those of a far future do not stay`() throws {
    let writer = try writers.open(writers.newKey())
    var random = SecureRandom()
    for seconds in [Int64.min, .max, .max - 3 * 86400, currentTime().seconds + 30 * 86400] {
      for host in [hostName(), "elsewhere"] {
        var announcement = SaveAnnouncement(by: SystemMachine())
        announcement.process.host = host
        announcement.started = Timestamp(seconds: seconds)
        try writer.store.create(.pending(SnapshotID(using: &random)), announcement.encoded())
      }
    }
    try fixture.open().collect()
    // What says that it is of this process is believed.
    #expect(fixture.names("pending").count == 4)
  }

  @Test func `a version about to be committed of which nothing is there stops no collection, and is taken away`() throws
  {
    let writer = try writers.open(writers.newKey())
    try plant(missingChunk(writer.naming), by: writer, isPending: true)
    try fixture.open().collect()
    #expect(fixture.names("pending").isEmpty)
  }

  @Test func `a name with control characters is nobody's`() throws {
    let writer = try writers.open(writers.newKey())
    let manifest = try #require(try fixture.open().version("v1")).manifest
    for name in ["web1/\u{1B}[2Jred", "web1/a\nb", "web1/\u{9B}31m"] {
      try plant(manifest, by: writer) { $0.version = name }
    }
    #expect(try fixture.open().snapshots().map(\.snapshot.version) == ["v1"])
    #expect(fixture.events.all.count { $0.contains("is of nobody who may save here") } == 3)
  }

  @Test func `a record that is longer than any is not read, and stops nobody`() throws {
    let writer = try writers.open(writers.newKey())
    let manifest = try #require(try fixture.open().version("v1")).manifest
    let id = try plant(manifest, by: writer) {
      $0.message = String(repeating: "x", count: SnapshotCoder.byteCountMax + 1)
    }
    // Whoever reads all of it finds damage; who looks at its length and its header does not.
    let path = "\(fixture.path)/\(ObjectName.snapshot(id).path)"
    var bytes = try #require(StoreTestFolder.bytes(path))
    bytes[bytes.count / 2] ^= 1
    StoreTestFolder.write(bytes, to: path)
    let admin = try fixture.open()
    #expect(try admin.snapshots().map(\.snapshot.version) == ["v1"])
    #expect(!admin.hasUnreadableRecords)
    try admin.collect()
  }

  @Test func `files among the operations that nobody with the keys made push none of those out`() throws {
    for number in 0..<1001 {
      let name = "ffffffff\(10_000_000 + number)-forget"
      StoreTestFolder.write([1, 2, 3], to: "\(fixture.path)/operations/\(name)")
    }
    try fixture.open().forget(["v1"])
    let after = try fixture.open()
    try after.checkChain(expectedHead: nil, seen: [:], accepted: [])
    _ = try OperationLog.undoLast(in: after)
    #expect(try after.version("v1") != nil)
  }

  @Test func `many versions of his keep none of others from being named in the chain`() throws {
    let writer = try writers.open(writers.newKey())
    let full = try fixture.open()
    let genuine = try #require(try full.version("v1"))
    for number in 0..<70 {
      try plant(genuine.manifest, by: writer) {
        $0.created = Timestamp(seconds: currentTime().seconds + 86400)
        $0.version = "web1/\(number)"
      }
    }
    let admin = try fixture.open()
    _ = try admin.snapshots()
    let heads = try admin.heads()
    #expect(heads.count == RecordLink.countMax && heads.first?.id == genuine.id)
  }

  @Test func `of two clients' records of one id none is called the wrong one`() throws {
    let honest = try writers.open(writers.newKey("web2"))
    let genuine = try honest.save("v1", writers.tree)
    let hostile = try writers.open(writers.newKey())
    var planted = genuine
    planted.version = "web1/v1"
    try hostile.store.create(.trash(planted.id), SnapshotCoder.encode(planted))
    let admin = try fixture.open()
    let plan = try Forgetter.plan([genuine.id], in: admin)
    let fault = #expect(throws: SnapFault.self) { try Forgetter.execute(plan, in: admin) }
    #expect(fault?.hint?.hasPrefix("one of the machines 'web2' and 'web1' copied it") == true)
  }

  @Test func `where too many keys lie about, what to do is said`() throws {
    _ = try writers.newKey()  // Makes the folder.
    let slots = try writers.slots()
    var random = SecureRandom()
    for _ in 0..<300 {
      for folder in ["keys", "writers"] {
        StoreTestFolder.write([1], to: "\(fixture.path)/\(folder)/\(SnapshotID(using: &random))")
      }
    }
    let keys = #expect(throws: SnapFault.self) { try slots.list() }
    #expect(keys?.hint == "ls -lt \(fixture.path)/keys; what came there without snap key may go")
    let writers = #expect(throws: SnapFault.self) { try slots.writers() }
    #expect(writers?.hint == "ls -lt \(fixture.path)/writers; what came there without snap key may go")
  }
}

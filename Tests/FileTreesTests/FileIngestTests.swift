import CLinux
import Chunking
import Glibc
import ObjectStores
import Repositories
import Sealing
import SnapshotModel
import Testing

@testable import FileTrees

/// A small file that is what was walked, and what became of others meanwhile.
struct FileIngestTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  private func walked() throws -> WalkedItem {
    let walker = try TreeWalker(root: fixture.root)
    while let event = walker.next() {
      if case .item(let item) = event, item.path == ArchivePath("file") { return item }
    }
    throw SystemError(errno: ENOENT, operation: "walk")
  }

  private func ingest(_ item: WalkedItem) throws(SystemError) -> IngestedFile {
    try FileIngest.ingest(
      item, chunker: Chunker(), owners: OwnerNames(), tools: WorkerTools(naming: .sha256), holdsSecret: nil
    ).get()
  }

  private func content(_ file: IngestedFile) -> [UInt8] { file.chunks.flatMap { Array($0.bytes) } }

  @Test(arguments: [0, 1, 100_000])
  func `a file that is what was walked is read once`(length: Int) throws {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    try fixture.file(Array("file".utf8), bytes)
    #expect(unsafe setxattr("\(fixture.path)/file", "user.kind", "x", 1, 0) == 0)
    let item = try walked()
    let file = try ingest(item)
    #expect(content(file) == bytes && file.size == UInt64(length) && file.status == item.status)
    #expect(!file.changedWhileRead && file.dataExtents == nil)
    #expect(file.metadata.extendedAttributes.map(\.value) == [Array("x".utf8)])
  }

  @Test(arguments: ["", "shor", "content that is longer", "CONTENT"])
  func `one that changed since the walk is saved as it is now, and that is no warning`(now: String) throws {
    try fixture.file("file", "content")
    let item = try walked()
    usleep(20_000)
    try fixture.file("file", now)
    let file = try ingest(item)
    #expect(content(file) == Array(now.utf8) && file.size == UInt64(now.utf8.count))
    #expect(!file.changedWhileRead && file.status.changed > item.status.changed)
  }

  @Test func `attributes and permissions that changed since the walk are as they are now`() throws {
    try fixture.file("file", "content")
    let item = try walked()
    usleep(20_000)
    #expect(unsafe setxattr("\(fixture.path)/file", "user.kind", "x", 1, 0) == 0)
    #expect(unsafe chmod("\(fixture.path)/file", 0o640) == 0)
    let file = try ingest(item)
    #expect(file.metadata.mode == 0o640 && file.metadata.extendedAttributes.count == 1 && content(file).count == 7)
  }

  @Test func `holes are found`() throws {
    try fixture.file("file", "content")
    #expect(unsafe truncate("\(fixture.path)/file", 1 << 20) == 0)
    let file = try ingest(walked())
    #expect(file.size == 1 << 20 && file.dataExtents?.count == 1 && content(file).starts(with: Array("content".utf8)))
  }

  @Test func `nothing is taken out of a pipe that took its place`() throws {
    try fixture.file("file", "content")
    let item = try walked()
    let path = "\(fixture.path)/file"
    #expect(unsafe unlink(path) == 0 && mkfifo(path, 0o600) == 0)
    let pipe = unsafe open(path, O_RDWR | O_NONBLOCK)
    defer { close(pipe) }
    #expect(unsafe write(pipe, "for another", 11) == 11)
    #expect(throws: SystemError.self) { _ = try ingest(item) }
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(unsafe read(pipe, &buffer, buffer.count) == 11)
  }

  @Test func `a file that the kernel makes as it is read is read whole`() throws {
    let walker = try TreeWalker(root: Array("/proc/sys/kernel".utf8))
    var item: WalkedItem?
    while item == nil, let event = walker.next() {
      if case .item(let found) = event, found.path == ArchivePath("ostype") { item = found }
    }
    #expect(try content(ingest(try #require(item))) == Array("Linux\n".utf8))
  }

  @Test func `a folder, a pipe or a link that took its place is refused, and hangs nothing`() throws {
    for (take, refusal): ((String) throws -> Void, Int32) in [
      ({ #expect(unsafe mkdir($0, 0o755) == 0) }, ESTALE), ({ #expect(unsafe mkfifo($0, 0o600) == 0) }, ESTALE),
      ({ #expect(unsafe symlink("/etc/passwd", $0) == 0) }, ELOOP),
    ] {
      try fixture.file("file", "content")
      let item = try walked()
      let path = "\(fixture.path)/file"
      #expect(unsafe unlink(path) == 0)
      try take(path)
      do throws(SystemError) {
        _ = try ingest(item)
        Issue.record("it was read")
      } catch {
        #expect(error.errno == refusal)
      }
      #expect(unsafe remove(path) == 0)
    }
  }
}

import ObjectStores
import CLinux
import FileTrees
import Glibc
import SnapshotModel
import Testing

struct CaptureTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  private func item(_ path: String) throws -> WalkedItem {
    let walker = try TreeWalker(root: fixture.root)
    while let event = walker.next() {
      if case .item(let item) = event, item.path == ArchivePath(path)! { return item }
    }
    throw SystemError(errno: ENOENT, operation: "walk to \(path)")
  }

  @Test func `a file is opened by its folder, and what took its place is not followed`() throws {
    try fixture.file("a/file", "content")
    let found = try item("a/file")
    var buffer = [UInt8](repeating: 0, count: 16)
    let file = try EntryCapture.open(found)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe pread(file.number, $0.baseAddress, $0.count, 0) }
    #expect(Array(buffer[..<max(count, 0)]) == Array("content".utf8))
    #expect(try FileStatus(descriptor: file.number) == found.status)

    _ = unsafe unlink("\(fixture.path)/a/file")
    try fixture.link("a/file", to: "/etc/passwd")
    #expect(throws: SystemError(errno: ELOOP, operation: "open")) { _ = try EntryCapture.open(found) }
    _ = unsafe unlink("\(fixture.path)/a/file")
    #expect(unsafe mkfifo("\(fixture.path)/a/file", 0o600) == 0)
    // Would hang without O_NONBLOCK: nobody writes to it.
    let fifo = try EntryCapture.open(found)
    #expect(try FileStatus(descriptor: fifo.number).kind == .fifo)
  }

  @Test func `reading leaves the access time alone`() throws {
    try fixture.file("file", "content")
    let times = [timespec(tv_sec: 1_000, tv_nsec: 5), timespec(tv_sec: 2_000, tv_nsec: 7)]
    let isSet = unsafe times.withUnsafeBufferPointer { times in
      unsafe utimensat(AT_FDCWD, "\(fixture.path)/file", times.baseAddress, 0) == 0
    }
    #expect(isSet)
    let found = try item("file")
    #expect(found.status.modified == Timestamp(seconds: 2_000, nanoseconds: 7))
    let file = try EntryCapture.open(found)
    var byte: UInt8 = 0
    #expect(unsafe read(file.number, &byte, 1) == 1)
    var status = stat()
    #expect(unsafe fstat(file.number, &status) == 0)
    #expect(status.st_atim.tv_sec == 1_000)
  }

  @Test func `a link's target is stored byte for byte, however long`() throws {
    let target = String(repeating: "long/", count: 700) + "é"
    try fixture.link("short", to: "x")
    try fixture.link("long", to: target)
    #expect(try EntryCapture.linkTarget(item("short")) == Array("x".utf8))
    #expect(try EntryCapture.linkTarget(item("long")) == Array(target.utf8))
  }

  @Test func `extended attributes come in order, with binary and long values`() throws {
    try fixture.file("file")
    try fixture.folder("folder")
    let long = [UInt8](repeating: 7, count: 3_000)
    guard setAttribute("file", "user.b", long), setAttribute("file", "user.a", [0, 0xFF, 0]) else { return }
    #expect(setAttribute("file", "user.empty", []))
    #expect(setAttribute("folder", "user.f", [1]))
    #expect(
      try EntryCapture.extendedAttributes(item("file")) == [
        attribute("user.a", [0, 0xFF, 0]), attribute("user.b", long), attribute("user.empty", []),
      ])
    #expect(try EntryCapture.extendedAttributes(item("folder")) == [attribute("user.f", [1])])
    #expect(try EntryCapture.metadata(item("file"), owners: OwnerNames()).extendedAttributes.count == 3)
  }

  @Test func `access control lists are among the attributes`() throws {
    try fixture.file("file")
    // Version 2; owner rw, user 1 r, group r, mask r, others none: tag, permissions, id.
    let list: [UInt8] =
      [2, 0, 0, 0] + [1, 0, 6, 0] + [255, 255, 255, 255] + [2, 0, 4, 0] + [1, 0, 0, 0] + [4, 0, 4, 0]
      + [255, 255, 255, 255] + [16, 0, 4, 0] + [255, 255, 255, 255] + [32, 0, 0, 0] + [255, 255, 255, 255]
    guard setAttribute("file", "system.posix_acl_access", list) else { return }
    #expect(try EntryCapture.extendedAttributes(item("file")) == [attribute("system.posix_acl_access", list)])
  }

  @Test func `attributes of a link are its own`() throws {
    try fixture.file("file")
    try fixture.link("link", to: "file")
    guard setAttribute("file", "user.a", [1]) else { return }
    #expect(try EntryCapture.extendedAttributes(item("link")).isEmpty)
  }

  @Test func `a sparse file tells where its data is`() throws {
    let unit = 64 << 10
    try fixture.file("sparse")
    try fixture.file("hole")
    try fixture.file("dense", String(repeating: "x", count: unit))
    let number = unsafe open("\(fixture.path)/sparse", O_WRONLY)
    let block = [UInt8](repeating: 1, count: unit)
    for index in [1, 2, 5] {
      #expect(unsafe block.withUnsafeBytes { unsafe pwrite(number, $0.baseAddress, unit, off_t(index * unit)) } == unit)
    }
    #expect(ftruncate(number, off_t(9 * unit)) == 0)
    close(number)
    #expect(unsafe truncate("\(fixture.path)/hole", off_t(3 * unit)) == 0)

    func extents(_ name: String) throws -> [DataExtent]? {
      let found = try item(name)
      let file = try EntryCapture.open(found)
      return try EntryCapture.dataExtents(file.number, status: found.status)
    }
    // A file system without holes tells of none.
    if let found = try extents("sparse") {
      #expect(
        found == [
          DataExtent(offset: UInt64(unit), length: UInt64(2 * unit)),
          DataExtent(offset: UInt64(5 * unit), length: UInt64(unit)),
        ])
      #expect(try extents("hole") == [])
    }
    #expect(try extents("dense") == nil)
  }

  @Test func `owners have names, and an unknown one an empty name`() {
    let owners = OwnerNames()
    let root = owners.owner(userID: 0, groupID: 0)
    #expect(root.userName == Array("root".utf8) && root.groupName == Array("root".utf8))
    #expect(root == owners.owner(userID: 0, groupID: 0))
    let nobody = owners.owner(userID: 3_999_999_999, groupID: 3_999_999_998)
    #expect(nobody == FileOwner(userID: 3_999_999_999, groupID: 3_999_999_998))
  }

  private func attribute(_ name: String, _ value: [UInt8]) -> ExtendedAttribute {
    ExtendedAttribute(name: Array(name.utf8), value: value)
  }

  /// - Returns: whether this file system has attributes of that kind.
  private func setAttribute(_ path: String, _ name: String, _ value: [UInt8]) -> Bool {
    typealias Call =
      @convention(c) (
        UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer?, Int, Int32
      ) -> Int32
    // Glibc has it, its Swift module does not.
    guard let symbol = unsafe dlsym(nil, "lsetxattr") else { return false }
    let call = unsafe unsafeBitCast(symbol, to: Call.self)
    return unsafe value.withUnsafeBytes { value in
      unsafe call("\(fixture.path)/\(path)", name, value.baseAddress, value.count, 0) == 0
    }
  }
}

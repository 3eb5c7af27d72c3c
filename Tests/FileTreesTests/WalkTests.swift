import CLinux
import FileTrees
import Foundation
import Glibc
import SnapshotModel
import TestSupport
import Testing

struct WalkTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  @Test func `a folder comes before all that it holds, and names in the order of their bytes`() throws {
    for path in ["a/x", "a-b", "a.b", "a/b/c", "B", "b", "é", "a0"] { try fixture.file(path) }
    let expected = [
      "directory ", "file B", "directory a", "directory a/b", "file a/b/c", "file a/x", "file a-b", "file a.b",
      "file a0", "file b", "file é",
    ]
    #expect(try fixture.walk() == expected)
  }

  @Test func `paths come in strictly ascending order, whatever the names`() throws {
    var random = SeededGenerator(seed: 7)
    let alphabet: [UInt8] = [0x01, 0x20, 0x2D, 0x2E, 0x30, 0x61, 0x7F, 0x80, 0xFF]
    var folders: [[UInt8]] = [[]]
    for _ in 0..<400 {
      let length = Int.random(in: 1...12, using: &random)
      let name = [0x61] + (0..<length).map { _ in alphabet.randomElement(using: &random)! }
      let folder = folders.randomElement(using: &random)!
      let path = folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
      if Bool.random(using: &random) { try fixture.file(path) } else if folder.count < 60 { folders.append(path) }
    }
    for folder in folders { try? fixture.folder(folder) }
    let walker = try TreeWalker(root: fixture.root)
    var last: ArchivePath?
    var count = 0
    while case .item(let item)? = walker.next() {
      if let last { #expect(last < item.path) }
      last = item.path
      count += 1
    }
    #expect(count > 300)
  }

  @Test func `names need not be UTF-8`() throws {
    try fixture.file([0x61, 0xFF, 0x0A])
    #expect(try fixture.walk() == ["directory ", "file a\\xff\\x0a"])
  }

  @Test func `a symbolic link is stored, not followed`() throws {
    try fixture.file("real/inside")
    try fixture.link("link", to: "real")
    #expect(try fixture.walk() == ["directory ", "symbolicLink link", "directory real", "file real/inside"])
    #expect(try fixture.walk(["link"]) == ["directory ", "symbolicLink link"])
  }

  @Test func `the root may be a link to a folder`() throws {
    try fixture.file("real/inside")
    try fixture.link("link", to: "real")
    let walker = try TreeWalker(root: fixture.bytePath(Array("link".utf8)))
    guard case .item(let item)? = walker.next() else { return #expect(Bool(false)) }
    #expect(item.path.isRoot && item.status.kind == .directory)
  }

  @Test func `a root that is missing or a file is an error`() throws {
    try fixture.file("file")
    for (name, reason) in [("none", "No such file or directory"), ("file", "Not a directory")] {
      let path = "\(fixture.path)/\(name)"
      #expect(throws: SnapFault(.failed, "cannot open folder \(path): \(reason)", path: path)) {
        try TreeWalker(root: fixture.bytePath(Array(name.utf8)))
      }
    }
  }

  @Test func `every kind of node is told`() throws {
    #expect(unsafe mkfifo("\(fixture.path)/fifo", 0o600) == 0)
    try fixture.file("file")
    let socketNumber = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socketNumber) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array("\(fixture.path)/socket".utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
    let isBound = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(socketNumber, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    #expect(isBound)
    #expect(try fixture.walk() == ["directory ", "fifo fifo", "file file", "socket socket"])
  }

  @Test func `what vanishes between listing and examining is a failure, and the walk goes on`() throws {
    for path in ["a/1", "a/2", "a/3", "b/4"] { try fixture.file(path) }
    let walker = try TreeWalker(root: fixture.root)
    var lines: [String] = []
    while let event = walker.next() {
      switch event {
      case .item(let item):
        lines.append("\(item.path)")
        if item.name == Array("1".utf8) { _ = unsafe unlink("\(fixture.path)/a/2") }
        if item.name == Array("b".utf8) { WalkFixture.remove("\(fixture.path)/b") }
      case .failed(let path, let error): lines.append("\(path): \(error)")
      default: lines.append("?")
      }
    }
    #expect(
      lines == [
        "", "a", "a/1", "a/2: No such file or directory", "a/3", "b", "b: No such file or directory",
      ])
  }

  @Test func `a folder that may not be read is stored and told`() throws {
    try fixture.file("shut/inside")
    try fixture.file("z")
    #expect(unsafe chmod("\(fixture.path)/shut", 0) == 0)
    #expect(unsafe chmod(fixture.path, 0o755) == 0)
    defer { _ = unsafe chmod("\(fixture.path)/shut", 0o700) }
    // Root reads everything, so for this thread's file accesses someone else is asked to.
    if isRoot { setFileUser(65_534) }
    defer { if isRoot { setFileUser(0) } }
    #expect(
      try fixture.walk() == ["directory ", "directory shut", "failed shut (Permission denied)", "file z"])
  }

  @Test func `a folder that became a link is not entered`() throws {
    try fixture.file("a/inside")
    try fixture.file("elsewhere/secret")
    let walker = try TreeWalker(root: fixture.root, sources: [ArchivePath("a")!])
    var lines: [String] = []
    while let event = walker.next() {
      switch event {
      case .item(let item):
        lines.append("\(item.path)")
        if item.name == Array("a".utf8) {
          WalkFixture.remove("\(fixture.path)/a")
          try fixture.link("a", to: "elsewhere")
        }
      case .failed(let path, let error): lines.append("\(path): \(error)")
      default: lines.append("?")
      }
    }
    #expect(lines == ["", "a", "a: Not a directory"])
  }

  @Test func `the repository is skipped wherever it lies, under any name`() throws {
    try fixture.file("a/store/config")
    try fixture.file("a/x")
    var options = WalkOptions()
    var status = stat()
    #expect(unsafe stat("\(fixture.path)/a/store", &status) == 0)
    options.neverEnter = [FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))]
    #expect(try fixture.walk([""], options) == ["directory ", "directory a", "repository a/store", "file a/x"])
    #expect(try fixture.walk(["a/store/config"], options) == ["directory ", "directory a", "repository a/store"])
  }
}

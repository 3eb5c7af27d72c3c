import FileTrees
import Glibc
import SnapshotModel
import TestSupport
import Testing

@Suite(.serialized)
struct WalkSizeTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture(isInMemory: true) }

  /// Makes folders named `name` in each other, with a file after the next in each.
  private func makeDeep(_ depth: Int, name: String) throws {
    var folder = unsafe open(fixture.path, O_RDONLY | O_DIRECTORY)
    for _ in 0..<depth {
      let number = unsafe openat(folder, "z", O_WRONLY | O_CREAT, 0o644)
      try #require(number >= 0)
      close(number)
      try #require(unsafe mkdirat(folder, name, 0o755) == 0)
      let next = unsafe openat(folder, name, O_RDONLY | O_DIRECTORY)
      try #require(next >= 0)
      close(folder)
      folder = next
    }
    close(folder)
  }

  /// How many of the folders are open; other tests of this process have others open.
  private func openCount(of folders: Set<FileIdentity>) -> Int {
    openDescriptors().count { number in
      (try? FileStatus(descriptor: number)).map { folders.contains($0.identity) } ?? false
    }
  }

  @Test func `a tree five thousand folders deep needs a bounded number of open folders`() throws {
    let depth = 5_000
    try makeDeep(depth, name: "d")
    var openCountMax = 0
    var items: [WalkedItem] = []
    var folders: Set<FileIdentity> = []
    let walker = try TreeWalker(root: fixture.root)
    while let event = walker.next() {
      guard case .item(let item) = event else {
        Issue.record("\(event)")
        break
      }
      items.append(item)
      if item.status.kind == .directory { folders.insert(item.status.identity) }
      if items.count % 500 == 0 { openCountMax = max(openCountMax, openCount(of: folders)) }
    }
    #expect(items.count == 2 * depth + 1)
    // The pool's, the root and the one that is being listed.
    #expect((2...WalkOptions().openFoldersMax + 2).contains(openCountMax))
    // A handle still opens when all the folders above it were closed long ago,
    // and when its path is longer than any path.
    let deepest = try #require(items.max { $0.path.bytes.count < $1.path.bytes.count })
    #expect(deepest.path.bytes.count > 4_096)
    _ = try EntryCapture.open(deepest)
    _ = try EntryCapture.open(items[items.count / 2])
    #expect(try EntryCapture.extendedAttributes(deepest).isEmpty)
  }

  @Test func `what has a longer path than a manifest takes is told of once, and not entered`() throws {
    let name = String(repeating: "d", count: 200)
    try makeDeep(400, name: name)
    let walker = try TreeWalker(root: fixture.root)
    var (items, failures): ([Int], [Int]) = ([], [])
    while let event = walker.next() {
      switch event {
      case .item(let item): items.append(item.path.bytes.count)
      case .failed(let path, let error):
        failures.append(path.bytes.count)
        #expect(error.errno == ENAMETOOLONG)
      default: Issue.record("\(event)")
      }
    }
    // 326 folders take 65,525 bytes, and what is in the last of them two more.
    #expect(items.max() == 326 * 201 - 1 + 2 && items.count == 2 * 326 + 1 + 1)
    #expect(failures == [327 * 201 - 1])
  }

  @Test func `a chain of any length is let go of without recursion`() throws {
    var handle = try DirectoryHandle(root: fixture.root)
    let identity = FileIdentity(device: 1, inode: 1)
    for _ in 0..<300_000 { handle = handle.child(Array("d".utf8), identity: identity) }
  }

  @Test func `a folder that was replaced while it was closed is refused`() throws {
    try makeDeep(40, name: "d")
    var options = WalkOptions()
    options.openFoldersMax = 4
    let walker = try TreeWalker(root: fixture.root, options: options)
    var lines: [String] = []
    while let event = walker.next() {
      switch event {
      case .item(let item):
        guard item.path.components.count == 40, item.status.kind == .directory else { continue }
        #expect(unsafe rename("\(fixture.path)/d/d", "\(fixture.path)/moved") == 0)
        try fixture.folder("d/d")
      case .failed(let path, let error): lines.append("\(path) \(error)")
      default: lines.append("?")
      }
    }
    #expect(lines.contains("d/d/z Stale file handle"))
    #expect(!lines.contains("?"))
  }

  @Test func `twenty thousand files are walked in little memory`() throws {
    for folder in 0..<20 {
      try fixture.folder("folder-\(folder)")
      let number = unsafe open("\(fixture.path)/folder-\(folder)", O_RDONLY | O_DIRECTORY)
      for file in 0..<1_000 { close(unsafe openat(number, "file-\(file)", O_WRONLY | O_CREAT, 0o644)) }
      close(number)
    }
    let walker = try TreeWalker(root: fixture.root)
    let before = residentBytes()
    var count = 0
    while case .item? = walker.next() { count += 1 }
    #expect(count == 20_021)
    #expect(residentBytes() - before < 32 << 20)
  }

  /// Pages that this process has in memory now.
  private func residentBytes() -> Int {
    let text = String(decoding: (try? bytes(ofFile: "/proc/self/statm")) ?? [], as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
  }

  private func bytes(ofFile path: String) throws -> [UInt8] {
    let number = unsafe open(path, O_RDONLY)
    try #require(number >= 0)
    defer { close(number) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, $0.count) }
    return Array(buffer[..<max(count, 0)])
  }
}

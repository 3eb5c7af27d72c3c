import FileTrees
import Glibc
import SnapshotModel
import TestSupport
import Testing

struct WalkAheadTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  /// More than may be on the way at once, and no whole number of batches.
  private func makeTree() throws {
    for folder in 0..<30 {
      for file in 0..<50 { try fixture.file("folder-\(folder)/\(file)") }
    }
    try fixture.file("ignored/node_modules/x")
    try fixture.file("last")
  }

  @Test func `it gives what the walk gives, in its order`() throws {
    try makeTree()
    let expected = try fixture.walk()
    #expect(expected.count > 1_500)
    let walk = try WalkAhead(TreeWalker(root: fixture.root))
    var lines: [String] = []
    while let event = walk.next() { lines.append(line(event)) }
    #expect(lines == expected)
    #expect(walk.next() == nil)
  }

  @Test(arguments: [0, 1, 64, 700]) func `it may be let go of at any point`(count: Int) throws {
    try makeTree()
    let walk = try WalkAhead(TreeWalker(root: fixture.root))
    for _ in 0..<count { #expect(walk.next() != nil) }
  }

  @Test func `what lies behind a large file is looked at when that has been read`() throws {
    try fixture.file("a")
    #expect(unsafe truncate("\(fixture.path)/a", 5 << 20) == 0)
    try fixture.folder("b")
    let walk = try WalkAhead(TreeWalker(root: fixture.root))
    #expect([walk.next(), walk.next()].compactMap { $0 }.map(line) == ["directory ", "file a"])
    usleep(100_000)  // Long enough for a walk that goes on.
    try fixture.file("b/new")
    #expect([walk.next(), walk.next()].compactMap { $0 }.map(line) == ["directory b", "file b/new"])
    #expect(walk.next() == nil)
  }

  @Test func `a tree of nothing ends at once`() throws {
    var options = WalkOptions()
    let folder = try DirectoryHandle(root: fixture.root)
    options.neverEnter = [try folder.withDescriptor { try FileStatus(descriptor: $0).identity }]
    let walk = try WalkAhead(TreeWalker(root: fixture.root, options: options))
    #expect(walk.next().map(line) == "repository ")
    #expect(walk.next() == nil)
  }
}

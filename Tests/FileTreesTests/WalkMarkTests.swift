import CLinux
import FileTrees
import Glibc
import SnapshotModel
import Testing

struct WalkMarkTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  @Test func `of a cache folder only its tag is kept`() throws {
    try fixture.file("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# by a tool\n")
    try fixture.file("cache/a/b")
    try fixture.file("fake/CACHEDIR.TAG", "Signature: something else entirely, as long as the other one")
    try fixture.file("short/CACHEDIR.TAG", "Signature: ")
    var options = WalkOptions()
    options.excludeCaches = true
    #expect(
      try fixture.walk([""], options) == [
        "directory ", "directory cache", "ignored cache/ (cache folder)", "file cache/CACHEDIR.TAG", "directory fake",
        "file fake/CACHEDIR.TAG", "directory short", "file short/CACHEDIR.TAG",
      ])
    #expect(try fixture.walk().contains("file cache/a/b"))
  }

  @Test func `of a folder with a marker only the marker is kept`() throws {
    for path in ["a/.nobackup", "a/big", "a/deep/x", "b/x"] { try fixture.file(path) }
    var options = WalkOptions()
    options.excludeIfPresent = [Array(".skip".utf8), Array(".nobackup".utf8)]
    #expect(
      try fixture.walk([""], options) == [
        "directory ", "directory a", "ignored a/ (marker .nobackup)", "file a/.nobackup", "directory b", "file b/x",
      ])
  }

  @Test func `files larger than the limit are left out, those that just reach it are not`() throws {
    try fixture.file("four", "1234")
    try fixture.file("five", "12345")
    var options = WalkOptions()
    options.excludeLargerThan = 4
    #expect(try fixture.walk([""], options) == ["directory ", "ignored five (larger than 4)", "file four"])
  }

  @Test func `one file system keeps of another one its empty mount point`() throws {
    func device(_ path: String) -> UInt64 {
      var status = stat()
      return unsafe stat(path, &status) == 0 ? UInt64(status.st_dev) : 0
    }
    guard device("/dev") != device("/dev/shm"), device("/dev/shm") != 0 else { return }
    var options = WalkOptions()
    options.oneFileSystem = true
    let walker = try TreeWalker(root: Array("/dev".utf8), options: options)
    var told: [String] = []
    while let event = walker.next() {
      switch event {
      case .item(let item) where item.path.components.first == Array("shm".utf8)[...]: told.append("item \(item.path)")
      case .ignored(let path, _, let decision) where decision.cause == .otherFileSystem: told.append("ignored \(path)")
      default: break
      }
    }
    #expect(told.filter { $0.hasSuffix("shm") } == ["item shm", "ignored shm"])
    #expect(!told.contains { $0.hasPrefix("item shm/") })
  }
}

import SnapshotModel
import Testing

@testable import Workflows

struct VersionNameTests {
  @Test(arguments: [
    "v1.2.0", "before the move", "2026-11-21T09-34-00Z", "größe", "a:b", "v1.", String(repeating: "x", count: 200),
  ])
  func `names that people give are taken`(_ text: String) throws {
    #expect(try VersionName(text).text == text)
  }

  @Test(arguments: [
    "", "latest", "-v", ".", ".hidden", "@{1}", "~1", " v", "v ", "a/b", "v~1", "a..b", "tag:x", "commit:x", "branch:x",
    "a\nb", "a\u{7}", "\u{10FFFF}", String(repeating: "x", count: 201),
  ])
  func `names that the revision grammar could not tell apart are refused`(_ text: String) {
    #expect(throws: SnapFault.self) { try VersionName(text) }
  }

  @Test func `a time makes a name that is a file name everywhere`() throws {
    let name = VersionName(time: Timestamp(seconds: 1_795_253_640, nanoseconds: 5))
    #expect(name.text == "2026-11-21T09-34-00Z")
    #expect(try VersionName(name.text) == name)
    #expect(try VersionName(name.numbered(2).text).text == "2026-11-21T09-34-00Z-2")
  }
}

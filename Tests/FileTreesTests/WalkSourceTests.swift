import FileTrees
import SnapshotModel
import Testing

struct WalkSourceTests {
  let fixture: WalkFixture

  init() throws {
    fixture = try WalkFixture()
    for path in ["a/b/c", "a/b/d", "a/e", "f/g", "f.h", "dist/x"] { try fixture.file(path) }
  }

  @Test func `a source comes with the folders that lead to it, and nothing else of them`() throws {
    #expect(try fixture.walk(["a/b"]) == ["directory ", "directory a", "directory a/b", "file a/b/c", "file a/b/d"])
    #expect(try fixture.walk(["a/e"]) == ["directory ", "directory a", "file a/e"])
  }

  @Test func `overlapping sources come once and in order`() throws {
    let expected = ["directory ", "directory a", "file a/e", "directory f", "file f/g", "file f.h"]
    #expect(try fixture.walk(["f.h", "f/g", "a/e", "f", "f"]) == expected)
    #expect(try fixture.walk(["a/e", ""]) == fixture.walk())
  }

  @Test func `a source that is missing, or below what is no folder, is told by its own path`() throws {
    try fixture.link("link", to: "a")
    let expected = [
      "directory ", "directory a", "failed a/none/x (No such file or directory)",
      "failed a/none/y (No such file or directory)",
      "failed f.h/x (Not a directory)", "failed link/e (Not a directory)", "failed none (No such file or directory)",
    ]
    #expect(try fixture.walk(["none", "a/none/y", "a/none/x", "f.h/x", "link/e"]) == expected)
  }

  @Test func `a folder alone comes without what is in it, beside sources`() throws {
    var options = WalkOptions()
    options.foldersAlone = ["a", "a/b", "f", "dist"].compactMap { ArchivePath($0) }
    #expect(
      try fixture.walk(["a/e", "f"], options) == [
        "directory ", "directory a", "directory a/b", "file a/e", "directory dist", "directory f", "file f/g",
      ])
    options.foldersAlone = ["f.h", "none"].compactMap { ArchivePath($0) }
    #expect(try fixture.walk([], options).contains("failed none (No such file or directory)"))
    #expect(try fixture.walk([], options).contains { $0.hasPrefix("failed f.h") })
  }

  @Test func `no source at all walks the root's entry alone`() throws {
    #expect(try fixture.walk([]) == ["directory "])
  }

  @Test func `a source is taken where a rule ignores it, and rules hold inside`() throws {
    try fixture.file("dist/build/y")
    try fixture.file("dist/x.log")
    try fixture.file(".snapignore", "*.log\n")
    #expect(try fixture.walk([""]).contains("ignored dist/ (built-in:3 dist/)"))
    #expect(
      try fixture.walk(["dist"]) == [
        "directory ", "directory dist", "ignored dist/build/ (built-in:4 build/)", "file dist/x",
        "ignored dist/x.log (.snapignore:1 *.log)",
      ])
    #expect(try fixture.walk(["dist/x.log"]) == ["directory ", "directory dist", "file dist/x.log"])
  }
}

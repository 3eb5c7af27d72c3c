import FileTrees
import SnapshotModel
import Testing

struct IgnoreTests {
  let fixture: WalkFixture
  init() throws { fixture = try WalkFixture() }

  private func decision(_ path: String, isDirectory: Bool = false, _ options: WalkOptions = WalkOptions()) throws
    -> String
  {
    let decision = try ignoreDecision(
      for: ArchivePath(path)!, isDirectory: isDirectory, root: fixture.root, options: options)
    return "\(decision.isIgnored ? "ignored" : "kept"), \(describe(decision))"
  }

  @Test func `what a project can make again is ignored as a folder, at any depth`() throws {
    for name in ["node_modules", ".git", "dist", "build", "coverage"] {
      #expect(try decision("a/\(name)", isDirectory: true).hasPrefix("ignored, built-in:"))
      #expect(try decision("a/\(name)") == "kept, nothing")
      #expect(try decision("a/\(name)/x/y").hasPrefix("ignored, built-in:"))
    }
    var options = WalkOptions()
    options.usesDefaultIgnores = false
    #expect(try decision("dist/x", options) == "kept, nothing")
  }

  @Test func `an ignore file takes a built-in folder in again`() throws {
    try fixture.file(".snapignore", "!dist/\n")
    #expect(try decision("dist/x") == "kept, nothing")
    #expect(try decision("dist", isDirectory: true) == "kept, .snapignore:1 !dist/")
  }

  @Test func `the snapignore beside a gitignore has the last word, and a deeper gitignore over both`() throws {
    try fixture.file(".gitignore", "*.log\n*.tmp\n")
    try fixture.file(".snapignore", "!a.log\n")
    try fixture.file("deep/.gitignore", "a.log\n")
    var options = WalkOptions()
    options.usesGitIgnore = true
    #expect(try decision("a.log", options) == "kept, .snapignore:1 !a.log")
    #expect(try decision("b.log", options) == "ignored, .gitignore:1 *.log")
    #expect(try decision("deep/a.log", options) == "ignored, deep/.gitignore:1 a.log")
    options.usesSnapIgnore = false
    #expect(try decision("a.log", options) == "ignored, .gitignore:1 *.log")
    #expect(try decision("a.log") == "kept, .snapignore:1 !a.log")
  }

  @Test func `the command line has the last word, its patterns over its files`() throws {
    try fixture.file("lists/one", "# comment\n*.o\nkeep.c\n")
    try fixture.file(".snapignore", "!x.o\n*.c\n")
    var options = WalkOptions()
    let list = fixture.bytePath(Array("lists/one".utf8))
    options.excludeFiles = [list]
    options.excludes = ["!keep.c", "/top", "#x"]
    #expect(try decision("x.o", options) == "ignored, \(fixture.path)/lists/one:2 *.o")
    #expect(try decision("keep.c", options) == "kept, command line:1 !keep.c")
    #expect(try decision("top", options) == "ignored, command line:2 /top")
    #expect(try decision("a/top", options) == "kept, nothing")
    #expect(try decision("#x", options) == "ignored, command line:3 #x")
  }

  @Test func `an exclude file that cannot be read is an error that names it`() throws {
    var options = WalkOptions()
    options.excludeFiles = [Array("/nowhere/list".utf8)]
    let fault = #expect(throws: SnapFault.self) { try TreeWalker(root: fixture.root, options: options) }
    #expect(fault?.message == "cannot read exclude file '/nowhere/list': No such file or directory")
  }

  @Test func `an ignore file that cannot be read is told, and a folder of its name is none`() throws {
    try fixture.file("real", "*\n")
    try fixture.link(".snapignore", to: "real")
    try fixture.folder("a/.snapignore")
    #expect(
      try fixture.walk() == [
        "directory ", "failed .snapignore (Too many levels of symbolic links)", "symbolicLink .snapignore",
        "directory a", "directory a/.snapignore", "file real",
      ])
  }

  @Test func `a walk leaves out exactly what the decisions say`() throws {
    var options = WalkOptions()
    options.usesGitIgnore = true
    for seed in UInt64(1)...30 {
      let tree = IgnoreGitComparison(seed: seed)
      let fixture = try WalkFixture()
      try tree.write(fixture)
      let walker = try TreeWalker(root: fixture.root, options: options)
      var met: [ArchivePath: IgnoreDecision] = [:]
      while let event = walker.next() {
        switch event {
        case .item(let item): met[item.path] = .kept
        case .ignored(let path, _, let decision): met[path] = decision
        default: Issue.record("\(event), seed \(seed)")
        }
      }
      for path in tree.paths.compactMap({ ArchivePath($0) }) {
        let expected = try ignoreDecision(
          for: path, isDirectory: fixture.isFolder(path.bytes), root: fixture.root, options: options)
        if let decision = met[path] {
          #expect(decision.isIgnored == expected.isIgnored, "\(path), seed \(seed)")
          if decision.isIgnored { #expect(decision == expected, "\(path), seed \(seed)") }
        } else {
          #expect(expected.isIgnored, "\(path), seed \(seed)")
        }
      }
    }
  }

  @Test func `a pattern of many stars is decided at once`() throws {
    try fixture.file(
      ".snapignore", String(repeating: "*a", count: 60) + "b\n" + String(repeating: "**/a*/", count: 40) + "b\n")
    let name = String(repeating: "a", count: 200)
    #expect(try decision(Array(repeating: name, count: 15).joined(separator: "/")) == "kept, nothing")
  }
}

import FileTrees
import Foundation
import SnapshotModel
import Testing

struct IgnoreGitTests {
  /// Trees in this run; some 25 pairs of rules and path each. `SNAP_IGNORE_TREES` raises it for a long comparison.
  static var treeCount: UInt64 {
    ProcessInfo.processInfo.environment["SNAP_IGNORE_TREES"].flatMap { UInt64($0) } ?? 150
  }
  static var firstSeed: UInt64 {
    ProcessInfo.processInfo.environment["SNAP_IGNORE_SEED"].flatMap { UInt64($0) } ?? 20_261
  }

  let repository: WalkFixture
  var builtInFile: String { "\(repository.path)/built-in" }
  var gitFolder: String { "\(repository.path)/g" }
  var options: WalkOptions {
    var options = WalkOptions()
    options.usesGitIgnore = true
    options.usesSnapIgnore = false
    return options
  }

  init() throws {
    repository = try WalkFixture()
    _ = try repository.run(["git", "init", "--quiet", "--bare", "g"])
    try repository.file("built-in", "node_modules/\n.git/\ndist/\nbuild/\ncoverage/\n")
  }

  private func compare(_ fixture: WalkFixture, paths: [[UInt8]], _ comment: String) throws {
    let theirs = try gitVerdicts(fixture, paths: paths, gitFolder: gitFolder, builtInFile: builtInFile)
    try #require(theirs.count == paths.count, "git answered, \(comment)")
    for (path, expected) in zip(paths, theirs) {
      let path = try #require(ArchivePath(path))
      let decision = try ignoreDecision(
        for: path, isDirectory: fixture.isFolder(path.bytes), root: fixture.root, options: options)
      #expect(describe(decision) == expected, "\(path), \(comment)")
    }
  }

  @Test func `every decision and its rule is git's, in trees made from a seed`() throws {
    var pairCount = 0
    var ruleCount = 0
    for seed in Self.firstSeed..<(Self.firstSeed + Self.treeCount) {
      let tree = IgnoreGitComparison(seed: seed)
      guard !tree.paths.isEmpty else { continue }
      let fixture = try WalkFixture()
      try tree.write(fixture)
      try compare(fixture, paths: tree.paths, "seed \(seed)")
      pairCount += tree.paths.count
      ruleCount += tree.ignoreFiles.count
    }
    print("compared \(pairCount) decisions under \(ruleCount) ignore files, seeds from \(Self.firstSeed)")
    #expect(pairCount >= 2_000 || Self.treeCount < 150)
  }

  /// Cases that the manual names, and those that people get wrong.
  static let fixedCases: [(rules: String, paths: [String])] = [
    ("foo/", ["foo/x", "a/foo/x", "b/foo"]),
    ("/foo", ["foo", "a/foo"]),
    ("a/foo", ["a/foo", "b/a/foo"]),
    ("**/foo", ["foo", "a/foo", "a/b/foo/x"]),
    ("abc/**", ["abc/x", "abc/d/e", "x/abc/d"]),
    ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "c/a/b"]),
    ("a**b", ["ab", "axb", "a/b", "axx"]),
    ("x/a**/b", ["x/a/b", "x/aq/b", "x/a/q/b", "x/aq/r/b"]),
    ("x/a*/b", ["x/a/b", "x/aq/b", "x/a/q/b"]),
    ("**", ["x", "y/z"]),
    ("*\n!*/\n!*.c", ["a.c", "b.h", "d/e.c", "d/f.h"]),
    ("d\n!d/keep", ["d/keep", "d/other"]),
    ("d/*\n!d/keep", ["d/keep", "d/other"]),
    ("\\#x\n\\!y\n#z\n!w", ["#x", "!y", "#z", "w"]),
    ("a \nb\\ \nc\\ \\ \nd  e  ", ["a", "a ", "b ", "c  ", "d  e"]),
    ("t\t\nu\t \n", ["t", "t\t", "u\t"]),
    ("crlf\r\nalone\r\rx\nlast\r", ["crlf", "alone", "alone\r\rx", "last", "last\r"]),
    ("\u{FEFF}bom\n\u{FEFF}two", ["bom", "\u{FEFF}bom", "two", "\u{FEFF}two"]),
    ("[a-c]x\n[!a-c]y\n[^a]z\n[]]q\n[]-a]r\n[a-]s", ["ax", "dx", "ay", "dy", "az", "bz", "]q", "]r", "-r", "-s"]),
    ("[[:alpha:]]1\n[[:digit:][:upper:]]2\n[[:nope:]]3\n[[:space:]]4", ["a1", "12", "A2", "a2", "a3", "\u{B}4", " 4"]),
    ("[[:alpha]5\n[a\n\\\n[a-\n[\\]]6\n[z-a]7", [":5", "a5", "[a", "\\", "]6", "z7"]),
    ("?\n", ["a", "é", "ab"]),
    ("a[/]b\nc?d\n*/e", ["a/b", "c/d", "x/e", "x/y/e"]),
    ("//\n/\n!\n\n!/\nx//", ["x/y", "z"]),
    ("Case", ["case/x", "Case/x"]),
    ("link/", ["link"]),
    ("**/\n", ["file", "d/x"]),
    ("*/**/x\n", ["x", "a/x", "a/b/c/x"]),
    ("a/\\*\\?[*]", ["a/*?*", "a/xyz"]),
  ]

  @Test func `git agrees on the cases that people get wrong`() throws {
    for (rules, paths) in Self.fixedCases {
      let fixture = try WalkFixture()
      for path in paths where path != "link" { try fixture.file(path) }
      if paths.contains("link") { try fixture.link("link", to: "/") }
      try fixture.file(".gitignore", rules)
      let all = paths.flatMap { path in
        path.indices.filter { path[$0] == "/" }.map { Array(path[..<$0].utf8) } + [Array(path.utf8)]
      }
      try compare(fixture, paths: all, displayText(Array(rules.utf8)))
    }
  }

  @Test func `git lists the files that a walk of both kinds of ignore files keeps`() throws {
    for seed in UInt64(500)..<520 {
      let tree = IgnoreGitComparison(seed: seed)
      let fixture = try WalkFixture()
      try tree.write(fixture)
      // The rules of another tree of the same seed's family, in the file with the last word.
      for (folder, text) in IgnoreGitComparison(seed: seed + 100_000).ignoreFiles where fixture.isFolder(folder) {
        try fixture.file((folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]) + Array(".snapignore".utf8), text)
      }
      var options = WalkOptions()
      options.usesGitIgnore = true
      options.excludes = ["/a/*", "!?b"]
      let walker = try TreeWalker(root: fixture.root, options: options)
      var kept: [[UInt8]] = []
      while let event = walker.next() {
        if case .item(let item) = event, item.status.kind == .file { kept.append(item.path.bytes) }
      }
      // Git reads one kind of file in every folder: so both are joined, in their order, for it alone.
      for folder in tree.folders where fixture.isFolder(folder) {
        let texts = [".gitignore", ".snapignore"].map { name in
          FileManager.default.contents(
            atPath: String(
              decoding: fixture.bytePath(folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]), as: UTF8.self) + name)
        }
        guard texts.contains(where: { $0 != nil }) else { continue }
        let joined = texts.map { $0.map { Array($0) } ?? [] }.joined(separator: [UInt8(ascii: "\n")])
        try fixture.file((folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]) + Array(".joined".utf8), Array(joined))
      }
      let listed = try fixture.run([
        "git", "--git-dir=\(gitFolder)", "--work-tree=\(fixture.path)", "ls-files", "--others", "-z",
        "--exclude-from=\(builtInFile)", "--exclude-per-directory=.joined", "--exclude=/a/*", "--exclude=!?b",
      ]).split(separator: 0).map { Array($0) }.filter { !$0.ends(with: Array(".joined".utf8)) }
      _ = listed
      #expect(Set(kept) == Set(listed), "seed \(seed)")
    }
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }
}

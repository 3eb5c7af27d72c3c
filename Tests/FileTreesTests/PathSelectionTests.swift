import SnapshotModel
import Testing

@testable import FileTrees

@Suite struct PathSelectionTests {
  static let tree: [(String, Bool)] = [
    ("", true), ("README.md", false), ("a[1].txt", false), ("a1.txt", false), ("config", true),
    ("config/app.json", false), ("config/deep", true), ("config/deep/x.json", false), ("config/deep/y.txt", false),
    ("config.json", false), ("docs", true), ("docs/guide.md", false), ("docs/json", true), ("docs/json/a", false),
    ("x", true), ("x/docs", true), ("x/docs/z", false), ("ünï", false),
  ]

  private func selected(_ patterns: [String], root: String? = nil) throws -> [String] {
    let selection = try PathSelection(patterns, root: root.map { Array($0.utf8) })
    return Self.tree.filter { selection.selects(ArchivePath($0.0)!, isFolder: $0.1) }.map(\.0)
  }

  @Test(arguments: [
    ("docs", ["docs", "docs/guide.md", "docs/json", "docs/json/a"]),
    ("docs/", ["docs", "docs/guide.md", "docs/json", "docs/json/a"]),
    ("README.md", ["README.md"]), ("README.md/", []), ("./README.md", ["README.md"]),
    ("/home/me/project/docs/guide.md", ["docs/guide.md"]), ("/docs/guide.md", ["docs/guide.md"]),
    ("docs/../README.md", ["README.md"]), ("docs//guide.md", ["docs/guide.md"]),
    ("*.json", ["config/app.json", "config/deep/x.json", "config.json"]),
    ("/*.json", ["config.json"]), ("config/*.json", ["config/app.json"]),
    ("config/**", ["config/app.json", "config/deep", "config/deep/x.json", "config/deep/y.txt"]),
    ("config/**/*.json", ["config/app.json", "config/deep/x.json"]), ("**/x.json", ["config/deep/x.json"]),
    ("**/docs", ["docs", "docs/guide.md", "docs/json", "docs/json/a", "x/docs", "x/docs/z"]),
    ("con*/deep", ["config/deep", "config/deep/x.json", "config/deep/y.txt"]),
    ("a[0-9].txt", ["a1.txt"]), ("a[1].txt", ["a[1].txt", "a1.txt"]), ("a\\[1].txt", ["a[1].txt"]),
    ("a[!x]*", ["a[1].txt", "a1.txt", "config/app.json"]),
    ("?n?", ["ünï"]), ("js*/", ["docs/json", "docs/json/a"]), ("[", []), ("missing", []),
  ])
  func `a pattern selects what git and restic would`(pattern: String, expected: [String]) throws {
    #expect(try selected([pattern], root: "/home/me/project") == expected)
  }

  @Test(arguments: [[], ["."], ["./"], ["/home/me/project"], ["/home/me/project/"], ["docs", "."]])
  func `the root selects everything`(patterns: [String]) throws {
    #expect(try selected(patterns, root: "/home/me/project").count == Self.tree.count)
    #expect(try PathSelection(patterns, root: Array("/home/me/project".utf8)).selectsEverything)
  }

  @Test(arguments: ["", "..", "../x", "a/../../x", "a\0b"])
  func `a pattern that is none or leads out is refused`(pattern: String) {
    #expect(throws: SnapFault.self) { try PathSelection([pattern]) }
  }

  @Test(arguments: ["docs", "*.json", "config/**", "**/x.json", "con*/deep", "x/docs/z", "missing", "docs/j*", "**"])
  func `the filter gives the same as asking for each path, and the folders above`(pattern: String) throws {
    let selection = try PathSelection([pattern])
    var filter = SelectionFilter(selection)
    var taken: [String] = []
    var parents: [String] = []
    for (path, isFolder) in Self.tree {
      let entry = ManifestEntry.item(path, isFolder ? .directory : .file, mode: 0)
      filter.take(entry) { entry, role in
        if role == .selected { taken.append(entry.path.description) } else { parents.append(entry.path.description) }
      }
    }
    #expect(try taken == selected([pattern]))
    let needed = Self.tree.filter { item in
      let path = ArchivePath(item.0)!
      return item.1 && !taken.contains(item.0) && taken.contains { path.contains(ArchivePath($0)!) }
    }
    #expect(parents == needed.map(\.0))
    #expect(filter.unmatched.isEmpty == !taken.isEmpty)
  }

  @Test(arguments: [
    "docs", "*.json", "config/**", "**/x.json", "con*/deep", "x/docs/z", "missing", "docs/j*", "a[1].txt",
  ])
  func `what it rules out in bulk holds nothing selected`(pattern: String) throws {
    let selection = try PathSelection([pattern])
    let paths = Self.tree.map { ArchivePath($0.0)! }
    for (folder, isFolder) in Self.tree where isFolder {
      let folder = ArchivePath(folder)!
      let isAny = Self.tree.contains {
        let path = ArchivePath($0.0)!
        return path != folder && folder.contains(path) && selection.selects(path, isFolder: $0.1)
      }
      if isAny { #expect(selection.maySelect(below: folder)) }
    }
    for start in paths.indices {
      for end in (start + 1)...paths.count {
        let isAny = Self.tree[start..<end].contains { item in
          let path = ArchivePath(item.0)!
          return selection.selects(path, isFolder: item.1)
            || Self.tree.contains {
              path.contains(ArchivePath($0.0)!) && selection.selects(ArchivePath($0.0)!, isFolder: $0.1)
            }
        }
        if isAny {
          #expect(selection.touches(from: paths[start], upTo: end < paths.count ? paths[end] : nil))
        }
      }
    }
    #expect(
      !selection.touches(from: ArchivePath("zz")!, upTo: nil) || selection.patterns[0].literalRoot?.isRoot != false)
  }

  @Test func `a folder is covered when all in it is selected, whatever it is called`() throws {
    func covers(_ pattern: String, _ folder: String) throws -> Bool {
      try PathSelection([pattern]).coversAll(in: ArchivePath(folder)!)
    }
    #expect(try covers("config", "config") && covers("config", "config/deep") && covers("config/**", "config"))
    #expect(try covers("config/**", "config/deep") && covers("**", ""))
    #expect(try !covers("config/*", "config") && !covers("*.json", "config") && !covers("config/deep", "config"))
    #expect(try !covers("config/**", ""))
  }

  @Test func `a glob that backtracks stays fast`() throws {
    let pattern = String(repeating: "*a", count: 40) + "b"
    let selection = try PathSelection([pattern])
    #expect(!selection.selects(ArchivePath(String(repeating: "a", count: 250))!, isFolder: false))
    let deep = try PathSelection([String(repeating: "**/a/", count: 8) + "b"])
    #expect(!deep.selects(ArchivePath(Array(repeating: "a", count: 40).joined(separator: "/"))!, isFolder: false))
  }

  @Test(arguments: [
    ("docs/giude.md", "docs/guide.md"), ("doc/guide.md", "docs/guide.md"), ("Readme.md", nil),
    ("src/guide.md", "docs/guide.md"), ("config/app.jsn", "config/app.json"), ("nothing at all", nil), ("", nil),
  ])
  func `the nearest path is what was meant`(wanted: String, expected: String?) {
    let paths = Self.tree.map { ArchivePath($0.0)! }
    #expect(nearestPath(to: Array(wanted.utf8), among: paths)?.description == expected)
  }

  @Test func `the edit distance counts a swap once`() {
    func distance(_ a: String, _ b: String) -> Int? { editDistance(Array(a.utf8), Array(b.utf8), below: 10) }
    #expect(distance("abcd", "abdc") == 1 && distance("", "abc") == 3 && distance("kitten", "sitting") == 3)
    #expect(editDistance([1, 2, 3], [4, 5, 6], below: 3) == nil)
  }
}

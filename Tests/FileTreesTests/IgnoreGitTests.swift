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
}

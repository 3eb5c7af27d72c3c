import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// One thing that is done to a repository of versions v1, v2 and v3 (v1 forgotten), and may be cut short anywhere.
enum Workload: String, CaseIterable, CustomTestStringConvertible {
  case save, forget, gc, repack, undo, setLabels, restore, verify
  /// What whoever was cut short does next: the same files are saved once more, and what is left is collected.
  case goOn

  /// Those that change something, and begin with a whole repository.
  static let changing: [Workload] = [.save, .forget, .gc, .repack, .undo, .setLabels]
  static let all = changing + [.restore, .verify]

  var testDescription: String { rawValue }

  func run(_ repository: Repository, _ trees: [String: RepositoryFixture.Tree]) throws {
    switch self {
    case .save: try repository.save("v4", trees["v4"] ?? [:])
    case .forget: try repository.forget(["v2", "v3"])
    case .gc: try repository.prepareAndCollect()
    case .repack: try repository.repackAndCollect(isDeep: true)
    case .undo: _ = try OperationLog.undoLast(in: repository)
    case .setLabels:
      guard let snapshot = try repository.version("v3") else { return }
      var labels = SnapshotLabels()
      labels.note = "new"
      try repository.setLabels(labels, of: snapshot.id)
    case .restore:
      for listed in try repository.snapshots() {
        let tree = try asFault { try repository.tree(of: listed.snapshot) }
        #expect(tree == trees[listed.snapshot.version], "wrong bytes in \(listed.snapshot.version)")
      }
    case .verify:
      // What could not be read may be told as damage, but the same data are whole afterwards.
      _ = try Verifier.verify(repository, options: VerifyOptions(readData: .all))
    case .goOn:
      try repository.save("next", trees["next"] ?? [:])
      try repository.collect()
    }
  }

  /// Versions that may be gone after it was cut short, and those that may be there.
  var mayGo: Set<String> { self == .forget ? ["v2", "v3"] : [] }
  var mayCome: Set<String> {
    switch self {
    case .save: ["v4"]
    case .undo: ["v1"]
    case .goOn: ["next"]
    default: []
    }
  }
}

/// A repository on which workloads run, and what must hold of it whatever became of them.
struct WorkloadFixture {
  let fixture: RepositoryFixture
  let trees: [String: RepositoryFixture.Tree]
  /// The kept state that workloads begin with.
  let start: String

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 2026)
    var trees: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree(files: 4)
    let repository = try fixture.open()
    // What is only in v1, which is forgotten, lies beside deltas that v3 needs: a collection deletes and moves.
    for version in ["v2", "v1", "v3", "v4"] {
      trees[version] = tree
      if version == "v1" { trees[version]?["gone"] = random.bytes(3000) }
      if version != "v4" { try repository.save(version, trees[version] ?? [:]) }
      if version != "v1" { tree = random.edited(tree) }
      tree["big"] = random.text(3000)
    }
    try repository.forget(["v1"])
    #expect(try GarbageCollector.plan(in: repository, undoWindowSeconds: 0).packsRewritten > 0)
    repository.close()
    trees["next"] = trees["v4"]
    trees["next"]?["new"] = random.bytes(700)
    self.trees = trees
    start = fixture.keep(as: "start")
  }

  /// What the workloads have come to.
  struct Progress {
    /// Those that reported success.
    var done: [Workload] = []
    /// Those that began and did not get so far.
    var cut: [Workload] = []
    /// Whether to save, collect and verify afterwards, too.
    var goesOn = true
  }

  /// What is wrong with the repository after the workloads; `nil` when it is as promised: what was reported is there, what
  /// was cut short is there or not, everything that is listed comes back bit for bit, and the next command works.
  func violation(_ progress: Progress) throws -> String? {
    let repository = try fixture.open()
    defer { repository.close() }
    var sure = Set(["v2", "v3"])
    for workload in progress.done { sure = sure.subtracting(workload.mayGo).union(workload.mayCome) }
    let listed = Set(try repository.snapshots().map(\.snapshot.version))
    let mayCome = Set(progress.cut.flatMap(\.mayCome))
    let mayGo = Set(progress.cut.flatMap(\.mayGo))
    let expected = sure.subtracting(mayGo.subtracting(listed)).union(mayCome.intersection(listed))
    var kept = trees.filter { expected.contains($0.key) }
    if let wrong = try difference(from: kept, in: repository) { return wrong }
    let v3 = try repository.snapshots().first { $0.snapshot.version == "v3" }
    if progress.done.contains(.setLabels), let v3, v3.labels.note != "new" { return "the note of v3 is gone" }
    let last = progress.cut.last ?? progress.done.last
    if last == .forget, !Set(["v2", "v3"]).isSubset(of: listed) {
      guard case .versionsRestored = try OperationLog.undoLast(in: repository) else {
        return "a forgotten version did not come back"
      }
      for version in ["v2", "v3"] { kept[version] = trees[version] }
      if let wrong = try difference(from: kept, in: repository) { return "undone: \(wrong)" }
    }
    return progress.goesOn ? try violationOfGoingOn(repository, kept) : nil
  }

  private func violationOfGoingOn(
    _ repository: Repository, _ kept: [String: RepositoryFixture.Tree]
  ) throws -> String? {
    var kept = kept
    try repository.save("v5", trees["v4"] ?? [:])
    kept["v5"] = trees["v4"]
    try repository.collect()
    if let wrong = try difference(from: kept, in: repository) { return "then saved and collected: \(wrong)" }
    if !fixture.names("tombs").isEmpty { return "a tomb is left" }
    let problems = try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all)).problems
    return problems.isEmpty ? nil : "then verified: \(problems)"
  }

  /// `nil` when every version is listed and reads as it was saved, and no other is listed.
  private func difference(from kept: [String: RepositoryFixture.Tree], in repository: Repository) throws -> String? {
    let listed = try repository.snapshots().map(\.snapshot)
    guard listed.map(\.version).sorted() == kept.keys.sorted() else {
      return "\(listed.map(\.version).sorted()) are listed, \(kept.keys.sorted()) expected"
    }
    for snapshot in listed where try repository.tree(of: snapshot) != kept[snapshot.version] {
      return "wrong bytes in \(snapshot.version)"
    }
    return nil
  }
}

import Glibc
import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// One thing that is done to a repository of versions v1, v2 and v3 (v1 forgotten), and may be cut short anywhere.
enum Workload: String, CaseIterable, CustomTestStringConvertible {
  case save, forget, gc, repack, undo, setLabels

  var testDescription: String { rawValue }

  func run(_ repository: Repository, _ trees: [String: RepositoryFixture.Tree]) throws {
    switch self {
    case .save: try repository.save("v4", trees["v4"] ?? [:])
    case .forget: try repository.forget(["v2", "v3"])
    case .gc: try repository.collect()
    case .repack:
      let (_, plan) = try GarbageCollector.repack(in: repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
      try GarbageCollector.execute(plan, in: repository)
    case .undo: _ = try OperationLog.undoLast(in: repository)
    case .setLabels:
      guard let snapshot = try repository.version("v2") else { return }
      var labels = SnapshotLabels()
      labels.note = "new"
      try repository.setLabels(labels, of: snapshot.id)
    }
  }

  /// Versions that may be gone after it was cut short, and those that may be there.
  var mayGo: Set<String> { self == .forget ? ["v2", "v3"] : [] }
  var mayCome: Set<String> { self == .save ? ["v4"] : self == .undo ? ["v1"] : [] }
}

struct CrashTests {
  private let fixture: RepositoryFixture
  private let trees: [String: RepositoryFixture.Tree]
  private let start: String

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 2026)
    var trees: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree(files: 4)
    for number in 1...4 {
      trees["v\(number)"] = tree
      tree = random.edited(tree)
      tree["big"] = random.text(3000)
    }
    let repository = try fixture.open()
    for version in ["v1", "v2", "v3"] { try repository.save(version, trees[version] ?? [:]) }
    try repository.forget(["v1"])
    repository.close()
    self.trees = trees
    start = fixture.keep(as: "start")
  }

  @Test(arguments: Workload.allCases, [false, true])
  func `after a crash at any step nothing is lost and nothing is in the way`(
    workload: Workload, losesIndex: Bool
  ) throws {
    let changes = try countOf(workload) { $0.changeCount }
    #expect(changes > 2)
    for change in 0...changes {
      fixture.goBack(to: start)
      let operations = InterruptedOperations(.crash(atChange: change))
      do {
        let repository = try fixture.open(operations: operations)
        try workload.run(repository, trees)
      } catch {
        #expect(error is SnapFault, "\(workload) at \(change): \(error)")
      }
      if losesIndex { fixture.removeIndex() }
      try checkRecovery(workload, "\(workload) cut short at change \(change), \(operations.failedCall ?? "after it")")
    }
  }

  @Test(arguments: Workload.allCases, [EIO, ENOSPC, EACCES])
  func `one failing call costs at most the command`(workload: Workload, errno: Int32) throws {
    // Any call may meet an I/O error; only one that changes something meets a full disk.
    let calls = try countOf(workload) { errno == EIO ? $0.callCount : $0.changeCount }
    // A sample: with `SNAP_TEST_SWEEP` set, all of them.
    for call in stride(from: 0, to: calls, by: unsafe getenv("SNAP_TEST_SWEEP") == nil ? 5 : 1) {
      fixture.goBack(to: start)
      let operations = InterruptedOperations(
        errno == EIO ? .fail(call: call, errno: errno) : .failChange(call, errno: errno))
      var comment = "\(workload) with errno \(errno) at call \(call)"
      var succeeded = false
      do {
        let repository = try fixture.open(operations: operations)
        try workload.run(repository, trees)
        succeeded = true
      } catch let fault as SnapFault {
        comment += ", \(operations.failedCall ?? "?"): \(fault.message)"
        let expected: Set<FaultCode> =
          switch errno {
          case ENOSPC: [.noSpace]
          case EACCES: [.permission]
          default: [.inputOutput]
          }
        #expect(expected.contains(fault.code), "\(comment)")
      }
      if succeeded { comment += ", \(operations.failedCall ?? "?"), which was forgiven" }
      try checkRecovery(workload, comment, succeeded: succeeded)
    }
  }

  private func countOf(_ workload: Workload, _ count: (InterruptedOperations) -> Int) throws -> Int {
    fixture.goBack(to: start)
    let operations = InterruptedOperations(.never)
    try workload.run(fixture.open(operations: operations), trees)
    return count(operations)
  }

  /// What must hold after the workload, whole or not, and that everything works again.
  private func checkRecovery(_ workload: Workload, _ comment: String, succeeded: Bool = false) throws {
    let repository = try fixture.open()
    var expected = trees.filter { ["v2", "v3"].contains($0.key) }
    let listed = Set(try repository.snapshots().map(\.snapshot.version))
    for version in workload.mayGo where !listed.contains(version) { expected[version] = nil }
    for version in workload.mayCome where listed.contains(version) { expected[version] = trees[version] }
    if succeeded {
      #expect(workload.mayGo.isDisjoint(with: listed) && workload.mayCome.isSubset(of: listed), "\(comment)")
    }
    try expect(expected, in: repository, comment)
    if workload == .forget, expected["v2"] == nil || expected["v3"] == nil {
      guard case .versionsRestored = try OperationLog.undoLast(in: repository) else {
        Issue.record("\(comment): a forgotten version did not come back")
        return
      }
      for version in ["v2", "v3"] { expected[version] = trees[version] }
      try expect(expected, in: repository, comment + ", undone")
    }
    try repository.save("v5", trees["v4"] ?? [:])
    expected["v5"] = trees["v4"]
    try repository.collect()
    try expect(expected, in: repository, comment + ", then saved and collected")
    #expect(fixture.names("tombs").isEmpty, "\(comment)")
    var options = VerifyOptions()
    options.readData = .all
    #expect(try Verifier.verify(fixture.open(), options: options).problems == [], "\(comment)")
  }
}

import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// A command is cut short at any of its calls, or one of them fails.
///
/// A commit takes a share, `SNAP_SWEEP=full` all (`tools/nightly`). Counts and seeds are printed.
struct CrashTests {
  private let workloads: WorkloadFixture
  private var fixture: RepositoryFixture { workloads.fixture }

  init() throws { workloads = try WorkloadFixture() }

  @Test(arguments: Workload.changing, [false, true])
  func `after a crash at any step nothing is lost and nothing is in the way`(
    workload: Workload, losesIndex: Bool
  ) throws {
    let changes = try run(workload, .never).changeCount
    #expect(changes > 2)
    for change in 0...changes {
      fixture.goBack(to: workloads.start)
      let operations = try crash(workload, at: change)
      if losesIndex { fixture.removeIndex() }
      expectRecovery(
        .init(cut: [workload]), "\(workload) cut short at change \(change), \(operations.failedCall ?? "after it")")
    }
  }

  @Test func `a crash during the recovery from a crash loses nothing either`() throws {
    let count = Sweep.isFull ? 10_000 : 60
    let seed: UInt64 = 4
    var random = SeededGenerator(seed: seed)
    var changes: [Workload: Int] = [:]
    for workload in Workload.changing + [.goOn] {
      fixture.goBack(to: workloads.start)
      changes[workload] = try run(workload, .never).changeCount
    }
    for number in 0..<count {
      let workload = Workload.changing[number % Workload.changing.count]
      fixture.goBack(to: workloads.start)
      let first = try crash(workload, at: Int.random(in: 0...(changes[workload] ?? 0), using: &random))
      if random.chance(1, in: 3) { fixture.removeIndex() }
      let second = try crash(.goOn, at: Int.random(in: 0...(changes[.goOn] ?? 0), using: &random))
      expectRecovery(
        .init(cut: [workload, .goOn]),
        "\(workload) cut short at \(first.failedCall ?? "its end"), then the next at \(second.failedCall ?? "its end")")
    }
    print("crashes during the recovery: \(count), seed \(seed)")
  }

  /// Runs a workload that may be cut short.
  private func crash(_ workload: Workload, at change: Int) throws -> InterruptedOperations {
    let operations = InterruptedOperations(.crash(atChange: change))
    do {
      let repository = try fixture.open(operations: operations)
      try workload.run(repository, workloads.trees)
    } catch {
      #expect(error is SnapFault, "\(workload) at \(change): \(error)")
    }
    return operations
  }

  @Test(arguments: Workload.all, Fault.all)
  func `a failing call costs at most the command, and is told as what it is`(workload: Workload, fault: Fault) throws {
    fixture.goBack(to: workloads.start)
    let calls = try run(workload, .fail(fault.failure, call: .max, stays: false)).candidateCount
    var runs = 0
    // Another share of each.
    for call in stride(from: Sweep.isFull ? 0 : fault.share(of: workload), to: calls, by: Sweep.isFull ? 1 : 12) {
      for stays in fault.canStay ? [false, true] : [false] {
        runs += 1
        fixture.goBack(to: workloads.start)
        let operations = InterruptedOperations(.fail(fault.failure, call: call, stays: stays))
        var comment = "\(workload) with \(fault)\(stays ? " from" : " at") call \(call)"
        var progress = WorkloadFixture.Progress(cut: [workload])
        do {
          let repository = try fixture.open(operations: operations)
          try workload.run(repository, workloads.trees)
          progress = .init(done: [workload])
          comment += ", \(operations.failedCall ?? "?"), which was forgiven"
        } catch {
          comment += ", \(operations.failedCall ?? "?"): \(error)"
          #expect((error as? SnapFault).map { fault.codes.contains($0.code) } == true, "\(comment)")
        }
        expectRecovery(progress, comment)
      }
    }
    print("\(fault) in \(workload): \(runs) runs of \(calls * (fault.canStay ? 2 : 1))")
  }

  @Test(arguments: [(EIO, FaultCode.inputOutput), (EMFILE, .failed)])
  func `undo does not pass over an operation that cannot be read now`(number: Int32, code: FaultCode) throws {
    fixture.goBack(to: workloads.start)
    let calls = try run(.undo, .fail(.errno(number), call: .max, stays: false)).candidateCount
    var count = 0
    for call in 0..<calls {
      fixture.goBack(to: workloads.start)
      let operations = InterruptedOperations(.fail(.errno(number), call: call, stays: false))
      do {
        try Workload.undo.run(fixture.open(operations: operations), workloads.trees)
      } catch {
        guard let failed = operations.failedCall, failed.contains("operations/") else { continue }
        count += 1
        #expect((error as? SnapFault)?.code == code, "\(failed): \(error)")
      }
    }
    #expect(count > 0)
  }

  /// An error that calls meet, and what a command may then end with.
  struct Fault: CustomTestStringConvertible, CustomStringConvertible, Sendable {
    var name: String
    var failure: InterruptedOperations.Failure
    /// None where the command must not notice.
    var codes: Set<FaultCode>
    /// Whether all later calls can fail as well.
    var canStay = true

    static let all = [
      Fault(name: "EIO", failure: .errno(EIO), codes: [.inputOutput]),
      Fault(name: "ENOSPC", failure: .errno(ENOSPC), codes: [.noSpace]),
      Fault(name: "EDQUOT", failure: .errno(EDQUOT), codes: [.noSpace]),
      Fault(name: "EACCES", failure: .errno(EACCES), codes: [.permission]),
      Fault(name: "EROFS", failure: .errno(EROFS), codes: [.permission]),
      Fault(name: "EMFILE", failure: .errno(EMFILE), codes: [.failed]),
      // Whoever is interrupted each time waits for ever, and may.
      Fault(name: "EINTR", failure: .errno(EINTR), codes: [], canStay: false),
      Fault(name: "short I/O", failure: .shortTransfer, codes: []),
    ]

    var description: String { name }
    var testDescription: String { name }

    func share(of workload: Workload) -> Int { (name.utf8.count + workload.rawValue.utf8.count * 5) % 12 }
  }

  private func run(_ workload: Workload, _ plan: InterruptedOperations.Plan) throws -> InterruptedOperations {
    fixture.goBack(to: workloads.start)
    let operations = InterruptedOperations(plan)
    let repository = try fixture.open(operations: operations)
    try workload.run(repository, workloads.trees)
    return operations
  }

  /// What must hold afterwards, and that everything works again.
  private func expectRecovery(_ progress: WorkloadFixture.Progress, _ comment: String) {
    do {
      let wrong = try workloads.violation(progress)
      #expect(wrong == nil, "\(comment)")
    } catch {
      Issue.record("\(comment): \(error)")
    }
  }
}

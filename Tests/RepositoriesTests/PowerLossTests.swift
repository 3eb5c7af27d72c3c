import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// The power goes after any call of a command, and the disk has kept any part of what was not synchronized.
///
/// A commit takes a share of the states, `SNAP_SWEEP=full` ten times as many (`tools/nightly`). Counts and the seed are
/// printed.
struct PowerLossTests {
  /// Workloads that run one after the other.
  static let scenarios: [[Workload]] =
    Workload.changing.map { [$0] } + [[.save, .setLabels, .undo, .forget, .gc, .repack]]

  @Test(arguments: scenarios)
  func `what a command has reported survives a loss of power, and the rest is whole or not there`(
    scenario: [Workload]
  ) throws {
    let replay = try PowerLossReplay(scenario)
    let isFull = CrashTests.isFull
    let outcome = try replay.run(randomStates: isFull ? 60 : 3, goesOnEvery: isFull ? 4 : 15, seed: 1)
    print("power loss in \(scenario.map(\.rawValue).joined(separator: ", ")): \(outcome)")
    #expect(outcome.states >= 2 * outcome.calls)
    #expect(outcome.violations == [])
  }

  /// As if the program did not make it: the replay must find out what each sync is for.
  @Test func `each sync is missed`() throws {
    let replay = try PowerLossReplay(PowerLossTests.scenarios[PowerLossTests.scenarios.count - 1])
    var missed: Set<String> = []
    for kind in replay.syncKinds {
      let outcome = try replay.run(
        randomStates: 6, goesOnEvery: 3, seed: 2, without: { replay.syncKind($0) == kind }, violationsMax: 1)
      print("without the sync of \(kind): \(outcome.violations.first ?? "nothing after \(outcome.states) states")")
      if !outcome.violations.isEmpty { missed.insert(kind) }
    }
    #expect(replay.syncKinds.subtracting(missed) == [])
  }
}

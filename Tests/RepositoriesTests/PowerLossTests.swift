import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// The power goes after any call of a command, and the disk has kept any part of what was not synchronized.
///
/// A commit takes a share of the states, `SNAP_SWEEP=full` ten times as many (`tools/nightly`). Counts and the seed are
/// printed.
struct PowerLossTests {
  /// All that changes something, one after the other.
  static let chain: [Workload] = [.save, .setLabels, .undo, .forget, .gc, .repack]

  @Test(arguments: Workload.changing.map { [$0] } + [chain])
  func `what a command has reported survives a loss of power, and the rest is whole or not there`(
    scenario: [Workload]
  ) throws {
    let replay = try PowerLossReplay(scenario)
    let isFull = Sweep.isFull
    let outcome = try replay.run(
      randomStates: isFull ? 80 : 8, allIndexes: isFull, goesOnEvery: isFull ? 4 : 16, seed: 1)
    print("power loss in \(scenario.map(\.rawValue).joined(separator: ", ")): \(outcome)")
    #expect(outcome.states > outcome.calls)
    #expect(outcome.violations == [])
  }

  /// As if the program did not make it: the replay must find out what each sync is for.
  @Test func `each sync is missed when it is not made`() throws {
    let replay = try PowerLossReplay(Self.chain)
    let isFull = Sweep.isFull
    let kinds = replay.syncKinds
    for kind in kinds.subtracting(isFull ? [] : Self.missedByOthers) {
      let outcome = try replay.run(
        randomStates: isFull ? 12 : 4, goesOnEvery: 4, seed: 2, without: { replay.syncKind($0) == kind },
        violationsMax: 1)
      print("without the sync of \(kind): \(outcome.violations.first ?? "nothing after \(outcome.states) states")")
      #expect(outcome.violations.isEmpty == Self.missedByOthers.contains(kind), "\(kind)")
    }
    #expect(Self.missedByOthers.isSubset(of: kinds) && kinds.count == 14)
  }

  /// Who relies on these is another process, which a loss of power ends as well, unless it runs on another machine.
  private static let missedByOthers: Set<String> = ["names in pending", "names in tombs"]

  @Test func `what other machines rely on is durable before anything hangs on it`() throws {
    let calls = try PowerLossReplay(Self.chain).trace.map(\.description)
    let tomb = try #require(calls.firstIndex { $0.hasPrefix("rename tmp/") && $0.contains(" to tombs/") })
    let deletion = try #require(calls[tomb...].firstIndex { $0.hasPrefix("unlink packs/") })
    #expect(calls[tomb..<deletion].contains("fsync tombs"))
    let pending = try #require(calls.firstIndex { $0.hasPrefix("rename tmp/") && $0.contains(" to pending/") })
    let commit = try #require(calls.firstIndex { $0.hasPrefix("rename pending/") })
    #expect(calls[pending..<commit].contains("fsync pending"))
  }
}

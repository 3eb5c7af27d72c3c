import TestSupport
import Testing

@testable import Repositories

/// Many processes on simulated machines, in any order, with accidents: nothing that was reported is lost
/// (as FoundationDB is tested, https://apple.github.io/foundationdb/testing.html).
struct SimulationTests {
  private static let seeds = ChosenSeeds(share: 40, all: 20_000)

  @Test(arguments: seeds.shares)
  func `savers, collectors and others lose nothing, whoever comes first and whoever dies`(
    share: ChosenSeeds.Share
  ) throws {
    var (turns, processes, accidents, busy) = (0, 0, 0, 0)
    for seed in share.seeds {
      let outcome = try Simulation(seed: seed, tells: Self.seeds.isOne).run()
      #expect(outcome.violations == [], "SNAP_SEEDS=\(seed)")
      turns += outcome.turns
      processes += outcome.actions
      accidents += outcome.accidents
      busy += outcome.busy
    }
    print(
      "simulated, seeds \(share): \(processes) processes, \(accidents) accidents, \(turns) turns, \(busy) saves gave up"
    )
    #expect(turns > processes)
  }

  @Test func `a seed gives the same calls in the same order`() throws {
    let outcomes = try (0..<2).map { _ in try Simulation(seed: 7).run() }
    #expect(outcomes[0].trace == outcomes[1].trace)
  }
}

import TestSupport
import Testing

@testable import Repositories

/// Long sequences of commands, chosen by a seed, against an oracle in memory.
struct RandomSequenceTests {
  private static let seeds = ChosenSeeds(share: 48, all: 4_000)
  private static let stepCount = 30

  @Test(arguments: seeds.shares)
  func `whatever is done one after the other, what was reported is there`(share: ChosenSeeds.Share) {
    for seed in share.seeds {
      let isEncrypted = seed % 4 == 3
      let steps = RandomSequence.steps(seed: seed, count: Self.stepCount)
      let violations = RandomSequence.violations(of: steps, seed: seed, isEncrypted: isEncrypted)
      guard !violations.isEmpty else { continue }
      let fewest = RandomSequence.shrunk(steps) {
        !RandomSequence.violations(of: $0, seed: seed, isEncrypted: isEncrypted).isEmpty
      }
      let last = RandomSequence.violations(of: fewest, seed: seed, isEncrypted: isEncrypted)
      Issue.record("SNAP_SEEDS=\(seed): \(violations); of these steps alone: \(fewest): \(last)")
    }
    print("sequences of \(Self.stepCount) steps: seeds \(share)")
  }

  @Test func `a failing sequence is cut down to what makes it fail`() {
    let steps = RandomSequence.steps(seed: 1, count: 30)
    let wanted = [steps[4].seed, steps[21].seed]
    let shrunk = RandomSequence.shrunk(steps) { fewer in wanted.allSatisfy(fewer.map(\.seed).contains) }
    #expect(shrunk.map(\.seed) == wanted)
  }
}

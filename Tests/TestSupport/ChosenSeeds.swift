import Glibc

/// The seeds of a test of random sequences: a share on each commit, all with `SNAP_SWEEP=full`, or those that
/// `SNAP_SEEDS=FROM-TO` or `SNAP_SEEDS=SEED` names.
package struct ChosenSeeds: Sendable {
  /// What one test case runs: neighbours.
  package struct Share: Sendable, CustomStringConvertible {
    package let seeds: Range<UInt64>
    package var description: String { "\(seeds.lowerBound)-\(max(seeds.lowerBound, seeds.upperBound - 1))" }
  }

  private let seeds: Range<UInt64>

  package init(share: UInt64, all: UInt64) {
    let named = environmentVariable("SNAP_SEEDS").map { $0.split(separator: "-").compactMap { UInt64($0) } }
    if let first = named?.first, let last = named?.last, first <= last {
      seeds = first..<last + 1
    } else {
      seeds = 0..<(Sweep.isFull ? all : share)
    }
  }

  /// One alone is wanted in all its detail.
  package var isOne: Bool { seeds.count == 1 }

  /// In eight parts, for several at once.
  package var shares: [Share] {
    let size = max(1, (seeds.count + 7) / 8)
    return stride(from: 0, to: seeds.count, by: size).map { start in
      Share(seeds: seeds.dropFirst(start).prefix(size))
    }
  }
}

/// How much of what a commit takes a share of is run.
package enum Sweep {
  /// All there is, for hours (`SNAP_SWEEP=full`).
  package static let isFull = environmentVariable("SNAP_SWEEP") == "full"
}

/// Unsafe: what the environment holds is copied at once.
private func environmentVariable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

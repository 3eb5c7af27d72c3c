import SnapshotModel
import TestSupport

@testable import Repositories

/// Lets one of several actors run at a time; whenever it is about to make a call, a seed decides who goes on.
///
/// An actor may be passed over for long, as a process that is suspended is. Whoever waits for another thread of his own keeps the turn.
final class TurnScheduler: Sendable {
  private struct State {
    var generator: SeededGenerator
    var isFinished: [Bool]
    /// How often each is chosen, for the next few turns; 0: suspended.
    var weights: [Int]
    var turn = 0
    var turns = 0
    /// FNV-1a over who ran and what it called.
    var trace: UInt64 = 0xCBF2_9CE4_8422_2325
  }

  private let monitor = Monitor()
  nonisolated(unsafe) private var state: State  // guarded by `monitor`
  private static let turnsOfOneWeight = 40
  private static let weights = [0, 1, 1, 4, 16]

  private let tells: Bool

  /// - Parameter tells: whether every call is printed.
  init(actors: Int, seed: UInt64, tells: Bool) {
    self.tells = tells
    unsafe state = State(
      generator: SeededGenerator(seed: seed), isFinished: Array(repeating: false, count: actors),
      weights: Array(repeating: 1, count: actors))
  }

  /// How many turns were given.
  var turnCount: Int { monitor.withLock { unsafe state.turns } }
  /// The same for the same calls in the same order.
  var trace: UInt64 { monitor.withLock { unsafe state.trace } }

  /// Runs all actors to their ends.
  func run(_ actors: [@Sendable () -> Void]) {
    monitor.withLock { choose() }
    _ = StoreTestThreads.run(actors.count) { [self] actor in
      monitor.withLock { awaitTurn(of: actor) }
      actors[actor]()
      monitor.withLock {
        unsafe state.isFinished[actor] = true
        choose()
      }
    }
  }

  /// Called by an actor before each of its calls; returns when it is its turn again.
  func pass(_ actor: Int, beforeCalling name: String) {
    monitor.withLock {
      if tells { print("\(actor): \(name)") }
      for byte in [UInt8(truncatingIfNeeded: actor)] + Array(name.utf8) {
        unsafe state.trace = (state.trace ^ UInt64(byte)) &* 0x100_0000_01B3
      }
      choose()
      awaitTurn(of: actor)
    }
  }

  private func awaitTurn(of actor: Int) {
    while unsafe state.turn != actor { monitor.wait() }
  }

  private func choose() {
    let actors = unsafe state.isFinished.indices.filter { unsafe !state.isFinished[$0] }
    guard !actors.isEmpty else { return }
    unsafe state.turns += 1
    if unsafe state.turns % Self.turnsOfOneWeight == 0 {
      for actor in actors { unsafe state.weights[actor] = Self.weights.randomElement(using: &state.generator) ?? 1 }
    }
    let total = actors.reduce(0) { unsafe $0 + state.weights[$1] }
    var left = unsafe Int.random(in: 0..<max(total, 1), using: &state.generator)
    var chosen = actors[0]
    for actor in actors {
      chosen = actor
      left -= unsafe state.weights[actor]
      if left < 0 { break }
    }
    unsafe state.turn = chosen
    monitor.signalAll()
  }
}

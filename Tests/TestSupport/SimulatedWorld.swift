import ObjectStores
import SnapshotModel
import Synchronization

/// Machines whose clock, random numbers and processes a seed and a test decide about.
package final class SimulatedWorld: Sendable {
  private struct State {
    /// Nanoseconds since 1970: an hour of November 2026.
    var clock: Int64 = 1_795_000_000_000_000_000
    var generator: SeededGenerator
    var processes = 0
    var running: Set<Int32> = []
  }

  private let state: Mutex<State>

  package init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

  /// A process that runs from now on.
  package func startProcess(on host: String) -> SimulatedMachine {
    let number = state.withLock { state in
      state.processes += 1
      let number = Int32(state.processes)
      state.running.insert(number)
      return number
    }
    return SimulatedMachine(
      world: self, process: ProcessIdentity(host: host, bootID: "5ca1ab1e-\(host)", number: number))
  }

  package func end(_ machine: SimulatedMachine) {
    _ = state.withLock { $0.running.remove(machine.process.number) }
  }

  /// Sets the clock, between 1970 and 2250.
  package func advance(seconds: Int64) {
    state.withLock { $0.clock = min(max($0.clock + seconds * 1_000_000_000, 0), 280 * 365 * 86400 * 1_000_000_000) }
  }

  /// Somebody sets the clock: a little, by days or by years.
  package func jump(_ random: inout SeededGenerator) {
    let year: Int64 = 365 * 86400
    let steps: [Int64] = [1, 3700, 86400 * 4, 10 * year, -3700, -10 * year]
    advance(seconds: steps.randomElement(using: &random) ?? 1)
  }

  /// The time after some more milliseconds, so that no two moments are alike, and a save takes half a minute.
  package func tick() -> Timestamp {
    state.withLock { state in
      state.clock += 100_000_000
      return Timestamp(
        seconds: state.clock / 1_000_000_000, nanoseconds: UInt32(state.clock % 1_000_000_000))
    }
  }

  fileprivate func random() -> UInt64 { state.withLock { $0.generator.next() } }
  fileprivate func isRunning(_ number: Int32) -> Bool { state.withLock { $0.running.contains(number) } }
}

/// A simulated machine, as one of its processes sees it.
package struct SimulatedMachine: Machine {
  package let world: SimulatedWorld
  package let process: ProcessIdentity

  package func now() -> Timestamp { world.tick() }
  package var workerCount: Int { 0 }
  package func random() -> UInt64 { world.random() }
  package func isRunning(_ number: Int32) -> Bool { world.isRunning(number) }
}

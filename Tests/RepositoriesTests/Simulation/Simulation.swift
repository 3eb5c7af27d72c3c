import ObjectStores
import SnapshotModel
import Synchronization
import TestSupport

@testable import Repositories

/// Savers, collectors, a forgetter and readers at one repository, on simulated machines, in an order that a seed decides.
///
/// Each action is a process of its own; some are killed, some calls fail, clocks jump, the index is deleted. Everything else is
/// the program's own code, and the files are real.
final class Simulation: Sendable {
  enum Role: CaseIterable { case saver, collector, forgetter, reader }

  struct Outcome {
    var violations: [String]
    var turns: Int
    var trace: UInt64
    var actions: Int
    var accidents: Int
    /// Saves that gave up since collectors removed what they stored five times in a row.
    var busy: Int
  }

  private struct Counts {
    var actions = 0
    var accidents = 0
    var busy = 0
    var versions = 0
  }

  private let fixture: RepositoryFixture
  private let world: SimulatedWorld
  private let disk: SimulatedDisk
  private let oracle = VersionOracle()
  private let roles: [Role]
  private let scheduler: TurnScheduler
  private let seed: UInt64
  private let actionsEach: Int
  private let counts = Mutex(Counts())
  private let chance: Mutex<SeededGenerator>

  private let tells: Bool

  init(seed: UInt64, actionsEach: Int = 4, tells: Bool = false) throws {
    self.seed = seed
    self.tells = tells
    self.actionsEach = actionsEach
    var generator = SeededGenerator(seed: seed)
    let roles: [Role] =
      Array(repeating: .saver, count: Int.random(in: 1...4, using: &generator))
      + Array(repeating: .collector, count: Int.random(in: 1...2, using: &generator)) + [.forgetter, .reader]
    self.roles = roles
    world = SimulatedWorld(seed: generator.next())
    disk = SimulatedDisk(world: world)
    scheduler = TurnScheduler(actors: roles.count, seed: generator.next(), tells: tells)
    chance = Mutex(SeededGenerator(seed: generator.next()))
    fixture = try RepositoryFixture(
      operations: SimulatedOperations(disk), machine: world.startProcess(on: "mill"))
  }

  func run() throws -> Outcome {
    scheduler.run(roles.indices.map { actor in { [self] in act(actor) } })
    let last = world.startProcess(on: "mill")
    let repository = try fixture.open(operations: SimulatedOperations(disk), machine: last)
    oracle.check(repository, "at the end")
    try checkGoingOn(repository)
    repository.close()
    let counts = counts.withLock { $0 }
    return Outcome(
      violations: oracle.violations, turns: scheduler.turnCount, trace: scheduler.trace, actions: counts.actions,
      accidents: counts.accidents, busy: counts.busy)
  }

  /// Whoever comes next finds everything, and nothing in the way.
  private func checkGoingOn(_ repository: Repository) throws {
    // Saves that were killed are dead, and those of other machines are taken for it.
    world.advance(seconds: 4 * 86400)
    try repository.collect()
    oracle.check(repository, "collected at the end")
    if !fixture.names("tombs").isEmpty { oracle.violate("a tomb is left") }
    if !fixture.names("pending").isEmpty { oracle.violate("\(fixture.names("pending")) are left in pending") }
    let problems = try Verifier.verify(repository, options: VerifyOptions(readData: .all)).problems
    // A save that was told by the disk that its record may not last takes it back, and others may have seen it: told as lost,
    // and kept.
    let seen = oracle.names(.unsure).filter { oracle.version($0)?.wasSaved == false }
    let untold = problems.filter { problem in
      !seen.contains { problem.message.hasPrefix("the record of \($0) (") && problem.hint == "snap repair" }
    }
    if !untold.isEmpty { oracle.violate("verified at the end: \(untold)") }
  }

  /// What an actor does: one action after the other, each a process.
  private func act(_ actor: Int) {
    var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(actor))
    // What frees takes longer than what saves, and comes to something only beside it.
    let count = [.saver: 3 * actionsEach, .forgetter: 2 * actionsEach][roles[actor]] ?? actionsEach
    for _ in 0..<count {
      // Seldom on another machine: whoever dies there is taken for alive for days, and protects all that is young.
      let machine = world.startProcess(on: generator.chance(1, in: 16) ? "barn" : "mill")
      let isSeen = generator.chance(1, in: 2)
      let operations = SimulatedOperations(disk, .any(&generator, likelihood: (1, roles[actor] == .collector ? 5 : 2)))
      { [self] name in
        scheduler.pass(actor, beforeCalling: name)
        if !isSeen, ["list packs", "list snapshots", "create tmp/"].contains(where: name.hasPrefix) {
          hideAnnouncement(of: machine.process)
        }
        chance.withLock { if $0.chance(1, in: 400) { world.jump(&$0) } }
      }
      counts.withLock { $0.actions += 1 }
      do {
        // A reader knows what it wants before it looks.
        let wanted = oracle.anySaved(&generator)
        let repository = try fixture.open(operations: operations, machine: machine)
        try perform(roles[actor], in: repository, wanted, &generator)
        if !operations.hasCrashed { repository.close() }
      } catch {
        if tells { print("\(actor): \(roles[actor]) ends with \(error)") }
        judge(error, of: roles[actor], operations)
      }
      if tells { print("\(actor): \(roles[actor]) has ended; \(oracle)") }
      if operations.failedCall != nil { counts.withLock { $0.accidents += 1 } }
      world.end(machine)
    }
  }

  /// As if a save were on a machine whose announcement has not come here yet: nobody spares what it relies on.
  private func hideAnnouncement(of process: ProcessIdentity) {
    for name in fixture.names("pending") {
      let path = "\(fixture.path)/pending/\(name)"
      if SaveAnnouncement(decoding: StoreTestFolder.bytes(path) ?? [])?.process == process {
        StoreTestFolder.remove(path)
      }
    }
  }

  /// Without an accident nothing but `busy` may come of it; with one, what the command line can tell.
  private func judge(_ error: any Error, of role: Role, _ operations: SimulatedOperations) {
    guard let fault = error as? SnapFault else { return oracle.violate("\(role): \(error)") }
    if operations.failedCall != nil { return }
    if role == .saver, fault.code == .busy { return counts.withLock { $0.busy += 1 } }
    oracle.violate("\(role) without an accident: \(fault)")
  }

  private func perform(
    _ role: Role, in repository: Repository, _ wanted: VersionOracle.Wanted?, _ generator: inout SeededGenerator
  ) throws {
    switch role {
    case .saver: try save(in: repository, &generator)
    case .collector: try collect(in: repository, &generator)
    case .forgetter: try forgetOrUndo(in: repository, &generator)
    case .reader: if let wanted { try read(wanted, in: repository) }
    }
  }

  private func save(in repository: Repository, _ generator: inout SeededGenerator) throws {
    let name = counts.withLock { counts in
      counts.versions += 1
      return "v\(counts.versions)"
    }
    // What is being forgotten comes again: what a collector takes away is wanted.
    let inDanger = generator.chance(2, in: 3) ? oracle.treeInDanger : nil
    let base = inDanger ?? oracle.anyTree(&generator)
    let tree = base.map { generator.chance(1, in: 2) ? $0 : generator.edited($0) } ?? generator.tree(files: 3)
    oracle.begin(saving: name, tree)
    try repository.save(name, tree)
    oracle.set([name], .saved)
  }

  private func collect(in repository: Repository, _ generator: inout SeededGenerator) throws {
    let window: Int64 = generator.chance(3, in: 4) ? 0 : 30 * 86400
    if generator.chance(1, in: 3) {
      try repository.repackAndCollect(isDeep: generator.chance(1, in: 2), undoWindowSeconds: window)
    } else {
      try repository.prepareAndCollect(undoWindowSeconds: window)
    }
    // Somebody tidies up what he takes for rubbish.
    if generator.chance(1, in: 4) { fixture.removeIndex() }
  }

  private func forgetOrUndo(in repository: Repository, _ generator: inout SeededGenerator) throws {
    if generator.chance(1, in: 5) {
      let candidates = oracle.names(.forgotten)
      oracle.begin(changing: candidates)
      do {
        guard case .versionsRestored(let back, _) = try OperationLog.undoLast(in: repository) else { return }
        let names = back.map(\.snapshot.version)
        oracle.set(candidates, .forgotten)
        oracle.set(names, .saved)
      } catch let fault as SnapFault where fault.code == .refused {
        oracle.set(candidates, .forgotten)
      }
      return
    }
    // Who opened the repository before a version was there does not see it.
    let listed = Set(try repository.snapshots().map(\.snapshot.version))
    let candidates = oracle.names(.saved).filter { listed.contains($0) && oracle.version($0)?.wasTakenBack == false }
    let chosen = Array(candidates.shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator)))
    guard !chosen.isEmpty else { return }
    oracle.begin(changing: chosen)
    try repository.forget(chosen)
    oracle.set(chosen, .forgotten)
  }

  /// Whatever is read is right; and what nobody touches meanwhile can be read.
  private func read(_ wanted: VersionOracle.Wanted, in repository: Repository) throws {
    do {
      guard let snapshot = try repository.version(wanted.name) else {
        if oracle.isUntouched(wanted) { oracle.violate("\(wanted.name) is not listed") }
        return
      }
      if try repository.tree(of: snapshot) != wanted.tree { oracle.violate("wrong bytes read of \(wanted.name)") }
    } catch {
      if oracle.isUntouched(wanted) { throw snapFault(for: error) ?? error }
    }
  }
}

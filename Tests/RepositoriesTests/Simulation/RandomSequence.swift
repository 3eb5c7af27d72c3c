import ObjectStores
import Packing
import SnapshotModel
import TestSupport

@testable import Repositories

/// One thing after the other that is done to a repository, as a seed decides; an oracle knows what must come of it.
struct RandomSequence {
  /// Every step chooses by a seed of its own, so that it means much the same when others before it are left out.
  struct Step: CustomStringConvertible {
    enum Kind: CaseIterable {
      case save, saveAgain, forget, undo, collect, repack, read, verify, loseIndex, rebuildIndex, setClock, damage
      case rotateKeys
    }

    var kind: Kind
    var seed: UInt64
    var accident: SimulatedOperations.Accident

    var description: String { if case .none = accident { "\(kind)" } else { "\(kind) (\(accident))" } }
  }

  static func steps(seed: UInt64, count: Int) -> [Step] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let kind = random.chance(1, in: 3) ? .save : Step.Kind.allCases.randomElement(using: &random) ?? .save
      let canFail: Set<Step.Kind> = [.save, .saveAgain, .forget, .undo, .collect, .repack, .read]
      return Step(
        kind: kind, seed: random.next(),
        accident: canFail.contains(kind) ? .any(&random, likelihood: (1, 4)) : .none)
    }
  }

  /// The fewest steps of a failing sequence that still fail, by leaving out ever smaller parts
  /// (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002).
  static func shrunk(_ steps: [Step], fails: ([Step]) -> Bool) -> [Step] {
    var steps = steps
    var size = steps.count / 2
    while size > 0 {
      var start = 0
      while start < steps.count {
        let fewer = Array(steps[..<start] + steps[min(start + size, steps.count)...])
        if fails(fewer) { steps = fewer } else { start += size }
      }
      size /= 2
    }
    return steps
  }

  /// - Returns: what was wrong; empty when all was as promised.
  static func violations(of steps: [Step], seed: UInt64, isEncrypted: Bool) -> [String] {
    do {
      let sequence = try RandomSequence(seed: seed, isEncrypted: isEncrypted)
      for (number, step) in steps.enumerated() {
        try sequence.take(step, number: number)
        if !sequence.oracle.violations.isEmpty { break }
      }
      try sequence.finish()
      return sequence.oracle.violations
    } catch {
      return ["\(error)"]
    }
  }

  private let world: SimulatedWorld
  private let disk: SimulatedDisk
  private let fixture: RepositoryFixture
  private let oracle = VersionOracle()

  private init(seed: UInt64, isEncrypted: Bool) throws {
    world = SimulatedWorld(seed: seed)
    disk = SimulatedDisk(world: world)
    fixture = try RepositoryFixture(
      isEncrypted: isEncrypted, operations: SimulatedOperations(disk), machine: world.startProcess(on: "mill"))
  }

  private func open() throws -> Repository {
    try fixture.open(operations: SimulatedOperations(disk), machine: world.startProcess(on: "mill"))
  }

  private func take(_ step: Step, number: Int) throws {
    var random = SeededGenerator(seed: step.seed)
    let operations = SimulatedOperations(disk, step.accident)
    let machine = world.startProcess(on: "mill")
    do {
      let repository = try fixture.open(operations: operations, machine: machine)
      try take(step, number: number, in: repository, &random)
      if !operations.hasCrashed { repository.close() }
    } catch {
      if !(error is SnapFault) || operations.failedCall == nil {
        oracle.violate("step \(number), \(step): \(error)")
      }
    }
    world.end(machine)
    // Nobody else is at work: what was cut short has happened or has not.
    try oracle.settle(open())
  }

  private func take(
    _ step: Step, number: Int, in repository: Repository, _ random: inout SeededGenerator
  ) throws {
    switch step.kind {
    case .save:
      try save("v\(number)", oracle.anyTree(&random).map { random.edited($0) } ?? random.tree(files: 3), in: repository)
    case .saveAgain: try save("v\(number)", oracle.anyTree(&random) ?? [:], in: repository)
    case .forget:
      let names = Array(oracle.names(.saved).shuffled(using: &random).prefix(2))
      if names.isEmpty { return }
      oracle.begin(changing: names)
      try repository.forget(names)
      oracle.set(names, .forgotten)
    case .undo: try undo(in: repository)
    case .collect: try repository.prepareAndCollect(undoWindowSeconds: random.undoWindow())
    case .repack:
      try repository.repackAndCollect(isDeep: random.chance(1, in: 2), undoWindowSeconds: random.undoWindow())
    case .read: try readAny(in: repository, &random)
    case .verify: try verify(repository, "step \(number)")
    case .loseIndex: fixture.removeIndex()
    case .rebuildIndex:
      repository.close()
      _ = try IndexRebuilder.rebuild(fixture.path, access: fixture.access, events: fixture.events)
    case .setClock: world.jump(&random)
    case .damage: try damageAndHeal(repository, &random)
    case .rotateKeys: try fixture.rotateKeys(of: repository)
    }
  }

  private func save(_ name: String, _ tree: RepositoryFixture.Tree, in repository: Repository) throws {
    oracle.begin(saving: name, tree)
    try repository.save(name, tree)
    oracle.set([name], .saved)
  }

  private func undo(in repository: Repository) throws {
    oracle.begin(changing: oracle.names(.forgotten))
    do {
      if case .versionsRestored(let back, _) = try OperationLog.undoLast(in: repository) {
        oracle.set(back.map(\.snapshot.version), .saved)
      }
    } catch let fault as SnapFault where fault.code == .refused {}
  }

  private func readAny(in repository: Repository, _ random: inout SeededGenerator) throws {
    guard let wanted = oracle.anySaved(&random) else { return }
    guard let snapshot = try repository.version(wanted.name) else {
      return oracle.violate("\(wanted.name) is not listed")
    }
    let tree = try asFault { try repository.tree(of: snapshot) }
    if tree != wanted.tree { oracle.violate("wrong bytes read of \(wanted.name)") }
  }

  private func verify(_ repository: Repository, _ moment: String) throws {
    let problems = try Verifier.verify(repository, options: VerifyOptions(readData: .all)).problems
    if !problems.isEmpty { oracle.violate("\(moment), verified: \(problems)") }
  }

  /// A pack is damaged or lost: nothing wrong comes out of it, the damage is told, and a copy mends it.
  private func damageAndHeal(_ repository: Repository, _ random: inout SeededGenerator) throws {
    // What a save that is dead, and not yet taken for it, has left would be protected, and no copy is asked for it.
    world.advance(seconds: 2 * 3600)
    try repository.collect(undoWindowSeconds: 30 * 86400)
    let packs = try repository.store.list(.packs)
    guard let pack = packs.randomElement(using: &random) else { return }
    let copy = fixture.keep(as: "copy")
    defer { StoreTestFolder.remove(copy) }
    let path = "\(fixture.path)/\(pack.path)"
    var bytes = StoreTestFolder.bytes(path) ?? []
    let place = Int.random(in: 0..<max(bytes.count, 1), using: &random)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: bytes[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes.removeSubrange(place...)
    default: bytes = []
    }
    if bytes.isEmpty { try repository.store.delete([pack]) } else { StoreTestFolder.write(bytes, to: path) }
    for snapshot in try repository.snapshots().map(\.snapshot) {
      // A reader of its own, which has decoded nothing before.
      let reading = try open()
      if let tree = try? reading.tree(of: snapshot), tree != oracle.version(snapshot.version)?.tree {
        oracle.violate("wrong bytes read of \(snapshot.version) after damage at \(place) of \(pack.path)")
      }
      reading.close()
    }
    let mended = try open()
    let donor = try Repository.openDonor(at: copy, access: fixture.access, events: fixture.events)
    _ = try Healer.heal(mended, from: [RepositoryDonor(donor)], isDryRun: false)
    try verify(open(), "healed of damage at \(place) of \(pack.path)")
    oracle.check(mended, "healed")
  }

  private func finish() throws {
    let repository = try open()
    oracle.check(repository, "at the end")
    try repository.collect()
    oracle.check(repository, "collected at the end")
    try verify(repository, "at the end")
    if !fixture.names("tombs").isEmpty { oracle.violate("a tomb is left") }
  }
}

extension SeededGenerator {
  fileprivate mutating func undoWindow() -> Int64 { chance(1, in: 2) ? 0 : 30 * 86400 }
}

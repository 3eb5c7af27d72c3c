import SnapshotModel
import Synchronization
import TestSupport

@testable import Repositories

/// Workloads whose calls were written down, to be replayed up to any of them and on any disk that POSIX allows.
///
/// The index does not pass the store's calls: after the loss it is gone, as old as the workload, as it was at that call, or
/// torn.
struct PowerLossReplay {
  /// What a replay came to.
  struct Outcome: CustomStringConvertible {
    var calls = 0
    /// States of the disk, among them equal ones.
    var built = 0
    /// States, of the disk and the index, that were looked at.
    var states = 0
    var seed: UInt64
    var violations: [String] = []
    var description: String {
      "\(calls) calls, \(built) states, \(states) of them different and looked at, seed \(seed)"
    }
  }

  /// Files of the index at some moment, by suffix.
  private typealias Index = [String: [UInt8]]

  private enum IndexFate: CaseIterable { case lost, old, kept, tornLog, tornFile }

  let workloads: WorkloadFixture
  let scenario: [Workload]
  private let startFiles: UnsyncedDisk.Files
  let trace: [TracedCall]
  /// After each call.
  private let indexes: [Index]
  private let startIndex: Index
  /// How many calls there were when each workload had reported success.
  private let ends: [Int]

  init(_ scenario: [Workload]) throws {
    workloads = try WorkloadFixture()
    self.scenario = scenario
    let fixture = workloads.fixture
    startFiles = fixture.contents()
    let startIndex = Self.index(at: fixture.indexPath())
    let indexes = Mutex([startIndex])
    let operations = TracedFileOperations(folder: fixture.path) { [path = fixture.indexPath()] in
      let index = Self.index(at: path)
      indexes.withLock { $0.append($0.last == index ? $0[$0.count - 1] : index) }
    }
    var ends: [Int] = []
    for workload in scenario {
      let repository = try fixture.open(operations: operations)
      try workload.run(repository, workloads.trees)
      ends.append(operations.calls.count)
      repository.close()
    }
    self.startIndex = startIndex
    self.indexes = indexes.withLock { $0 }
    self.ends = ends
    trace = operations.calls
  }

  private static func index(at path: String) -> Index {
    var index: Index = [:]
    for suffix in ["", "-wal"] { index[suffix] = StoreTestFolder.bytes(path + suffix) }
    return index
  }

  // MARK: Syncs

  /// Of the calls that were written down.
  var syncKinds: Set<String> { Set(trace.indices.compactMap(syncKind)) }

  /// What a call synchronizes: `bytes of packs` or `names in packs/00`; `nil` for any other call.
  func syncKind(_ call: Int) -> String? {
    guard case .synchronize(let path) = trace[call] else { return nil }
    guard path.hasPrefix("tmp/") else {
      return path.hasPrefix("packs/") ? "names in packs/00" : "names in \(path)"
    }
    let target = trace[call...].lazy.compactMap { later in
      if case .rename(path, let target) = later { target } else { nil }
    }.first
    return "bytes of \(target?.split(separator: "/").first ?? "what gets no name")"
  }

  // MARK: Replaying

  /// - Parameters:
  ///   - randomStates: of each cut, beside the fixed ones.
  ///   - allIndexes: whether each state is tried with everything that can have become of the index.
  ///   - goesOnEvery: of so many states one is also saved to, collected and verified.
  ///   - dropped: calls, by number, that are left out as if the program did not make them.
  ///   - violationsMax: so many are enough.
  func run(
    randomStates: Int, allIndexes: Bool = false, goesOnEvery: Int, seed: UInt64,
    without dropped: (Int) -> Bool = { _ in false },
    violationsMax: Int = 10
  ) throws -> Outcome {
    var outcome = Outcome(calls: trace.count, seed: seed)
    var random = SeededGenerator(seed: seed)
    var disk = UnsyncedDisk(durable: startFiles)
    // A state that was looked at is not looked at again; what a dropped call changes comes after it.
    var seen = Set<SeenState>()
    let start = trace.indices.first(where: dropped) ?? 0
    for cut in 0...trace.count {
      if cut > 0, !dropped(cut - 1) { disk.apply(trace[cut - 1]) }
      guard cut >= start else { continue }
      var states = UnsyncedDisk.Survival.allCases.map { ("\($0)", disk.files(after: $0)) }
      for number in 0..<randomStates { states.append(("dice \(number)", disk.files(after: &random))) }
      outcome.built += states.count
      var progress = progress(at: cut)
      for (name, files) in states
      where seen.insert(SeenState(files: files, done: progress.done.count, isCut: !progress.cut.isEmpty)).inserted {
        let fates = IndexFate.allCases
        for fate in allIndexes ? fates : [fates[outcome.states % fates.count]] {
          outcome.states += 1
          progress.goesOn = outcome.states.isMultiple(of: goesOnEvery)
          let place = cut == 0 ? "before all calls" : "after call \(cut), \(trace[cut - 1])"
          if let wrong = try violation(progress, files, index(fate, at: cut, &random)) {
            outcome.violations.append("\(place), survived: \(name), index: \(fate): \(wrong)")
            if outcome.violations.count >= violationsMax { return outcome }
          }
        }
      }
    }
    return outcome
  }

  private struct SeenState: Hashable {
    var files: UnsyncedDisk.Files?
    var done: Int
    var isCut: Bool
  }

  private func progress(at cut: Int) -> WorkloadFixture.Progress {
    let done = ends.count { $0 <= cut }
    return WorkloadFixture.Progress(
      done: Array(scenario[..<done]),
      cut: done < scenario.count && cut > (ends[..<done].last ?? 0) ? [scenario[done]] : [])
  }

  private func index(_ fate: IndexFate, at cut: Int, _ random: inout SeededGenerator) -> Index {
    var index = indexes[cut]
    switch fate {
    case .lost: return [:]
    case .old: return startIndex
    case .kept: return index
    case .tornLog:
      let log = index["-wal"] ?? []
      index["-wal"] = Array(log.prefix(Int.random(in: 0...log.count / 512, using: &random) * 512))
    case .tornFile:
      let file = index[""] ?? []
      index[""] = Array(file.prefix(Int.random(in: 0...file.count / 512, using: &random) * 512))
    }
    return index
  }

  /// Puts the files in place and looks at them.
  private func violation(
    _ progress: WorkloadFixture.Progress, _ files: UnsyncedDisk.Files?, _ index: Index
  ) throws -> String? {
    let fixture = workloads.fixture
    func putInPlace() {
      StoreTestFolder.replace(fixture.path, with: files)
      for (suffix, bytes) in index { StoreTestFolder.write(bytes, to: fixture.indexPath() + suffix) }
    }
    putInPlace()
    do {
      return try asFault { try workloads.violation(progress) }
    } catch let fault as SnapFault {
      // Of a torn index the command may have to say so.
      guard ["snap repair index", "snap verify"].contains(fault.hint) else { return "\(fault)" }
    }
    putInPlace()
    do {
      _ = try IndexRebuilder.rebuild(fixture.path, access: fixture.access, events: fixture.events)
      return try asFault { try workloads.violation(progress) }
    } catch let fault as SnapFault {
      return "after snap repair index: \(fault)"
    }
  }
}

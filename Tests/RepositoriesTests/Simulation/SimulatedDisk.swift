import Glibc
import ObjectStores
import SnapshotModel
import Synchronization
import TestSupport

/// Times of files as the simulated clock gives them, by their path in the store; the files themselves are real.
final class SimulatedDisk: Sendable {
  /// What file systems stamp with: the clock's last tick.
  private static let tickNanoseconds: UInt32 = 4_000_000

  private let world: SimulatedWorld
  private let times = Mutex<[String: Timestamp]>([:])

  init(world: SimulatedWorld) { self.world = world }

  func time(of path: String) -> Timestamp? { times.withLock { $0[path] } }

  func touch(_ path: String) {
    var time = world.tick()
    time.nanoseconds -= time.nanoseconds % Self.tickNanoseconds
    times.withLock { [time] in $0[path] = time }
  }

  /// A name came or went.
  func touchFolder(of path: String) {
    guard let slash = path.lastIndex(of: "/") else { return }
    touch(String(path[..<slash]))
  }

  func rename(_ source: String, to target: String) {
    times.withLock { $0[target] = $0[source] }
    touchFolder(of: source)
    touchFolder(of: target)
  }
}

/// The calls of one simulated process: others go on in between, listings are not of one moment, and a call may fail.
final class SimulatedOperations: ObservedFileOperations {
  enum Accident: Sendable {
    case none
    /// The process is gone from this call on.
    case crash(call: Int)
    /// One call fails; where it is applied, it took effect and only the answer is lost.
    case fail(Int32, call: Int, isApplied: Bool)
  }

  private struct State {
    var calls = 0
    var failed: String?
  }

  let openPaths = OpenPaths()
  private let disk: SimulatedDisk
  private let accident: Accident
  private let beforeCall: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(
    _ disk: SimulatedDisk, _ accident: Accident = .none,
    beforeCall: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.disk = disk
    self.accident = accident
    self.beforeCall = beforeCall
  }

  /// The call that failed first.
  var failedCall: String? { state.withLock { $0.failed } }
  var hasCrashed: Bool { if case .crash = accident { failedCall != nil } else { false } }

  func willMake(_ call: FileCall) throws(SystemCallFailure) {
    if let failure = failure(of: call) { throw failure }
  }

  /// - Returns: what the call fails with.
  private func failure(of call: FileCall) -> SystemCallFailure? {
    let name = ([call.name] + call.paths).joined(separator: " ")
    beforeCall(name)
    return state.withLock { state in
      defer { state.calls += 1 }
      let failure: Int32? =
        switch accident {
        case .none: nil
        case .crash(let at): state.calls >= at ? EIO : nil
        case .fail(let number, let at, _): state.calls == at ? number : nil
        }
      if failure != nil, state.failed == nil { state.failed = name }
      return failure.map { SystemCallFailure($0) }
    }
  }

  /// What a call that changes names fails with, and whether it takes effect.
  private func outcome(_ name: String, _ paths: String...) -> (failure: SystemCallFailure?, takesEffect: Bool) {
    let failure = failure(of: FileCall(name: name, paths: paths, changesSomething: true, isInterruptible: false))
    if case .fail(_, _, true) = accident { return (failure, true) }
    return (failure, failure == nil)
  }

  func createFile(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    try willMake(FileCall(name: "create", paths: [path], changesSomething: true, isInterruptible: false))
    disk.touch(path)
    disk.touchFolder(of: path)
    return openPaths.adding(try system.createFile(path, in: folder), path)
  }

  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int {
    disk.touch(openPaths.path(of: file))
    return try tellAndWrite(bytes, to: file)
  }

  func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try move(source, to: target, in: folder, "rename-exclusive", system.renameExclusively)
  }

  func rename(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try move(source, to: target, in: folder, "rename", system.rename)
  }

  func link(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    try move(source, to: target, in: folder, "link", system.link)
  }

  private func move(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor, _ name: String,
    _ call: (String, String, borrowing OwnedDescriptor) throws(SystemCallFailure) -> Void
  ) throws(SystemCallFailure) {
    let (failure, takesEffect) = outcome(name, source, target)
    if takesEffect {
      try call(source, target, folder)
      disk.rename(source, to: target)
    }
    if let failure { throw failure }
  }

  func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    let (failure, takesEffect) = outcome("unlink", path)
    if takesEffect {
      try system.unlink(path, in: folder)
      disk.touchFolder(of: path)
    }
    if let failure { throw failure }
  }

  func status(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> ObjectStatus {
    try willMake(FileCall(name: "stat", paths: [path], changesSomething: false, isInterruptible: false))
    var status = try system.status(path, in: folder)
    if let time = disk.time(of: path) {
      status.modifiedSeconds = time.seconds
      status.modifiedNanoseconds = time.nanoseconds
    }
    return status
  }

  /// What came or went while the folder was read is there or not (readdir(3)).
  func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    let path = openPaths.path(of: folder)
    try willMake(FileCall(name: "list", paths: [path], changesSomething: false, isInterruptible: false))
    let first = Set(try system.names(in: folder))
    try willMake(FileCall(name: "list on", paths: [path], changesSomething: false, isInterruptible: false))
    let second = Set(try system.names(in: folder))
    // Half of what moved is seen, by its name.
    let moved = first.symmetricDifference(second).filter { ($0.utf8.last ?? 0) & 1 == 0 }
    return first.intersection(second).union(moved).sorted()
  }
}

extension SimulatedOperations.Accident {
  /// - Parameter likelihood: how often there is one at all.
  static func any(_ random: inout SeededGenerator, likelihood: (one: Int, in: Int)) -> Self {
    guard random.chance(likelihood.one, in: likelihood.in) else { return .none }
    let call = Int.random(in: 0..<150, using: &random)
    let number = [EIO, ENOSPC, EACCES, EMFILE].randomElement(using: &random) ?? EIO
    switch Int.random(in: 0..<4, using: &random) {
    case 0, 1: return .crash(call: call)
    case 2: return .fail(EIO, call: call, isApplied: true)
    default: return .fail(number, call: call, isApplied: false)
    }
  }
}

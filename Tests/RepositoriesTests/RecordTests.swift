import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct RecordTests {
  @Test func `no damage to an operation's record makes the log trap`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let snapshots = try (1...3).map { try repository.save("v\($0)", ["a": [UInt8($0)]]).id }
    try OperationLog.append(.restore, "restored é", snapshots, target: "/target", in: repository)
    let operation = try #require(try OperationLog.operations(in: repository).first)
    #expect(operation.kindName == "restore" && operation.snapshots == snapshots && operation.target == "/target")
    let bytes = try repository.store.read(.operation(operation.name))
    for count in 0..<bytes.count { #expect(OperationLog.decode(Array(bytes[..<count]), name: "x") == nil, "\(count)") }
    forEachDamaged(bytes, seed: 9) { _ = OperationLog.decode($0, name: "x") }
  }

  @Test func `what a restore made is noted, and no damage to it makes the log trap`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let snapshot = try repository.save("v1", ["a": [1]]).id
    let created = try ["b/c", "b", "b/c/d", "a", "ba"].map { try #require(ArchivePath($0)) }
    let whole = RestoreTrace(snapshot: snapshot, created: created, coversFolders: true)
    #expect(whole.created.map(\.description) == ["a", "b", "ba"])
    let trace = RestoreTrace(snapshot: snapshot, created: created, stripComponents: 2, coversFolders: false)
    #expect(trace.created.map(\.description) == ["a", "b", "b/c", "b/c/d", "ba"])
    try OperationLog.append(.restore, "restored", [], target: "/target", trace: trace, in: repository)
    let operation = try #require(try OperationLog.operations(in: repository).first)
    #expect(operation.trace == trace)
    let bytes = try repository.store.read(.operation(operation.name))
    for count in 0..<bytes.count { #expect(OperationLog.decode(Array(bytes[..<count]), name: "x")?.trace == nil) }
    forEachDamaged(bytes, seed: 11) { _ = OperationLog.decode($0, name: "x") }
  }

  @Test func `what came of a drill is noted, and no damage to it makes the log trap`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let id = try repository.save("v1", ["a": [1]]).id
    #expect(try OperationLog.lastDrills(in: repository).last == nil)
    var results: [DrillResult] = []
    for (outcome, reason) in [(DrillResult.Outcome.incomplete, "no space"), (.passed, ""), (.checkFailed, "é")] {
      results.append(
        DrillResult(outcome: outcome, durationMilliseconds: 70_000, files: 3, bytes: .max, reason: reason))
      try OperationLog.append(.drill, "v1", [id], drill: results.last, in: repository)
    }
    let (last, lastPassed) = try OperationLog.lastDrills(in: repository)
    #expect(last?.drill == results[2] && lastPassed?.drill == results[1] && last?.snapshots == [id])
    let bytes = try repository.store.read(.operation(try #require(last).name))
    for count in 0..<bytes.count { #expect(OperationLog.decode(Array(bytes[..<count]), name: "x") == nil, "\(count)") }
    forEachDamaged(bytes, seed: 12) { _ = OperationLog.decode($0, name: "x") }
  }

  @Test func `an incident is told as it was noted last, and no damage to it makes the log trap`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let id = try repository.save("v1", ["a": [1]]).id
    var incident = Incident(
      began: Timestamp(seconds: -7, nanoseconds: 999_999_999), user: "é", host: "mill", version: "v1",
      patterns: ["src", ""], command: "psql")
    try OperationLog.note(incident, "lost", [id], target: "/target", in: repository)
    #expect(try OperationLog.incidents(in: repository).map(\.incident) == [incident])
    incident.outcome = .partial
    incident.safetyVersion = "before"
    incident.durationMilliseconds = 70_000
    (incident.files, incident.bytes, incident.deleted) = (1, .max, 3)
    incident.reason = "no space"
    try OperationLog.note(incident, "lost", [id, id], target: "/target", in: repository)
    let told = try OperationLog.incidents(in: repository)
    #expect(told.map(\.incident) == [incident] && told.first?.operation.snapshots == [id, id])
    #expect(try OperationLog.operations(in: repository).count == 1)
    let bytes = try repository.store.read(.operation(try #require(told.first).operation.name))
    for count in 0..<bytes.count { #expect(OperationLog.decode(Array(bytes[..<count]), name: "x") == nil, "\(count)") }
    forEachDamaged(bytes, seed: 13) { _ = OperationLog.decode($0, name: "x") }
  }

  @Test func `no damage to an announcement makes it trap`() {
    let machine = SystemMachine()
    let announcement = SaveAnnouncement(by: machine)
    let bytes = announcement.encoded()
    #expect(SaveAnnouncement(decoding: bytes) == announcement)
    #expect(announcement.mayBeAlive(for: machine))
    for count in 0..<bytes.count {
      #expect(SaveAnnouncement(decoding: Array(bytes[..<count])) == nil)
      #expect(SaveAnnouncement.isTorn(Array(bytes[..<count])))
    }
    forEachDamaged(bytes, seed: 10) { _ = SaveAnnouncement(decoding: $0)?.mayBeAlive(for: machine) }
  }

  @Test func `a save on another host is dead after three days, one of this host with its process`() {
    let world = SimulatedWorld(seed: 1)
    let here = world.startProcess(on: "here")
    var other = SaveAnnouncement(by: world.startProcess(on: "elsewhere"))
    world.advance(seconds: 3 * 86400 - 1)
    #expect(other.mayBeAlive(for: here))
    world.advance(seconds: 1)
    #expect(!other.mayBeAlive(for: here))
    for seconds in [Int64.min, .max] {
      other.started = Timestamp(seconds: seconds)
      #expect(!other.mayBeAlive(for: here))
    }
    let neighbour = world.startProcess(on: "here")
    let announcement = SaveAnnouncement(by: neighbour)
    world.advance(seconds: 3 * 86400)
    #expect(announcement.mayBeAlive(for: here))
    world.end(neighbour)
    #expect(!announcement.mayBeAlive(for: here))
  }

  @Test(arguments: 0..<2) func `the differ says what a comparison of all entries says`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var old: RepositoryFixture.Tree = [:]
    // Enough files for several segments, some of them shared.
    for number in 0..<1500 { old["d\(number % 7)-\(number)"] = [UInt8(truncatingIfNeeded: number)] }
    var new = old
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let name = "d\(random.next() % 7)-\(random.next() % 1600)"
      new[name] = random.chance(1, in: 3) ? nil : random.bytes(3)
    }
    let (a, b) = (try repository.save("a", old), try repository.save("b", new))
    var found: [String] = []
    try ManifestDiffer.forEachChange(from: repository.manifest(of: a), to: repository.manifest(of: b)) {
      found.append("\($0.kind) \($0.path)")
    }
    let expected = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.map { name in
      (old[name] == nil ? "added" : new[name] == nil ? "removed" : "modified") + " " + name
    }
    #expect(found.sorted() == expected.sorted(), "seed \(seed)")
    var reversed = 0
    try ManifestDiffer.forEachChange(from: repository.manifest(of: b), to: repository.manifest(of: a)) { _ in
      reversed += 1
    }
    #expect(reversed == found.count)
    try ManifestDiffer.forEachChange(from: repository.manifest(of: a), to: repository.manifest(of: a)) {
      Issue.record("\($0.path) differs from itself")
    }
  }
}

/// Lends copies with one to four bytes changed.
private func forEachDamaged(_ bytes: [UInt8], seed: UInt64, _ body: ([UInt8]) -> Void) {
  var random = SeededGenerator(seed: seed)
  for _ in 0..<3000 {
    var damaged = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    body(damaged)
  }
}

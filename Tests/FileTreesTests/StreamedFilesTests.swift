import Glibc
import Repositories
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import FileTrees

/// Hands out what a test gives it, piece by piece, the files by turns.
private final class ScriptedStreams: StreamedFiles {
  let files: [SavedDump]
  private var pieces: [StreamedPiece]
  private(set) var startCount = 0

  init(_ contents: [(name: String, path: String, bytes: [UInt8])], failing: [String: String] = [:]) throws {
    files = try contents.map { SavedDump(name: $0.name, path: try #require(ArchivePath($0.path))) }
    var pieces: [StreamedPiece] = [.nothingYet]
    var rests = contents.map { $0.bytes[...] }
    while rests.contains(where: { !$0.isEmpty }) {
      for at in rests.indices where !rests[at].isEmpty {
        pieces.append(.bytes(file: at, Array(rests[at].prefix(700_001))))
        rests[at] = rests[at].dropFirst(700_001)
      }
    }
    for (at, content) in contents.enumerated() { pieces.append(.end(file: at, failure: failing[content.name])) }
    self.pieces = pieces.reversed()
  }

  func start() { startCount += 1 }
  func next() -> StreamedPiece? { pieces.popLast() }
}

extension WalkFixture {
  fileprivate func put(_ path: String, _ bytes: [UInt8]) throws { try file(Array(path.utf8), bytes) }
}

extension StoreTestFolder {
  fileprivate static func removeFiles(in folder: String) {
    for name in names(folder) { remove("\(folder)/\(name)") }
  }
}

struct StreamedFilesTests {
  private func text(_ seed: UInt64, lines: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<lines).flatMap { Array("row \($0) \(generator.next() % 100_000)\n".utf8) }
  }

  @Test func `what programs write stands in the version in path order, whole`() throws {
    let fixture = try ArchiveFixture()
    for name in ["a", "dumps-not", "m/x", "z"] { try fixture.source.put(name, Array(name.utf8)) }
    let big = text(1, lines: 300_000)
    let streams = try ScriptedStreams([
      ("late", "zz/late", Array("late".utf8)), ("big", "dumps/big.sql", big),
      ("in", "m/y/in.sql", text(2, lines: 200_000)),
      ("none", "dumps/none", []),
    ])
    let outcome = try fixture.save("v1") { $0.streams = streams }
    let paths = try fixture.entries(outcome.snapshot).map(\.path.description)
    #expect(
      paths == [
        "", "a", "dumps", "dumps/big.sql", "dumps/none", "dumps-not", "m", "m/x", "m/y", "m/y/in.sql", "z", "zz",
        "zz/late",
      ])
    #expect(try fixture.bytes("dumps/big.sql", in: outcome.snapshot) == big)
    #expect(try fixture.bytes("m/y/in.sql", in: outcome.snapshot) == text(2, lines: 200_000))
    #expect(try fixture.bytes("dumps/none", in: outcome.snapshot).isEmpty)
    #expect(outcome.snapshot.dumps.map(\.name) == ["late", "big", "in", "none"])
    #expect(outcome.snapshot.statistics.filesNew == 8)
  }

  @Test func `the next version stores what changed in it, and nothing when nothing did`() throws {
    let fixture = try ArchiveFixture()
    try fixture.source.put("a", [1])
    var dump = text(3, lines: 200_000)
    func save(_ version: String) throws -> SaveOutcome {
      let streams = try ScriptedStreams([("app", "dumps/app.sql", dump), ("b", "b", text(4, lines: 50_000))])
      return try fixture.save(version) { $0.streams = streams }
    }
    let first = try save("v1")
    dump[dump.count / 2] ^= 1
    let second = try save("v2")
    #expect(second.snapshot.statistics.bytesStored < first.snapshot.statistics.bytesStored / 50)
    #expect(try fixture.bytes("dumps/app.sql", in: second.snapshot) == dump)
    let third = try save("v3")
    #expect(third.snapshot.manifest == second.snapshot.manifest)
    #expect(third.snapshot.statistics.filesUnmodified == 3)
    let without = try fixture.save("v4")
    #expect(without.snapshot.statistics.filesRemoved == 2)
  }

  @Test func `a dump that may be missing is left out and counted`() throws {
    let fixture = try ArchiveFixture()
    try fixture.source.put("a", [1])
    let streams = try ScriptedStreams(
      [("app", "dumps/app.sql", text(5, lines: 100_000)), ("b", "b", [2])], failing: ["app": "it broke"])
    let outcome = try fixture.save("v1") { $0.streams = streams }
    #expect(outcome.errors.map(\.reason) == ["it broke"])
    #expect(try fixture.entries(outcome.snapshot).map(\.path.description) == ["", "a", "b"])
    #expect(outcome.snapshot.dumps.map(\.name) == ["b"])
  }

  @Test func `a file of the tree makes way, a folder does not`() throws {
    let fixture = try ArchiveFixture()
    try fixture.source.put("dumps/app.sql", Array("old".utf8))
    try fixture.source.put("other/x", [1])
    let outcome = try fixture.save("v1") { $0.streams = try? ScriptedStreams([("app", "dumps/app.sql", [7])]) }
    #expect(try fixture.bytes("dumps/app.sql", in: outcome.snapshot) == [7])
    for path in ["other", "dumps/app.sql/below"] {
      #expect(throws: SnapFault.self, "\(path)") {
        try fixture.save("v2") { $0.streams = try? ScriptedStreams([("app", path, [7])]) }
      }
    }
  }

  @Test func `a save that begins again does not read its streams again`() throws {
    let fixture = try ArchiveFixture()
    try fixture.source.put("a", text(6, lines: 1000))
    try fixture.save("v1")
    let dump = text(7, lines: 1000)
    let streams = try ScriptedStreams([("app", "app.sql", dump)])
    let packs = fixture.holder.path("repository/packs")
    let attempts = Mutex(0)
    let outcome = try fixture.save("v2") { request in
      request.streams = streams
      request.readsAll = true
      // What the first version stored goes just before the commit, once, as if a collector had no right to it.
      request.confirm = {
        attempts.withLock { $0 += 1 }
        guard unsafe mkdir(packs + ".gone", 0o700) == 0 else { return }
        for folder in StoreTestFolder.names(packs) { StoreTestFolder.removeFiles(in: "\(packs)/\(folder)") }
      }
    }
    #expect(attempts.withLock { $0 } == 2)
    #expect(streams.startCount == 1)
    #expect(try fixture.bytes("app.sql", in: outcome.snapshot) == dump)
  }

  @Test func `a diff with the tree does not call dumps removed`() throws {
    let fixture = try ArchiveFixture()
    try fixture.source.put("a", [1])
    let outcome = try fixture.save("v1") { $0.streams = try? ScriptedStreams([("app", "dumps/app.sql", [7])]) }
    try fixture.source.put("b", [1])
    var changes: [String] = []
    try WorkTreeDiffer.forEachChange(
      from: fixture.repository.manifest(of: outcome.snapshot), of: outcome.snapshot, root: fixture.source.root,
      options: WalkOptions(), in: fixture.repository
    ) { change in
      if change.kind != .metadata { changes.append(change.path.description) }
    }
    #expect(changes == ["b"])
  }
}

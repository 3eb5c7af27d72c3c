import Packing
import Repositories
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

/// A database beside the export of the same rows: what a first save finds to resemble.
struct SimilarContentTests {
  private let fixture: ArchiveFixture
  private let json: [UInt8]
  private let table: [UInt8]

  init() throws {
    fixture = try ArchiveFixture()
    var random = SeededGenerator(seed: 11)
    var json = ""
    var table = ""
    for row in 0..<12_000 {
      let (token, notes) = (random.chunkID().hexadecimal, String(decoding: random.text(60), as: UTF8.self))
      json += #"{"id": \#(row), "token": "\#(token)", "notes": "\#(notes)"}\#n"#
      table += "\(row)|\(notes)|\(token)\n"
    }
    (self.json, self.table) = (Array(json.utf8), Array(table.utf8))
  }

  private func storedBytes(_ files: [String: [UInt8]], _ change: (inout SaveRequest) -> Void = { _ in }) throws
    -> UInt64
  {
    let other = try ArchiveFixture()
    for (name, bytes) in files { try other.source.file(Array(name.utf8), bytes) }
    let outcome = try other.save("v1", change)
    for (name, bytes) in files where outcome.wasSaved { #expect(try other.bytes(name, in: outcome.snapshot) == bytes) }
    return outcome.snapshot.statistics.bytesStored
  }

  @Test func `a new file that resembles another of the same save is stored as a delta on it`() throws {
    let (alone, both) = (
      try storedBytes(["rows.table": table]), try storedBytes(["a.json": json, "rows.table": table])
    )
    let first = try storedBytes(["a.json": json])
    #expect(both < first + alone / 4, "\(first) + \(alone), together \(both)")
    // Which one comes first does not matter.
    #expect(try storedBytes(["z.json": json, "rows.table": table]) < first + alone / 4)
    // What is said of a save that is only tried is the same.
    #expect(try storedBytes(["a.json": json, "rows.table": table]) { $0.isDryRun = true } == both)
  }

  @Test func `what resembles nothing is stored as it would be alone`() throws {
    var random = SeededGenerator(seed: 12)
    let (text, noise) = (random.text(800_000), random.bytes(800_000))
    let apart = try storedBytes(["a": text]) + storedBytes(["b": noise])
    let both = try storedBytes(["a": text, "b": noise])
    #expect(both < apart + apart / 100, "\(apart), together \(both)")
  }

  @Test func `a version saved so restores, with the next ones, whole after a collection`() throws {
    var table = table
    var saved: [String: [UInt8]] = [:]
    for version in 1...3 {
      try fixture.source.file(Array("a.json".utf8), json)
      try fixture.source.file(Array("rows.table".utf8), table)
      try fixture.save("v\(version)")
      saved["v\(version)"] = table
      table.replaceSubrange(200_000 * version..<200_000 * version + 50, with: Array("other".utf8))
    }
    let (_, plan) = try GarbageCollector.repack(
      in: fixture.repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    _ = try GarbageCollector.execute(plan, in: fixture.repository)
    for listed in try fixture.repository.snapshots() {
      #expect(try fixture.bytes("a.json", in: listed.snapshot) == json)
      #expect(try fixture.bytes("rows.table", in: listed.snapshot) == saved[listed.snapshot.version])
    }
    let last = try #require(fixture.repository.snapshots().last).snapshot
    #expect(try fixture.bytes("rows.table", in: last).count == table.count + 45)
  }

  @Test func `older versions that resemble each other, not the newest, do so in a collection, too`() throws {
    var random = SeededGenerator(seed: 13)
    // Three builds of one program, twice: nothing is left of the first in the second.
    var alone: UInt64 = 0
    for version in ["v1", "v2"] {
      let program = random.text(1_500_000)
      for name in ["a.js", "b.js", "c.js"] {
        var build = program
        for at in stride(from: 0, to: build.count - 900, by: 900) {
          build[at + Int.random(in: 0..<900, using: &random)] ^= 1
        }
        try fixture.source.file(Array(name.utf8), build)
        if name == "a.js" { alone += try storedBytes([name: build]) }
      }
      try fixture.save(version) { $0.compression = .off }
    }
    let (_, plan) = try GarbageCollector.repack(
      in: fixture.repository, isDeep: true, isDryRun: false, undoWindowSeconds: 0)
    _ = try GarbageCollector.execute(plan, in: fixture.repository)
    let stored = try storedBytes()
    #expect(stored < alone + alone / 4)
    #expect(try Verifier.verify(fixture.repository, options: VerifyOptions(readData: .all)).problems == [])
  }

  private func storedBytes() throws -> Int {
    let packs = fixture.holder.path("repository/packs")
    return try #require(
      Int(shell("find '\(packs)' -type f -printf '%s\n' | awk '{ n += $1 } END { print n }'").dropLast()))
  }

  @Test(arguments: [CompressionLevel.fastest, .better, .max])
  func `it is so at every level`(level: CompressionLevel) throws {
    let (json, table) = (Array(json.prefix(600_000)), Array(table.prefix(500_000)))
    let apart =
      try storedBytes(["a.json": json]) { $0.compression = level }
      + storedBytes(["rows.table": table]) { $0.compression = level }
    #expect(try storedBytes(["a.json": json, "rows.table": table]) { $0.compression = level } < apart * 2 / 3)
  }

  @Test func `with compression off nothing is sought`() throws {
    let stored = try storedBytes(["a.json": json, "rows.table": table]) { $0.compression = .off }
    #expect(stored > json.count + table.count)
  }
}

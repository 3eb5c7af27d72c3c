import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

/// What a file that has no earlier version under its name is stored as a delta on.
struct PriorNameTests {
  private let fixture: ArchiveFixture
  private var random = SeededGenerator(seed: 31)

  init() throws { fixture = try ArchiveFixture() }

  /// With a byte changed in each 600, so that no chunk stays.
  private mutating func edited(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for at in stride(from: 0, to: bytes.count - 600, by: 600) {
      bytes[at + Int.random(in: 0..<600, using: &random)] ^= 1
    }
    return bytes
  }

  @Test mutating func `what a build names anew by its hash stands on what it was called before`() throws {
    var bundle = random.text(700_000)
    var files: [String: [UInt8]] = [:]
    for (version, hash) in [("v1", "b84116fd218fb8df43ad"), ("v2", "9e4db66ad04f4c34e47e")] {
      for name in files.keys { WalkFixture.remove("\(fixture.source.path)/\(name)") }
      // Others, of other lengths, are before and behind it.
      files = [
        "js/478.\(hash).js": bundle, "js/133.\(String(hash.reversed())).js": random.text(2000),
        "js/879.\(hash)0.js": random.text(14_000),
      ]
      for (name, bytes) in files { try fixture.source.file(Array(name.utf8), bytes) }
      let outcome = try fixture.save(version)
      if version == "v2" { #expect(outcome.snapshot.statistics.bytesStored < 60_000) }
      for (name, bytes) in files { #expect(try fixture.bytes(name, in: outcome.snapshot) == bytes) }
      bundle = edited(bundle)
    }
  }

  @Test mutating func `what a build numbers anew as well stands on what was as long`() throws {
    let bundles = [(0, 200_000), (1, 250_000), (2, 300_000), (3, 350_000)].map { (number: $0.0, random.text($0.1)) }
    for (number, text) in bundles {
      try fixture.source.file(Array("js/\([7, 3, 9, 5][number])\(number).8b84116\(number).js".utf8), text)
    }
    try fixture.save("v1")
    shell("rm '\(fixture.source.path)'/js/*")
    let names = zip(bundles, [4, 8, 1, 2]).map { ($0.1, "js/\($1)\($0.number).f1e4db6\($0.number).js") }
    for (text, name) in names { try fixture.source.file(Array(name.utf8), edited(text)) }
    #expect(try fixture.save("v2").snapshot.statistics.bytesStored < 120_000)
  }

  @Test mutating func `exports with a date and a commit in their names stand on the latest, whatever their sizes`()
    throws
  {
    var rows = random.text(300_000)
    let hashes = ["a3f9c1d", "0b84116", "91e4db6", "4f21c0a", "c0ffee1", "7d3e5a9"]
    for (day, hash) in hashes.enumerated() {
      // The last one is as long as the first, and stays beside it.
      let length = day == hashes.count - 1 ? 300_000 : 300_000 - 6000 * day
      try fixture.source.file(Array("backup-2026-03-0\(day + 1)-\(hash).sql".utf8), Array(rows.prefix(length)))
      let stored = try fixture.save("v\(day)").snapshot.statistics.bytesStored
      if day > 0 { #expect(stored < 30_000, "day \(day)") }
      rows = edited(rows)
    }
  }

  @Test mutating func `what a build named by another hash, and is longer by a sixth, is not what another one was`()
    throws
  {
    let bundles = (0..<4).map { random.text(200_000 * (7 + $0) / 6) }
    for (number, text) in bundles.enumerated() {
      try fixture.source.file(Array("\(number + 10).8b84116\(number).js".utf8), text)
    }
    try fixture.save("v1")
    shell("rm '\(fixture.source.path)'/*")
    let more = random.text(30_000)
    for (number, text) in bundles.enumerated() {
      try fixture.source.file(Array("\(number + 10).f1e4db6\(number).js".utf8), edited(text) + more)
    }
    #expect(try fixture.save("v2").snapshot.statistics.bytesStored < 150_000)
  }

  @Test mutating func `parts of a large file that change places are found around their own`() throws {
    let parts = (0..<6).map { _ in random.text(500_000) }
    try fixture.source.file(Array("all.js".utf8), Array(parts.joined()))
    let first = try fixture.save("v1")
    let moved = edited(Array([parts[2], parts[0], parts[1], parts[5], parts[3], parts[4]].joined()))
    try fixture.source.file(Array("all.js".utf8), moved)
    let second = try fixture.save("v2")
    #expect(second.snapshot.statistics.bytesStored < first.snapshot.statistics.bytesStored / 5)
    #expect(try fixture.bytes("all.js", in: second.snapshot) == moved)
  }

  @Test(arguments: 1..<8) mutating func `damage around a file's place does not stop its next version`(part: Int) throws
  {
    let parts = (0..<6).map { _ in random.text(500_000) }
    try fixture.source.file(Array("all.js".utf8), Array(parts.joined()))
    try fixture.save("v1")
    let pack = shell("find '\(fixture.holder.path("repository/packs"))' -type f").dropLast()
    var bytes = try #require(StoreTestFolder.bytes(String(pack)))
    bytes[bytes.count / 8 * part] ^= 1
    StoreTestFolder.write(bytes, to: String(pack))
    let moved = edited(Array([parts[2], parts[0], parts[1], parts[5], parts[3], parts[4]].joined()))
    try fixture.source.file(Array("all.js".utf8), moved)
    let second = try fixture.save("v2")
    #expect(try fixture.bytes("all.js", in: second.snapshot) == moved)
  }

  @Test mutating func `an export that grew to more than twice its size still stands on the last one`() throws {
    let rows = random.text(600_000)
    try fixture.source.file(Array("backup-2026-03-01.json".utf8), rows)
    try fixture.save("v1")
    WalkFixture.remove("\(fixture.source.path)/backup-2026-03-01.json")
    let more = random.text(700_000)
    try fixture.source.file(Array("backup-2026-03-02.json".utf8), edited(rows) + more)
    let grown = try fixture.save("v2").snapshot.statistics.bytesStored
    let other = try ArchiveFixture()
    try other.source.file(Array("more".utf8), more)
    let alone = try other.save("v1").snapshot.statistics.bytesStored
    #expect(grown < alone + alone / 4)
  }

  @Test mutating func `a wrong guess is no worse than none, and what it resembles is still found`() throws {
    let (old, new) = (random.text(600_000), random.text(600_000))
    try fixture.source.file(Array("day-1.txt".utf8), old)
    try fixture.save("v1")
    try fixture.source.file(Array("copy.txt".utf8), edited(new))
    try fixture.source.file(Array("day-2.txt".utf8), new)
    let guessed = try fixture.save("v2").snapshot.statistics.bytesStored
    let other = try ArchiveFixture()
    try other.source.file(Array("copy.txt".utf8), edited(new))
    let alone = try other.save("v1").snapshot.statistics.bytesStored
    #expect(guessed < alone + alone / 8)
  }
}

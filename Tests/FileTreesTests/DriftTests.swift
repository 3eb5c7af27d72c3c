import Repositories
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

/// A file of rows such as a dump of a database: some are edited, removed and added everywhere, so that no chunk stays.
private struct Table {
  private(set) var rows: [[UInt8]]
  /// Of rows that the last change made.
  private(set) var bytesNew = 0

  init(rowCount: Int, using random: inout SeededGenerator) {
    rows = (0..<rowCount).map { _ in Self.row(&random) }
  }

  var bytes: [UInt8] { Array(rows.joined()) }

  mutating func change(using random: inout SeededGenerator) {
    var next: [[UInt8]] = []
    bytesNew = 0
    func add() {
      next.append(Self.row(&random))
      bytesNew += next[next.count - 1].count
    }
    for row in rows {
      if random.chance(1, in: 40) { add() }
      if !random.chance(1, in: 50) { next.append(row) }
    }
    // What is appended makes a straight line between the ends of both versions miss.
    for _ in 0..<rows.count / 25 { add() }
    rows = next
  }

  private static func row(_ random: inout SeededGenerator) -> [UInt8] {
    random.bytes(Int.random(in: 100...400, using: &random))
  }
}

@Suite struct DriftTests {
  @Test func `a dump of which a little changes everywhere costs what is new, and a read one frame a version`() throws {
    let fixture = try ArchiveFixture()
    var random = SeededGenerator(seed: 5)
    var table = Table(rowCount: 8_000, using: &random)
    let versions = 5
    var newest: Snapshot?
    for version in 0..<versions {
      if version > 0 { table.change(using: &random) }
      try fixture.source.file(Array("table.dump".utf8), table.bytes)
      let statistics = try fixture.save("v\(version)").snapshot.statistics
      if version > 0 {
        #expect(statistics.bytesStored < table.bytesNew * 5 / 4, "version \(version), new \(table.bytesNew)")
      }
      newest = try fixture.repository.snapshots().last?.snapshot
    }
    let repository = try Repository.open(at: fixture.holder.path("repository"), events: SilentEvents())
    let reader = repository.reader()
    let snapshot = try #require(newest)
    let path = try #require(ArchivePath("table.dump"))
    let entry = try #require(try repository.manifest(of: snapshot).entry(at: path))
    let chunks = try reader.chunks(of: entry.content)
    let before = reader.decodedFrameCount
    _ = try reader.bytes(of: chunks[chunks.count / 2])
    #expect(reader.decodedFrameCount - before <= versions + 2)
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// The examples of docs/format/snapshot.md, labels.md, tomb.md and config.md.
struct SnapshotFormatPageTests {
  @Test func `the page shows a snapshot record as it is`() throws {
    var statistics = SnapshotStatistics()
    statistics.filesNew = 3
    statistics.directories = 1
    statistics.bytesLogical = 300
    statistics.bytesRead = 300
    statistics.bytesNew = 200
    statistics.bytesStored = 150
    statistics.chunksNew = 2
    statistics.durationMilliseconds = 9
    statistics.directoriesNew = 1
    let snapshot = Snapshot(
      id: try #require(SnapshotID(hexadecimal: "000102030405060708090a0b0c0d0e0f")), version: "v1.1.0",
      created: Timestamp(seconds: 1_795_268_635, nanoseconds: 12_345_678), utcOffsetSeconds: 3600, host: "mill",
      user: "ada", root: Array("/home/ada/site".utf8), sources: [.root],
      manifest: ChunkReference(id: try #require(ChunkID(bytes: Array(repeating: 0xD0, count: 32))), length: 300),
      parent: SnapshotID(bytes: Array(repeating: 0xEE, count: 16)),
      git: GitState(
        commit: "ab12", branch: "main", describe: "v1.1.0", dirtyFileCount: 0, remote: "https://example.org/site"),
      statistics: statistics, message: "first", tags: ["prod"], toolVersion: "1.0.0")
    let documented = try DocumentedBytes.hex("snapshot", page: "snapshot.md")
    #expect(hexadecimal(documented) == hexadecimal(SnapshotCoder.encode(snapshot)))
    #expect(try SnapshotCoder.decode(documented) == snapshot)
  }

  @Test func `the page shows the void record as it is`() throws {
    #expect(hexadecimal(try DocumentedBytes.hex("void", page: "snapshot.md")) == hexadecimal(SnapshotCoder.void))
  }

  @Test func `the page shows labels as they are`() throws {
    var labels = SnapshotLabels()
    labels.tags = ["prod"]
    labels.note = "as shipped"
    labels.holds = ["audit": "until June"]
    labels.suspect = "half of it changed"
    let documented = try DocumentedBytes.hex("labels", page: "labels.md")
    #expect(hexadecimal(documented) == hexadecimal(LabelsCoder.encode(labels)))
    #expect(try LabelsCoder.decode(documented) == labels)
  }

  @Test func `the page shows a tomb as it is`() throws {
    let packs = [UInt8(0x11), 0x22].compactMap { PackID(bytes: Array(repeating: $0, count: 16)) }
    let documented = try DocumentedBytes.hex("tomb", page: "tomb.md")
    #expect(hexadecimal(documented) == hexadecimal(TombCoder.encode(packs)))
    #expect(try TombCoder.decode(documented) == packs)
  }

  @Test func `the page shows a config as it is`() throws {
    let config = RepositoryConfig(
      id: try #require(RepositoryID(hexadecimal: "000102030405060708090a0b0c0d0e0f")),
      chunkLengths: .standard,
      created: Timestamp(seconds: 1_795_268_635, nanoseconds: 12_345_678))
    let documented = try DocumentedBytes.block("config", page: "config.md")
    #expect(documented == String(decoding: config.encoded(), as: UTF8.self))
    #expect(try RepositoryConfig(decoding: Array(documented.utf8)) == config)
  }
}

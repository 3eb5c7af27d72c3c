import Sealing
import SnapshotModel
import Testing

@testable import Packing

struct RepositoryConfigTests {
  private func config() throws -> RepositoryConfig {
    RepositoryConfig(
      id: try #require(RepositoryID(hexadecimal: "000102030405060708090a0b0c0d0e0f")),
      chunkLengths: .standard,
      created: Timestamp(seconds: 1_795_268_635, nanoseconds: 12_345_678))
  }

  /// `config` with a line replaced and the checksum made right again.
  private func text(replacing old: String, with new: String) throws -> [UInt8] {
    let lines = String(decoding: try config().encoded(), as: UTF8.self).split(separator: "\n").dropLast()
    #expect(lines.contains { $0 == old })
    let body = lines.map { ($0 == old ? new : String($0)) + "\n" }.joined()
    return Array((body + "checksum: " + hexadecimal(sha256(Array(body.utf8))) + "\n").utf8)
  }

  @Test(arguments: [0, 1_795_268_635, -62_135_596_801, 400_000_000_000] as [Int64])
  func `a config comes back as it was`(seconds: Int64) throws {
    var config = try config()
    config.created.seconds = seconds
    #expect(try RepositoryConfig(decoding: config.encoded()) == config)
  }

  @Test func `a config cut short or flipped anywhere is refused`() throws {
    let bytes = try config().encoded()
    for at in bytes.indices {
      #expect(throws: PackingError.self) { try RepositoryConfig(decoding: Array(bytes[..<at])) }
      for bit in 0..<8 as Range<UInt8> {
        var damaged = bytes
        damaged[at] ^= 1 << bit
        #expect(throws: PackingError.damaged(what: "config")) { try RepositoryConfig(decoding: damaged) }
      }
    }
  }

  @Test func `a feature that is not known is named`() throws {
    var config = try config()
    config.features = ["parity2", "cipher"]
    #expect(throws: PackingError.unknownFeature("cipher")) { try RepositoryConfig(decoding: config.encoded()) }
  }

  @Test func `a newer format is called newer whatever else stands there`() throws {
    let bytes = try text(replacing: "format: 1", with: "format: 7\nid2: x")
    #expect(throws: PackingError.newerFormat(what: "config", version: 7)) { try RepositoryConfig(decoding: bytes) }
  }

  @Test func `without a length to begin at no chunks are longer`() throws {
    let bytes = try text(replacing: "chunk-long-from: 4194304", with: "remark: none")
    var config = try config()
    config.chunkLengths.longFrom = nil
    #expect(try RepositoryConfig(decoding: bytes) == config)
    #expect(try RepositoryConfig(decoding: config.encoded()) == config)
  }

  @Test func `a line that is not known is skipped`() throws {
    let bytes = try text(replacing: "format: 1", with: "format: 1\nremark: hello: you")
    #expect(try RepositoryConfig(decoding: bytes) == config())
  }

  @Test(arguments: [
    ("format: 1", "format: 0"), ("format: 1", "format: x"), ("format: 1", "format: 1\nformat: 1"), ("format: 1", "x"),
    ("chunk-minimum: 16384", "chunk-minimum: 0"), ("chunk-minimum: 16384", "chunk-minimum: 65537"),
    ("chunk-maximum: 262144", "chunk-maximum: 8388609"), ("chunk-average: 65536", ""),
    ("chunk-long-from: 4194304", "chunk-long-from: 0"), ("chunk-long-from: 4194304", "chunk-long-from: -1"),
    ("id: 000102030405060708090a0b0c0d0e0f", "id: 00"), ("snap repository", "snap"),
    ("created: 2026-11-21T13:43:55.012345678Z", "created: 2026-02-30T13:43:55Z"),
  ]) func `a wrong line is damage even under a right checksum`(old: String, new: String) throws {
    let bytes = try text(replacing: old, with: new)
    #expect(throws: PackingError.damaged(what: "config")) { try RepositoryConfig(decoding: bytes) }
  }
}

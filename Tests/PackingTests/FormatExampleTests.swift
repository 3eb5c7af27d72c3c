import Packing
import Sealing
import SnapshotModel
import Testing

/// The worked examples of `docs/format/frame.md` and `docs/format/pack.md`, byte for byte.
struct FormatExampleTests {
  static let frame = "536e46720b7046170009090204736e617073686f740a"
  static let delta =
    "536e4672564f71e2022e0d0101a67fe2f2243337fa80f908558dfe891a55000008340200513542650504"
  static let pack =
    "536e61705061636b0100000000000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    + "0000000000000000000000008ed18b72536e46720b7046170009090204736e617073686f740a536e5064000606000909"
    + "0200041c27324f013705cbf0c49f3d3bb103c7069ed5988889d426c10cfc25684f0a31d75bbc90c2950ccc0967c443b7"
    + "f6d3cebcce6bab5e3a064e0d6a5ec19f913fea56000000000000004d0000000100000002000000c840bd1895179958db"
    + "255a3d0471e51af2770b64b725fc14129f1075a71168ef39272d6b551a0bf8536e5065"

  @Test func `the frame example is what is written and read`() throws {
    let frame = try exampleFrame()
    #expect(hexadecimal(frame.bytes) == Self.frame)
    #expect(try FrameHeader(decoding: frame.bytes[...]) == frame.header)
  }

  @Test func `the delta example can be read`() throws {
    let stored = try #require(bytes(hexadecimal: Self.delta))
    let header = try FrameHeader(decoding: stored[...])
    let base = Array("one two three four five six seven eight nine ten\n".utf8)
    #expect(header.bases == [ChunkHasher(.sha256).id(of: base).prefix])
    let raw = try FrameDecoder().decode(header, payload: stored[header.headerLength...], prefix: base[...])
    #expect(String(decoding: raw, as: UTF8.self) == "one two three 4 five six seven eight nine ten\n")
  }

  @Test func `the pack example is what is written and read`() throws {
    let repository = try #require(RepositoryID(bytes: (0..<16).map { UInt8($0) }))
    let pack = try #require(PackID(bytes: (16..<32).map { UInt8($0) }))
    var writer = PackWriter(repository: repository, pack: pack)
    writer.append(try exampleFrame())
    let finished = writer.finish()
    #expect(hexadecimal(finished.bytes) == Self.pack)
    #expect(
      try PackReader.readDirectory(PackBytes(finished.bytes), repository: repository, pack: pack) == finished.directory)
  }

  private func exampleFrame() throws -> EncodedFrame {
    try FrameEncoder().encode(
      chunks: ["snap", "shot\n"].map { FrameSamples.chunk(Array($0.utf8)) }, level: .auto)
  }
}

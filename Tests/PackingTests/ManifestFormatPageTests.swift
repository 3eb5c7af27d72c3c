import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// The examples of docs/format/manifest.md.
struct ManifestFormatPageTests {
  private static func chunk(_ byte: UInt8, _ length: Int) throws -> ChunkReference {
    ChunkReference(id: try #require(ChunkID(bytes: Array(repeating: byte, count: 32))), length: length)
  }

  private static func entries() throws -> [ManifestEntry] {
    let owner = FileOwner(userID: 1000, groupID: 100, userName: Array("ada".utf8), groupName: Array("users".utf8))
    func metadata(_ mode: UInt16, _ seconds: Int64, _ nanoseconds: UInt32 = 0) -> FileMetadata {
      FileMetadata(mode: mode, owner: owner, modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }
    let root = ManifestEntry(path: .root, kind: .directory, metadata: metadata(0o755, 1_795_268_635))
    let sparse = ManifestEntry(
      path: ManifestSamples.path("a.bin"), kind: .file, metadata: metadata(0o644, 1_795_268_635), size: 1000,
      dataExtents: [DataExtent(offset: 0, length: 200), DataExtent(offset: 512, length: 300)],
      content: .inline([try chunk(0xB0, 260), try chunk(0xB1, 240)]))
    var text = ManifestEntry(
      path: ManifestSamples.path("a.txt"), kind: .file, metadata: metadata(0o644, -1, 999_999_999), size: 5,
      content: .inline([try chunk(0xC0, 5)]))
    text.metadata.extendedAttributes = [ExtendedAttribute(name: Array("user.x".utf8), value: [1])]
    var again = text
    again.path = ManifestSamples.path("again")
    again.metadata = metadata(0o644, -1, 999_999_999)
    again.hardLinkTarget = text.path
    let link = ManifestEntry(
      path: ManifestSamples.path("link"), kind: .symbolicLink, metadata: metadata(0o777, 1_795_268_635), size: 5,
      linkTarget: Array("a.txt".utf8))
    let device = ManifestEntry(
      path: ManifestSamples.path("null"), kind: .characterDevice, metadata: metadata(0o666, 1_795_268_635),
      deviceNumber: DeviceNumber(major: 1, minor: 3))
    return [root, sparse, text, again, link, device]
  }

  @Test func `the page shows a segment as it is`() throws {
    let segment = try #require(ManifestSamples.segments(Self.entries()).first)
    let documented = try DocumentedBytes.hex("segment", page: "manifest.md")
    #expect(hexadecimal(documented) == hexadecimal(segment.bytes))
    #expect(try ManifestReader.entries(ofSegment: documented) == Self.entries())
  }

  @Test func `the page shows a root as it is`() throws {
    let root = ManifestRoot(segments: [
      .init(firstPath: .root, entryCount: 500, chunk: try Self.chunk(0xD0, 20_000)),
      .init(firstPath: ManifestSamples.path("src/main.c"), entryCount: 64, chunk: try Self.chunk(0xD1, 3_000)),
      .init(firstPath: ManifestSamples.path("src/name"), entryCount: 3, chunk: try Self.chunk(0xD2, 300)),
    ])
    let documented = try DocumentedBytes.hex("root", page: "manifest.md")
    #expect(hexadecimal(documented) == hexadecimal(root.encoded()))
    #expect(try ManifestRoot(decoding: documented) == root)
  }

  @Test func `the page shows a list of chunks as it is`() throws {
    let chunks = [try Self.chunk(0xE0, 65_536), try Self.chunk(0xE1, 100)]
    let documented = try DocumentedBytes.hex("chunk-list", page: "manifest.md")
    #expect(hexadecimal(documented) == hexadecimal(try #require(ChunkList.split(chunks).first)))
    #expect(try ChunkList.decode(documented) == chunks)
  }

  @Test(arguments: ["src/main.c", "index.html", "a/00446.txt"])
  func `the page's rule for boundaries is the code's`(text: String) {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    #expect(ManifestSegment.isBoundary(ManifestSamples.path(text)) == ((hash ^ (hash >> 32)) % 512 == 0))
  }
}

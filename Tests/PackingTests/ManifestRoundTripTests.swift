import SnapshotModel
import Testing

@testable import Packing

struct ManifestRoundTripTests {
  @Test func `an entry of every kind comes back as it was`() throws {
    let owner = FileOwner(userID: 0, groupID: 7, userName: Array("root".utf8), groupName: [0xFF])
    func entry(_ path: String, _ kind: EntryKind) throws -> ManifestEntry {
      ManifestEntry(
        path: try #require(ArchivePath(path)), kind: kind,
        metadata: FileMetadata(mode: 0o4755, owner: owner, modified: Timestamp(seconds: -5, nanoseconds: 999_999_999)))
    }
    var entries: [ManifestEntry] = []
    for (at, kind) in EntryKind.allCases.enumerated() { entries.append(try entry("entry-\(at)", kind)) }
    entries[2].linkTarget = Array("../x".utf8)
    entries[2].size = 4
    entries[4].deviceNumber = DeviceNumber(major: 1, minor: .max)
    var writer = ManifestWriter()
    for entry in entries { _ = try writer.append(entry) }
    let last = writer.finish()
    let segment = try #require(last)
    #expect(try ManifestReader.entries(ofSegment: segment.bytes) == entries)
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct ManifestRoundTripTests {
  @Test(arguments: EntryKind.allCases) func `an entry of every kind comes back as it was`(kind: EntryKind) throws {
    var entry = ManifestEntry(path: ManifestSamples.path("x"), kind: kind, metadata: ManifestSamples.metadata())
    entry.metadata.mode = 0o7777
    entry.metadata.modified = Timestamp(seconds: -5, nanoseconds: 999_999_999)
    if kind == .symbolicLink {
      entry.linkTarget = Array("../x".utf8)
      entry.size = 4
    }
    if kind == .characterDevice || kind == .blockDevice { entry.deviceNumber = DeviceNumber(major: 1, minor: .max) }
    #expect(try ManifestSamples.decoded(ManifestSamples.segments([entry])) == [entry])
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func `random entries come back as they were`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let entries = ManifestSamples.randomEntries(Int.random(in: 1...700, using: &generator), using: &generator)
    let segments = try ManifestSamples.segments(entries)
    #expect(try ManifestSamples.decoded(segments) == entries)
    #expect(segments.map(\.entryCount).reduce(0, +) == entries.count)
    var start = 0
    for segment in segments {
      #expect(segment.firstPath == entries[start].path)
      start += segment.entryCount
    }
  }

  @Test func `the root alone is a manifest`() throws {
    let root = ManifestEntry(path: .root, kind: .directory, metadata: ManifestSamples.metadata())
    #expect(try ManifestSamples.decoded(ManifestSamples.segments([root])) == [root])
  }

  @Test func `no entries make no segment`() throws {
    #expect(try ManifestSamples.segments([]) == [])
  }

  @Test func `a file of one hole and a file that ends in a hole come back`() throws {
    var hole = ManifestSamples.file("hole", size: 0)
    hole.size = 5 << 40
    hole.dataExtents = []
    var tail = ManifestSamples.file("tail", size: 7)
    tail.size = .max
    tail.dataExtents = [DataExtent(offset: 0, length: 7)]
    #expect(try ManifestSamples.decoded(ManifestSamples.segments([hole, tail])) == [hole, tail])
  }

  @Test func `many owners and many attribute sets each keep their own`() throws {
    var entries = ManifestSamples.files(1000)
    for at in entries.indices {
      entries[at].metadata.owner.userID = UInt32(at)
      entries[at].metadata.extendedAttributes = [
        ExtendedAttribute(name: Array("user.n".utf8), value: [UInt8(at & 255)])
      ]
    }
    #expect(try ManifestSamples.decoded(ManifestSamples.segments(entries)) == entries)
  }

  @Test func `a path of 60 thousand bytes comes back`() throws {
    let folder = String(repeating: "d", count: 255) + "/"
    let entry = ManifestSamples.file(String(repeating: folder, count: 240) + "f")
    #expect(try ManifestSamples.decoded(ManifestSamples.segments([entry])) == [entry])
  }
}

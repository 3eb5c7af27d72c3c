import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct ManifestSegmentTests {
  @Test func `boundaries depend on paths only`() throws {
    var generator = SeededGenerator(seed: 7)
    let entries = ManifestSamples.files(20_000)
    let changed = entries.map { entry in
      var entry = entry
      let chunk = ManifestSamples.randomChunk(using: &generator)
      entry.content = .inline([chunk])
      entry.size = UInt64(chunk.length)
      entry.metadata.mode = .random(in: 0...0o777, using: &generator)
      entry.metadata.modified.seconds = Int64(generator.next() >> 1)
      return entry
    }
    let segments = try ManifestSamples.segments(entries)
    #expect(try ManifestSamples.segments(changed).map(\.firstPath) == segments.map(\.firstPath))
    #expect((20...60).contains(segments.count))
    for segment in segments.dropLast() {
      #expect((ManifestSegment.entryCountMin...ManifestSegment.entryCountMax).contains(segment.entryCount))
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [false, true])
  func `the chunks of a segment are those of its entries`(seed: UInt64, hasLists: Bool) throws {
    var generator = SeededGenerator(seed: seed)
    var entries = ManifestSamples.randomEntries(300, using: &generator)
    if !hasLists { entries.removeAll { if case .indirect = $0.content { true } else { false } } }
    var listCount = 0
    for segment in try ManifestSamples.segments(entries) {
      var chunks: [ChunkID] = []
      var lists: [ChunkReference] = []
      for entry in try ManifestReader.entries(ofSegment: segment.bytes) {
        switch entry.content {
        case .inline(let own): chunks += own.map(\.id)
        case .indirect(let own): lists += own
        }
      }
      let contents = try ManifestReader.contents(ofSegment: segment.bytes[...])
      #expect(contents.chunks == chunks && contents.lists == lists)
      listCount += lists.count
    }
    #expect((listCount > 0) == hasLists)
  }

  @Test func `equal trees are equal bytes`() throws {
    var one = SeededGenerator(seed: 3)
    var other = SeededGenerator(seed: 3)
    let segments = try ManifestSamples.segments(ManifestSamples.randomEntries(2000, using: &one))
    #expect(try ManifestSamples.segments(ManifestSamples.randomEntries(2000, using: &other)) == segments)
  }

  @Test func `one changed content leaves every other segment as it was`() throws {
    var entries = ManifestSamples.files(10_000)
    let before = try ManifestSamples.segments(entries)
    entries[5000] = ManifestSamples.file(entries[5000].path.description, size: 77)
    let after = try ManifestSamples.segments(entries)
    #expect(zip(before, after).filter { $0 != $1 }.count == 1)
    #expect(before.count == after.count)
  }

  @Test func `an added path leaves all but two segments as they were`() throws {
    var entries = ManifestSamples.files(10_000)
    let before = try ManifestSamples.segments(entries)
    entries.insert(ManifestSamples.file("a/05000.txt.new"), at: 5001)
    let after = try ManifestSamples.segments(entries)
    #expect(Set(before).subtracting(after).count <= 2)
  }

  @Test func `a folder without a boundary is cut at the greatest count`() throws {
    let names = (0..<400_000).lazy.map { "n/\(1_000_000 + $0)" }.filter {
      !ManifestSegment.isBoundary(ManifestSamples.path($0))
    }
    let segments = try ManifestSamples.segments(names.prefix(5000).map { ManifestSamples.file($0) })
    #expect(segments.map(\.entryCount) == [ManifestSegment.entryCountMax, 5000 - ManifestSegment.entryCountMax])
  }

  @Test func `segments full of attributes stay below the limit`() throws {
    var entries = ManifestSamples.files(40)
    for at in entries.indices {
      let size = at == 20 ? 1_700_000 : 200_000
      let value = Array(repeating: UInt8(at), count: size)
      entries[at].metadata.extendedAttributes = [ExtendedAttribute(name: [120], value: value)]
    }
    let segments = try ManifestSamples.segments(entries)
    #expect(segments.allSatisfy { $0.bytes.count < ManifestSegment.bytesMax })
    #expect(try ManifestSamples.decoded(segments) == entries)
  }

  @Test func `an entry that no segment can hold is refused and the next is taken`() throws {
    var writer = ManifestWriter()
    var entry = ManifestSamples.file("a")
    entry.metadata.extendedAttributes = [ExtendedAttribute(name: [120], value: Array(repeating: 0, count: 3 << 20))]
    #expect(throws: PackingError.self) { try writer.append(entry) }
    _ = try writer.append(ManifestSamples.file("b"))
    #expect(writer.finish()?.entryCount == 1)
  }
}

import SnapshotModel
import Testing

@testable import Packing

/// Each rule once, on the side that writes; the side that reads asks the same function.
struct ManifestRuleTests {
  private func broken(_ entry: ManifestEntry = ManifestSamples.file("b"), _ change: (inout ManifestEntry) -> Void)
    -> String?
  {
    var entry = entry
    change(&entry)
    return entry.brokenRule
  }

  @Test func `a plain file breaks no rule`() {
    #expect(ManifestSamples.file("b").brokenRule == nil)
  }

  @Test func `metadata out of range is refused`() {
    #expect(broken { $0.metadata.mode = 0o10000 } != nil)
    #expect(broken { $0.metadata.modified.nanoseconds = 1_000_000_000 } != nil)
  }

  @Test(arguments: [0, ChunkReference.lengthMax + 1, -1])
  func `a list of chunks of no length, or longer than a chunk, is refused`(length: Int) {
    let id = ManifestSamples.chunkID
    let lists = [ChunkReference(id: id, length: 9), ChunkReference(id: id, length: length)]
    #expect(broken { $0.content = .indirect(lists: lists) } == "chunk length is out of range")
  }

  @Test func `attributes out of order, twice or without a name are refused`() {
    func attribute(_ name: String) -> ExtendedAttribute { ExtendedAttribute(name: Array(name.utf8), value: []) }
    for names in [["b", "a"], ["a", "a"], [""], ["a\0b"]] {
      #expect(broken { $0.metadata.extendedAttributes = names.map(attribute) } != nil)
    }
    #expect(broken { $0.metadata.extendedAttributes = [attribute("a"), attribute("ab"), attribute("b")] } == nil)
  }

  @Test func `what belongs to another kind is refused`() {
    #expect(broken { $0.linkTarget = [97] } != nil)
    #expect(broken { $0.deviceNumber.minor = 1 } != nil)
    for kind in EntryKind.allCases where kind != .file {
      #expect(broken { $0.kind = kind } != nil, "content in \(kind)")
    }
    let folder = ManifestEntry(path: ManifestSamples.path("d"), kind: .directory, metadata: ManifestSamples.metadata())
    #expect(broken(folder) { $0.size = 4096 } != nil)
    #expect(broken(folder) { $0.dataExtents = [] } != nil)
    #expect(broken(folder) { $0.hardLinkTarget = ManifestSamples.path("a") } != nil)
  }

  @Test func `a root that is no folder is refused`() {
    #expect(broken { $0.path = .root } != nil)
  }

  @Test func `a symbolic link has its target's length and no NUL`() {
    let link = ManifestEntry(
      path: ManifestSamples.path("l"), kind: .symbolicLink, metadata: ManifestSamples.metadata(), size: 1,
      linkTarget: [97])
    #expect(link.brokenRule == nil)
    #expect(broken(link) { $0.size = 2 } != nil)
    #expect(broken(link) { $0.linkTarget = [0] } != nil)
  }

  @Test func `chunks must make the size`() {
    let id = ManifestSamples.chunkID
    #expect(broken { $0.size = 11 } != nil)
    #expect(broken { $0.content = .empty } != nil)
    #expect(
      broken { $0.content = .inline([ChunkReference(id: id, length: 0), ChunkReference(id: id, length: 10)]) } != nil)
    #expect(broken { $0.content = .indirect(lists: []) } != nil)
    #expect(broken { $0.content = .indirect(lists: [ChunkReference(id: id, length: 9)]) } == nil)
    let many = Array(repeating: ChunkReference(id: id, length: 1), count: FileContent.inlineCountMax + 1)
    #expect(
      broken {
        $0.content = .inline(many)
        $0.size = UInt64(many.count)
      } != nil)
  }

  @Test func `extents must lie in order within the file`() {
    func extents(_ pairs: [(UInt64, UInt64)]) -> String? {
      broken {
        $0.size = 100
        $0.dataExtents = pairs.map { DataExtent(offset: $0.0, length: $0.1) }
      }
    }
    #expect(extents([(0, 4), (10, 6)]) == nil)
    #expect(extents([(90, 10)]) == nil)
    #expect(extents([(91, 10)]) != nil)
    #expect(extents([(0, 5), (5, 5)]) != nil)
    #expect(extents([(10, 5), (0, 5)]) != nil)
    #expect(extents([(0, 0), (10, 10)]) != nil)
    #expect(extents([(.max, 10)]) != nil)
    #expect(extents([(0, 9)]) != nil)
  }
}

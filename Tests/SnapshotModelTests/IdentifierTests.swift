import SnapshotModel
import TestSupport
import Testing

struct IdentifierTests {
  @Test func `a chunk id comes back from its bytes and its digits`() throws {
    let bytes = Array(UInt8(0)..<32)
    let id = try #require(ChunkID(bytes: bytes))
    #expect(id.bytes == bytes)
    #expect(ChunkID(hexadecimal: id.hexadecimal) == id)
    #expect(ChunkID(hexadecimal: id.hexadecimal.uppercased()) == id)
    #expect(id.short == "00010203")
    #expect(id.prefix.bytes == Array(bytes[..<16]))
    var appended: [UInt8] = [7]
    id.append(to: &appended)
    id.prefix.append(to: &appended)
    #expect(appended == [7] + bytes + bytes[..<16])
    #expect(ChunkID(at: 1, in: appended[...]) == id)
    #expect(ChunkID(bytes: appended[1..<33]) == id)
  }

  @Test(arguments: [0, 1, 31, 33]) func `a chunk id of a wrong length is not made`(count: Int) {
    let bytes = Array(repeating: UInt8(1), count: count)
    #expect(ChunkID(bytes: bytes) == nil)
    #expect(ChunkID(bytes: bytes[...]) == nil)
    #expect(ChunkID(bytes: bytes.lazy.map { $0 }) == nil)
    #expect(ChunkID(hexadecimal: hexadecimal(bytes)) == nil)
  }

  @Test func `ids are ordered as their bytes are`() {
    var generator = SeededGenerator(seed: 8)
    let all = (0..<500).map { _ in generator.bytes(32) }
    let byBytes = all.sorted { $0.lexicographicallyPrecedes($1) }
    #expect(all.compactMap { ChunkID(bytes: $0) }.sorted().map(\.bytes) == byBytes)
    let packs = all.compactMap { PackID(bytes: $0.prefix(16)) }
    #expect(packs.sorted().map(\.bytes) == byBytes.map { Array($0.prefix(16)) })
  }

  @Test func `a prefix's range holds just the ids that begin so`() throws {
    let prefix = try #require(ChunkIDPrefix(bytes: Array(repeating: 5, count: 16)))
    let inside = try #require(ChunkID(bytes: prefix.bytes + Array(repeating: 0xFF, count: 16)))
    let above = try #require(ChunkID(bytes: prefix.bytes.dropLast() + [6] + Array(repeating: 0, count: 16)))
    #expect(prefix.idRange.contains(inside))
    #expect(!prefix.idRange.contains(above))
    #expect(inside.prefix == prefix)
  }

  @Test func `an object id comes back from its bytes and its digits`() throws {
    var generator = SeededGenerator(seed: 2)
    let id = PackID(using: &generator)
    #expect(id.bytes.count == 16)
    #expect(PackID(bytes: id.bytes) == id)
    #expect(PackID(hexadecimal: id.hexadecimal) == id)
    #expect(PackID(bytes: Array(id.bytes.dropLast())) == nil)
    #expect(PackID(hexadecimal: id.hexadecimal + "00") == nil)
    #expect(PackID(using: &generator) != id)
  }

  @Test(arguments: ["0", "0g", "xx", "é0", " 0"]) func `what is not hexadecimal has no bytes`(text: String) {
    #expect(bytes(hexadecimal: text) == nil)
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct TombCoderTests {
  private func packs(_ count: Int) -> [PackID] {
    var generator = SeededGenerator(seed: 1)
    return (0..<count).map { _ in PackID(using: &generator) }
  }

  @Test(arguments: [0, 1, 100]) func `a tomb names each pack once and in order`(count: Int) throws {
    let packs = packs(count)
    let bytes = TombCoder.encode(packs + packs.reversed())
    #expect(try TombCoder.decode(bytes) == packs.sorted())
    #expect(bytes == TombCoder.encode(packs))
  }

  @Test func `a tomb cut short or flipped anywhere is refused`() {
    let bytes = TombCoder.encode(packs(5))
    for at in bytes.indices {
      #expect(throws: PackingError.self) { try TombCoder.decode(Array(bytes[..<at])) }
      var damaged = bytes
      damaged[at] ^= 1 << UInt8(at % 8)
      #expect(throws: PackingError.self) { try TombCoder.decode(damaged) }
    }
  }

  @Test func `a tomb out of order, of half an id or of nothing is refused`() {
    let ids = packs(2).sorted().map(\.bytes)
    for value in [ids[1] + ids[0], ids[0] + ids[0], Array(ids[0].dropLast())] {
      var record = TaggedRecordWriter(magic: "SNAPTOMB", version: 1)
      record.append(tag: 1, value)
      #expect(throws: PackingError.self) { try TombCoder.decode(record.finish()) }
    }
    let empty = TaggedRecordWriter(magic: "SNAPTOMB", version: 1).finish()
    #expect(throws: PackingError.self) { try TombCoder.decode(empty) }
  }
}

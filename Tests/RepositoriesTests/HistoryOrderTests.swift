import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct HistoryOrderTests {
  @Test(arguments: 0..<20)
  func `every chunk comes once, and bases come before what stands on them`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var next = 0
    var files: [FileVersion] = []
    for age in 0..<Int.random(in: 1...90, using: &random) {
      for name in ["a/1.txt", "a/2.txt", "b", "c-2026-03-0\(age % 10).json"] where random.chance(2, in: 3) {
        let chunks = (0..<Int.random(in: 1...9, using: &random)).map { _ in
          next += 1
          return ChunkReference.made(next, length: Int.random(in: 1...200_000, using: &random))
        }
        files.append(try FileVersion.made(name, age: age, chunks))
      }
    }
    let blocks = HistoryOrder(FileLineages(files) { _ in [] }).blocks()
    let order = blocks.flatMap(\.chunks)
    #expect(Set(order) == Set(files.flatMap(\.chunks)) && order.count == next)
    var standing: Set<ChunkReference> = []
    for block in blocks {
      #expect(block.byteCount <= HistoryBlock.byteCountMax && !block.chunks.isEmpty)
      #expect(standing.isSuperset(of: block.bases))
      if block.bases.isEmpty { standing.formUnion(block.chunks) }
    }
  }

  @Test func `the newest versions stand alone in path order, older ones beside each other by file`() throws {
    let files = [
      try FileVersion.made("a", age: 0, [ChunkReference.made(1)]),
      try FileVersion.made("b", age: 0, [ChunkReference.made(2)]),
      try FileVersion.made("a", age: 1, [ChunkReference.made(3)]),
      try FileVersion.made("b", age: 1, [ChunkReference.made(4)]),
      try FileVersion.made("a", age: 2, [ChunkReference.made(5)]),
    ]
    let blocks = HistoryOrder(FileLineages(files) { _ in [] }).blocks()
    #expect(blocks.map(\.chunks) == [[1, 2], [3, 5, 4]].map { $0.map { ChunkReference.made($0) } })
    #expect(blocks.map(\.bases) == [[], [1, 2]].map { $0.map { ChunkReference.made($0) } })
  }

  @Test func `exports that are named by the day are versions of the youngest`() throws {
    let files = [
      try FileVersion.made("day-3.json", age: 0, [ChunkReference.made(3)]),
      try FileVersion.made("day-2.json", age: 1, [ChunkReference.made(2)]),
      try FileVersion.made("day-1.json", age: 2, [ChunkReference.made(1)]),
    ]
    let blocks = HistoryOrder(FileLineages(files) { _ in [] }).blocks()
    #expect(blocks.map(\.chunks) == [[3], [2, 1]].map { $0.map { ChunkReference.made($0) } })
    #expect(blocks.last?.bases == [ChunkReference.made(3)])
  }

  @Test func `large exports of many days in one version are versions of the youngest, small ones are not`() throws {
    let large = try (1...3).map { day in
      try FileVersion.made("d\(day)", age: 0, [ChunkReference.made(day, length: 200_000)])
    }
    #expect(HistoryOrder(FileLineages(large) { _ in [] }).blocks().map(\.chunks.count) == [1, 2])
    let small = try (1...3).map { day in
      try FileVersion.made("d\(day)", age: 0, [ChunkReference.made(day, length: 2000)])
    }
    #expect(HistoryOrder(FileLineages(small) { _ in [] }).blocks().map(\.chunks.count) == [3])
  }

  @Test func `a block holds no more versions of a place than the limit`() throws {
    let count = 3 * HistoryOrder.versionsMax
    let files = try (0...count).map { age in
      try FileVersion.made("a", age: age, [ChunkReference.made(age + 1, length: 100)])
    }
    #expect(
      HistoryOrder(FileLineages(files) { _ in [] }).blocks().map(\.chunks.count) == [1]
        + Array(repeating: HistoryOrder.versionsMax, count: 3))
  }

  @Test func `a place is found again through the versions between`() {
    let length = 64 << 10
    let lead = (0..<100).map { ChunkReference.made($0, length: length) }
    var placement = StripPlacement(lead: lead)
    // Each version loses a chunk in front and shares every second chunk with the one before.
    var chunks = lead
    for version in 1...4 {
      chunks.removeFirst()
      for at in chunks.indices where (at + version).isMultiple(of: 2) {
        chunks[at] = ChunkReference.made(1000 * version + at, length: length)
      }
      let strips = placement.strips(of: chunks)
      #expect(strips.indices.allSatisfy { abs(Int(strips[$0]) - ($0 + version)) <= 1 }, "version \(version)")
    }
  }

  @Test func `chunks in another order are placed somewhere in the file`() {
    var random = SeededGenerator(seed: 3)
    let lead = (0..<50).map { ChunkReference.made($0, length: 70_000) }
    var placement = StripPlacement(lead: lead)
    for _ in 0..<20 {
      let strips = placement.strips(of: lead.shuffled(using: &random) + [ChunkReference.made(999, length: 1)])
      #expect(strips.count == 51 && strips.allSatisfy { (0...Int32(50 * 70_000 / (64 << 10))).contains($0) })
    }
  }
}

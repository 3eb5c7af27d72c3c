import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct HistoryOrderTests {
  private static func path(_ text: String) throws -> ArchivePath { try #require(ArchivePath(text)) }

  private static func chunk(_ number: Int, length: Int = 1000) -> ChunkReference {
    ChunkReference(id: ChunkID((UInt64(number) &* 0x9E37_79B9_7F4A_7C15, UInt64(number), 0, 0)), length: length)
  }

  private static func version(
    _ path: String, age: Int, _ chunks: [ChunkReference], own: [Int]? = nil
  ) throws -> FileVersion {
    FileVersion(path: try Self.path(path), age: age, chunks: chunks, own: own ?? Array(chunks.indices))
  }

  @Test(arguments: 0..<20)
  func `every chunk comes once, and bases come before what stands on them`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var next = 0
    var files: [FileVersion] = []
    for age in 0..<Int.random(in: 1...90, using: &random) {
      for name in ["a/1.txt", "a/2.txt", "b", "c-2026-03-0\(age % 10).json"] where random.chance(2, in: 3) {
        let chunks = (0..<Int.random(in: 1...9, using: &random)).map { _ in
          next += 1
          return Self.chunk(next, length: Int.random(in: 1...200_000, using: &random))
        }
        files.append(try Self.version(name, age: age, chunks))
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
      try Self.version("a", age: 0, [Self.chunk(1)]), try Self.version("b", age: 0, [Self.chunk(2)]),
      try Self.version("a", age: 1, [Self.chunk(3)]), try Self.version("b", age: 1, [Self.chunk(4)]),
      try Self.version("a", age: 2, [Self.chunk(5)]),
    ]
    let blocks = HistoryOrder(FileLineages(files) { _ in [] }).blocks()
    #expect(blocks.map(\.chunks) == [[1, 2], [3, 5, 4]].map { $0.map { Self.chunk($0) } })
    #expect(blocks.map(\.bases) == [[], [1, 2]].map { $0.map { Self.chunk($0) } })
  }

  @Test func `exports that are named by the day are versions of the youngest`() throws {
    let files = [
      try Self.version("day-3.json", age: 0, [Self.chunk(3)]), try Self.version("day-2.json", age: 1, [Self.chunk(2)]),
      try Self.version("day-1.json", age: 2, [Self.chunk(1)]),
    ]
    let blocks = HistoryOrder(FileLineages(files) { _ in [] }).blocks()
    #expect(blocks.map(\.chunks) == [[3], [2, 1]].map { $0.map { Self.chunk($0) } })
    #expect(blocks.last?.bases == [Self.chunk(3)])
  }

  @Test func `what a build names anew is a version of what it was called last, not of another of its files`() throws {
    let names = [["1.b84116fd2.js", "2.b84116fd2.js"], ["1.9e4db66ad.js", "2.9e4db66ad.js"]]
    let files = try names.enumerated().flatMap { age, names in
      try names.enumerated().map { at, name in
        try Self.version(name, age: age, [Self.chunk(10 * age + at, length: 1000 + 10_000 * at)])
      }
    }
    #expect(FileLineages(files) { _ in [] }.leads == [0, 1, 0, 1])
  }

  @Test func `what a build numbers anew, too, is a version of what it shares chunks with, or stands on`() throws {
    func file(_ name: String, age: Int, _ ids: [Int], own: [Int]? = nil) throws -> FileVersion {
      let chunks = ids.map { Self.chunk($0, length: 300_000) }
      return FileVersion(
        path: try #require(ArchivePath(name)), age: age, chunks: chunks, own: own ?? Array(chunks.indices))
    }
    let files = try [
      file("329.464ed8ec.js", age: 0, [1, 2]), file("3466.05d62820.js", age: 0, [3, 4]),
      file("5249.f2f4070d.js", age: 0, [5, 6]),
      file("2411.a8823789.js", age: 1, [7, 8]), file("2736.914069e5.js", age: 1, [9, 10]),
      file("6150.427a30f5.js", age: 1, [5, 11], own: [1]), file("notes.txt", age: 1, [12]),
      file("6150.1294fa0d.js", age: 2, [13, 14]),
    ]
    let standing = [3: 7, 4: 13, 9: 2, 12: 3]
    let leads = FileLineages(files) { chunks in
      chunks.compactMap { chunk in standing.first { Self.chunk($0.key).id == chunk.id } }
        .map { Self.chunk($0.value, length: 300_000) }
    }.leads
    #expect(leads == [0, 1, 2, 1, 0, 2, 6, 2])
  }

  @Test func `what a build numbers anew, and nothing stands on, is a version of what is as long`() throws {
    let files = try [
      [("329.464ed8ec.js", 363), ("3466.464ed8ec.js", 231), ("7483.464ed8ec.js", 936)],
      [("2736.914069e5.js", 361), ("5733.914069e5.js", 500), ("6150.914069e5.js", 226), ("9.914069e5.js", 235)],
    ].enumerated().flatMap { age, builds in
      try builds.enumerated().map { at, build in
        try Self.version(build.0, age: age, [Self.chunk(10 * age + at, length: build.1 << 10)])
      }
    }
    // From the last path on: 9, too, is as long as 3466, and was there at the same time as 6150.
    #expect(FileLineages(files) { _ in [] }.leads == [0, 1, 2, 0, 4, 5, 1])
  }

  @Test(arguments: 0..<20) func `who leads is led by nobody`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var files: [FileVersion] = []
    for age in 0..<10 {
      let names = (0..<8).map { _ in
        "\(Int.random(in: 1...3, using: &random)).\(random.chance(1, in: 2) ? "b84116f" : "9e4db6")\(random.next() % 100).js"
      }
      for name in Set(names).sorted() {
        let chunk = Self.chunk(files.count, length: Int.random(in: 1...400_000, using: &random))
        files.append(try Self.version(name, age: age, [chunk]))
      }
    }
    let leads = FileLineages(files) { _ in [] }.leads
    #expect(leads.allSatisfy { leads[$0] == $0 } && Set(leads).count < files.count)
  }

  @Test func `large exports of many days in one version are versions of the youngest, small ones are not`() throws {
    let large = try (1...3).map { day in try Self.version("d\(day)", age: 0, [Self.chunk(day, length: 200_000)]) }
    #expect(HistoryOrder(FileLineages(large) { _ in [] }).blocks().map(\.chunks.count) == [1, 2])
    let small = try (1...3).map { day in try Self.version("d\(day)", age: 0, [Self.chunk(day, length: 2000)]) }
    #expect(HistoryOrder(FileLineages(small) { _ in [] }).blocks().map(\.chunks.count) == [3])
  }

  @Test func `a block holds no more versions of a place than the limit`() throws {
    let count = 3 * HistoryOrder.versionsMax
    let files = try (0...count).map { age in try Self.version("a", age: age, [Self.chunk(age + 1, length: 100)]) }
    #expect(
      HistoryOrder(FileLineages(files) { _ in [] }).blocks().map(\.chunks.count) == [1]
        + Array(repeating: HistoryOrder.versionsMax, count: 3))
  }

  @Test func `a place is found again through the versions between`() {
    let length = 64 << 10
    let lead = (0..<100).map { Self.chunk($0, length: length) }
    var placement = StripPlacement(lead: lead)
    // Each version loses a chunk in front and shares every second chunk with the one before.
    var chunks = lead
    for version in 1...4 {
      chunks.removeFirst()
      for at in chunks.indices where (at + version).isMultiple(of: 2) {
        chunks[at] = Self.chunk(1000 * version + at, length: length)
      }
      let strips = placement.strips(of: chunks)
      #expect(strips.indices.allSatisfy { abs(Int(strips[$0]) - ($0 + version)) <= 1 }, "version \(version)")
    }
  }

  @Test func `chunks in another order are placed somewhere in the file`() {
    var random = SeededGenerator(seed: 3)
    let lead = (0..<50).map { Self.chunk($0, length: 70_000) }
    var placement = StripPlacement(lead: lead)
    for _ in 0..<20 {
      let strips = placement.strips(of: lead.shuffled(using: &random) + [Self.chunk(999, length: 1)])
      #expect(strips.count == 51 && strips.allSatisfy { (0...Int32(50 * 70_000 / (64 << 10))).contains($0) })
    }
  }
}

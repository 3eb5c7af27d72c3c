import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct FileLineagesTests {
  @Test func `what a build names anew is a version of what it was called last, not of another of its files`() throws {
    let names = [["1.b84116fd2.js", "2.b84116fd2.js"], ["1.9e4db66ad.js", "2.9e4db66ad.js"]]
    let files = try names.enumerated().flatMap { age, names in
      try names.enumerated().map { at, name in
        try FileVersion.made(name, age: age, [ChunkReference.made(10 * age + at, length: 1000 + 10_000 * at)])
      }
    }
    #expect(FileLineages(files) { _ in [] }.leads == [0, 1, 0, 1])
  }

  @Test func `what a build numbers anew, too, is a version of what it shares chunks with, or stands on`() throws {
    func file(_ name: String, age: Int, _ ids: [Int], own: [Int]? = nil) throws -> FileVersion {
      let chunks = ids.map { ChunkReference.made($0, length: 300_000) }
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
      chunks.compactMap { chunk in standing.first { ChunkReference.made($0.key).id == chunk.id } }
        .map { ChunkReference.made($0.value, length: 300_000) }
    }.leads
    #expect(leads == [0, 1, 2, 1, 0, 2, 6, 2])
  }

  @Test func `what a build numbers anew, and nothing stands on, is a version of what is as long`() throws {
    let files = try [
      [("329.464ed8ec.js", 363), ("3466.464ed8ec.js", 231), ("7483.464ed8ec.js", 936)],
      [("2736.914069e5.js", 361), ("5733.914069e5.js", 500), ("6150.914069e5.js", 226), ("9.914069e5.js", 235)],
    ].enumerated().flatMap { age, builds in
      try builds.enumerated().map { at, build in
        try FileVersion.made(build.0, age: age, [ChunkReference.made(10 * age + at, length: build.1 << 10)])
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
        let chunk = ChunkReference.made(files.count, length: Int.random(in: 1...400_000, using: &random))
        files.append(try FileVersion.made(name, age: age, [chunk]))
      }
    }
    let leads = FileLineages(files) { _ in [] }.leads
    #expect(leads.allSatisfy { leads[$0] == $0 } && Set(leads).count < files.count)
  }

  @Test func `what shares content is no version of what has another extension, nor of what was there at the same time`()
    throws
  {
    let files = try [
      FileVersion.made("app.js", age: 0, [.made(1), .made(2)]),
      FileVersion.made("app.9e4db66.js.map", age: 1, [.made(1), .made(3)]),
      FileVersion.made("copy.js", age: 1, [.made(1), .made(4)]), FileVersion.made("main.js", age: 1, [.made(2)]),
    ]
    // From the last path on: `main.js` is taken for what `app.js` was, so `copy.js` is not.
    #expect(FileLineages(files) { _ in [] }.leads == [0, 1, 2, 0])
  }

  @Test func `of very many that were numbered anew some sixty are looked at`() throws {
    func name(_ number: Int) -> String { "\(1000 + number).9e4db66ad.js" }
    let newer = try (0..<70).map { number in
      try FileVersion.made(name(number), age: 0, [.made(number, length: (1 << 20) + number << 13)])
    }
    let leads = FileLineages(
      try newer
        + (0..<70).map { number in
          try FileVersion.made("9\(name(number))", age: 1, [.made(100 + number, length: (1 << 20) + number << 13)])
        }
    ) { _ in [] }.leads
    #expect(leads.dropFirst(70).allSatisfy { leads[$0] == $0 } && leads.dropFirst(70).count { $0 < 70 } == 64)
  }
}

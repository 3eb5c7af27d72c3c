import Foundation
import Glibc
import Indexing
import SnapshotModel

/// An index of many chunks that exist nowhere: what it takes to fill, and to ask.
struct IndexGrowth {
  struct Point {
    var chunkCount: Int
    var bytesPerChunk: Double
    /// Per chunk, divided by the same of the first size.
    var insertGrowth: Double
    var lookupGrowth: Double
    /// Of this process, greatest so far.
    var peakBytes: Int
  }

  private(set) var points: [Point] = []

  /// - Parameter sizes: chunks, ascending.
  init(sizes: [Int], progress: (String) -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "snap index \(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var system = SystemRandomNumberGenerator()
    let path = folder.appending(path: "index.sqlite")
    let index = try RepositoryIndex(path: path.path, repository: RepositoryID(using: &system))
    var count = 0
    var first: (insert: Double, lookup: Double)?
    for size in sizes {
      let (began, start) = (count, ContinuousClock.now)
      while count < size {
        // Packs of 32 MiB hold some 500 chunks; a large save adds 40 of them at once.
        let packs = (0..<40).map { _ in
          defer { count += 500 }
          return pack(from: count, &system)
        }
        try index.insert(packs)
      }
      let insert = (ContinuousClock.now - start).seconds / Double(max(1, count - began))
      let asked = 20_000
      let lookup =
        try Cost.measuring {
          try index.withLookups { lookup in
            for number in 0..<asked {
              let known = try lookup.locate(Self.id(of: number &* 7_919 % count))
              guard known != nil else { throw BenchmarkError("chunk \(number) is not found") }
              guard try !lookup.contains(Self.id(of: count + number)) else {
                throw BenchmarkError("an unknown chunk is found")
              }
            }
          }
        }.seconds / Double(asked)
      let base = first ?? (insert, lookup)
      first = base
      index.close()
      points.append(
        Point(
          chunkCount: count, bytesPerChunk: Double(statWalk(folder).bytes) / Double(count),
          insertGrowth: insert / base.insert, lookupGrowth: lookup / base.lookup, peakBytes: ownPeakBytes()))
      progress("\(count) chunks in the index")
    }
  }

  private func pack(from first: Int, _ system: inout SystemRandomNumberGenerator) -> IndexedPack {
    let frames = (0..<31).map { frame in
      IndexedFrame(
        offset: UInt64(frame) << 20, length: 1 << 19,
        chunks: stride(from: frame, to: 500, by: 31).map { ChunkReference(id: Self.id(of: first + $0), length: 65_536) }
      )
    }
    return IndexedPack(id: PackID(using: &system), byteCount: 32 << 20, frames: frames)
  }

  /// Scattered, and known from the number alone.
  private static func id(of number: Int) -> ChunkID {
    var random = Seeded(seed: UInt64(number))
    return ChunkID((random.next(), random.next(), random.next(), random.next()))
  }

  private func ownPeakBytes() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) << 10
  }
}

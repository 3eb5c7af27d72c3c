import Repositories
import SnapshotModel

/// Finds, for a path that the parent snapshot does not have, a file in it that is probably an earlier version.
///
/// Build tools name files by a hash of what is in them (`478.b84116fd218fb8df43ad.js`), some by numbers that change as well
/// (`2736.914069e5.chunk.js`); people name exports by the day (`backup-2026-03-01T02-00-00-000Z.json`, then `…-02T…`), put releases in
/// folders of their version, and move files. So four likenesses are looked for, in this order: the same path but for its hashes, of the
/// nearest size, within a factor of two; the same but for hashes and numbers that are no dates, of the nearest size, within an eighth; the
/// same but for its digits, then the same file name in any folder, each the latest in path order, within a factor of two. Last what differs
/// in digits only, of any size. A wrong guess costs a failed delta, never more.
///
/// Memory: 32 bytes a file, and 48 where its name has a hash. Cost of making it: the whole manifest decoded once.
struct PriorNames {
  private struct Location {
    var segment: Int32
    var entry: Int32
  }

  private struct Named {
    /// A hash of the pattern.
    var pattern: UInt64
    var size: UInt64
    var location: Location
  }

  /// Smaller files are not worth a search.
  static let byteCountMin: UInt64 = 256
  /// Among more files of one pattern shorter ones are not looked for by their size.
  private static let longBytesMin: UInt64 = 128 << 10
  private static let shortCountMax = 256

  private let manifest: Manifest
  /// By the pattern that is left without hashes, and by that without numbers as well; then by size.
  private let namedByHash: [Named]
  private var byDigitPattern: [UInt64: Location] = [:]
  private var byName: [UInt64: Location] = [:]
  private var segmentInUse: (number: Int32, entries: [ManifestEntry])?

  init(_ manifest: Manifest) throws {
    self.manifest = manifest
    var namedByHash: [Named] = []
    for segment in manifest.segmentIndices {
      for (at, entry) in try manifest.entries(ofSegment: segment).enumerated()
      where entry.kind == .file && entry.size >= Self.byteCountMin {
        let location = Location(segment: Int32(segment), entry: Int32(at))
        let patterns = entry.path.stampPatterns
        for pattern in [patterns.butHashes, patterns.butNumbers].compactMap(\.self) {
          namedByHash.append(Named(pattern: Self.hash(pattern), size: entry.size, location: location))
        }
        byDigitPattern[Self.hash(patterns.butDigits)] = location
        byName[Self.hash(Array(entry.path.name))] = location
      }
    }
    self.namedByHash = namedByHash.sorted { ($0.pattern, $0.size) < ($1.pattern, $1.size) }
  }

  mutating func file(resembling path: ArchivePath, byteCount: UInt64) throws -> ManifestEntry? {
    guard byteCount >= Self.byteCountMin else { return nil }
    let patterns = path.stampPatterns
    for (pattern, share): ([UInt8]?, UInt64) in [(patterns.butHashes, 2), (patterns.butNumbers, 8)] {
      if let pattern, let nearest = nearest(to: byteCount, of: Self.hash(pattern)),
        areAlike(nearest.size, byteCount, within: share)
      {
        return try entry(at: nearest.location)
      }
    }
    let latest = byDigitPattern[Self.hash(patterns.butDigits)]
    for case let location? in [latest, byName[Self.hash(Array(path.name))]] {
      let entry = try entry(at: location)
      if areAlike(entry.size, byteCount, within: 2) { return entry }
    }
    return try latest.map { try entry(at: $0) }
  }

  /// Of short files none where the pattern is that of very many: a store that names all it holds by hashes, where any guess is wrong.
  private func nearest(to byteCount: UInt64, of pattern: UInt64) -> Named? {
    let start = partitioningIndex(in: namedByHash.indices) { namedByHash[$0].pattern >= pattern }
    let end = partitioningIndex(in: start..<namedByHash.count) { namedByHash[$0].pattern > pattern }
    guard byteCount >= Self.longBytesMin || end - start <= Self.shortCountMax else { return nil }
    let next = partitioningIndex(in: start..<end) { namedByHash[$0].size >= byteCount }
    return namedByHash[max(next - 1, start)..<min(next + 1, end)].min {
      difference($0.size, byteCount) < difference($1.size, byteCount)
    }
  }

  private mutating func entry(at location: Location) throws -> ManifestEntry {
    if let segmentInUse, segmentInUse.number == location.segment {
      return segmentInUse.entries[Int(location.entry)]
    }
    let entries = try manifest.entries(ofSegment: Int(location.segment))
    segmentInUse = (location.segment, entries)
    return entries[Int(location.entry)]
  }

  /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv); a collision is a wrong guess.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}

import Repositories
import SnapshotModel

/// Finds, for a path that the parent snapshot does not have, a file in it that is probably an earlier version.
///
/// Build tools name files by a hash of what is in them (`478.b84116fd218fb8df43ad.js`), some by numbers that change as well
/// (`2736.914069e5.chunk.js`); people name exports by the day (`backup-2026-03-01T02-00-00-000Z.json`, then `…-02T…`), put releases in
/// folders of their version, and move files. So four likenesses are looked for: where a name has hashes, the same path but for these, then
/// the same but for its digits, too, each of the nearest size; then the same path but for its digits, and the same file name in any folder,
/// each the latest in path order. What is named by a hash and is longer or shorter by an eighth at most is taken before all; then what is so
/// by a factor of two; last what differs in digits only, of any size. A wrong guess costs a failed delta, never more.
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

  private let manifest: Manifest
  /// By the pattern that is left without hashes, and by that without digits as well; then by size.
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
        let digitPattern = Self.hash(entry.path.digitPattern)
        if let hashPattern = entry.path.hashPattern {
          for pattern in [Self.hash(hashPattern), digitPattern] {
            namedByHash.append(Named(pattern: pattern, size: entry.size, location: location))
          }
        }
        byDigitPattern[digitPattern] = location
        byName[Self.hash(Array(entry.path.name))] = location
      }
    }
    self.namedByHash = namedByHash.sorted { ($0.pattern, $0.size) < ($1.pattern, $1.size) }
  }

  mutating func file(resembling path: ArchivePath, byteCount: UInt64) throws -> ManifestEntry? {
    guard byteCount >= Self.byteCountMin else { return nil }
    func isWithin(_ share: UInt64, _ size: UInt64) -> Bool {
      max(size, byteCount) - min(size, byteCount) <= max(size, byteCount) / share
    }
    let digitPattern = Self.hash(path.digitPattern)
    var named: [Named] = []
    if let hashPattern = path.hashPattern {
      named = [Self.hash(hashPattern), digitPattern].compactMap { nearest(to: byteCount, of: $0) }
    }
    if let nearest = named.first(where: { isWithin(8, $0.size) }) { return try entry(at: nearest.location) }
    let latest = byDigitPattern[digitPattern]
    for case let location? in named.map(\.location) + [latest, byName[Self.hash(Array(path.name))]] {
      let entry = try entry(at: location)
      if isWithin(2, entry.size) { return entry }
    }
    return try latest.map { try entry(at: $0) }
  }

  private func nearest(to byteCount: UInt64, of pattern: UInt64) -> Named? {
    let next = partitioningIndex(in: namedByHash.indices) {
      (namedByHash[$0].pattern, namedByHash[$0].size) >= (pattern, byteCount)
    }
    let both = namedByHash[max(next - 1, 0)..<min(next + 1, namedByHash.count)]
    return both.filter { $0.pattern == pattern }.min {
      max($0.size, byteCount) - min($0.size, byteCount) < max($1.size, byteCount) - min($1.size, byteCount)
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

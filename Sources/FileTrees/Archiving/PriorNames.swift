import Repositories
import SnapshotModel

/// Finds, for a path that the parent snapshot does not have, a file in it that is probably an earlier version.
///
/// Build tools name files by a hash of what is in them (`478.b84116fd218fb8df43ad.js`), people name exports by the day
/// (`backup-2026-03-01T02-00-00-000Z.json`, then `…-02T…`), put releases in folders of their version, and move files. So three
/// likenesses are looked for, of a size within a factor of two: the same path but for its hashes, then the same but for its digits, too,
/// the latest in path order, then the same file name in any folder; last the same path but for its digits, of any size.
/// A wrong guess costs a failed delta, never more.
///
/// Memory: 16 bytes a file and likeness. Cost of making it: the whole manifest decoded once.
struct PriorNames {
  private struct Location {
    var segment: Int32
    var entry: Int32
  }

  /// Smaller files are not worth a search.
  static let byteCountMin: UInt64 = 256

  private let manifest: Manifest
  /// Of either kind: those without a hash differ from those with one.
  private var byPattern: [UInt64: Location] = [:]
  private var byName: [UInt64: Location] = [:]
  private var segmentInUse: (number: Int32, entries: [ManifestEntry])?

  init(_ manifest: Manifest) throws {
    self.manifest = manifest
    for segment in manifest.segmentIndices {
      for (at, entry) in try manifest.entries(ofSegment: segment).enumerated()
      where entry.kind == .file && entry.size >= Self.byteCountMin {
        let location = Location(segment: Int32(segment), entry: Int32(at))
        byPattern[Self.hash(entry.path.hashPattern)] = location
        byPattern[Self.hash(entry.path.digitPattern)] = location
        byName[Self.hash(Array(entry.path.name))] = location
      }
    }
  }

  mutating func file(resembling path: ArchivePath, byteCount: UInt64) throws -> ManifestEntry? {
    guard byteCount >= Self.byteCountMin else { return nil }
    let digitPattern = byPattern[Self.hash(path.digitPattern)]
    for case let location? in [
      byPattern[Self.hash(path.hashPattern)], digitPattern, byName[Self.hash(Array(path.name))],
    ] {
      let entry = try entry(at: location)
      if entry.size / 2 <= byteCount && byteCount / 2 <= entry.size { return entry }
    }
    return try digitPattern.map { try entry(at: $0) }
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

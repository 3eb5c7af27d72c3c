import SnapshotModel

/// A run of manifest entries as one chunk's bytes.
package struct ManifestSegment: Hashable, Sendable {
  package var firstPath: ArchivePath
  package var entryCount: Int
  /// What `ManifestReader` reads; fewer than `ManifestSegment.bytesMax`.
  package var bytes: [UInt8]

  package init(firstPath: ArchivePath, entryCount: Int, bytes: [UInt8]) {
    self.firstPath = firstPath
    self.entryCount = entryCount
    self.bytes = bytes
  }

  /// No segment is longer, whatever its entries hold.
  package static let bytesMax = 4 << 20
  package static let entryCountMin = 64
  package static let entryCountMax = 4096

  /// A segment ends with the entry that brings it here: only folders full of large files or attributes get so far.
  static let bytesSoftMax = 2 << 20
  /// What one entry may take, so that a segment below `bytesSoftMax` and one entry more stay below `bytesMax`.
  static let entryBytesMax = 7 << 18
  static let pathBytesMax = ArchivePath.byteCountMax

  static let magic = Array("SNMS".utf8)
  static let formatVersion: UInt8 = 1

  /// Whether an entry at `path` ends its segment (once there are `entryCountMin`): by the path alone, so that a changed
  /// content never moves a boundary.
  ///
  /// FNV-1a of 64 bits over the path's bytes; its upper half is folded into the lower, of which nine bits are zero for
  /// one path in 512.
  static func isBoundary(_ path: ArchivePath) -> Bool {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in path.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash ^ hash >> 32) & 511 == 0
  }
}

/// What a class of the entries in a segment has in common (`docs/format/manifest.md`).
struct ManifestEntryClass: Hashable {
  var kind: EntryKind
  var flags: ManifestEntryFlags
  var mode: UInt16
  var ownerIndex: Int
}

/// Which columns an entry has a value in, beside those that its kind asks for.
struct ManifestEntryFlags: OptionSet, Hashable {
  var rawValue: UInt8

  static let extendedAttributes = Self(rawValue: 1)
  static let hardLink = Self(rawValue: 2)
  static let sparse = Self(rawValue: 4)
  /// One chunk, as long as the data.
  static let oneChunk = Self(rawValue: 8)
  /// Several chunks, each with its length.
  static let chunks = Self(rawValue: 16)
  /// Chunks that hold the list of chunks, each with its length.
  static let chunkLists = Self(rawValue: 32)

  static let known = Self(rawValue: 63)
  static let content: Self = [.oneChunk, .chunks, .chunkLists]
}

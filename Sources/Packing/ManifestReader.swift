import SnapshotModel

/// Decodes segments that `ManifestWriter` wrote, and refuses everything else.
package enum ManifestReader {
  /// - Returns: the entries in path order, each a valid path with a size that fits its chunks.
  /// - Throws: `PackingError`, naming the entry where one is at fault. Whether the segment follows the one before in
  ///   path order is the caller's to check (`ManifestRoot` knows the first paths).
  /// - Complexity: O(bytes); what is held is bounded by `ManifestSegment.bytesMax`, whatever the bytes claim.
  package static func entries(ofSegment bytes: ArraySlice<UInt8>) throws(PackingError) -> [ManifestEntry] {
    var decoder = try ManifestSegmentDecoder(bytes)
    return try decoder.entries()
  }

  package static func entries(ofSegment bytes: [UInt8]) throws(PackingError) -> [ManifestEntry] {
    try entries(ofSegment: bytes[...])
  }

  /// The chunks that a segment's entries name, without the entries: what a collector needs to know of it.
  ///
  /// Reads the table of classes and the last column alone, unless a file is so large that its chunks stand in lists.
  package static func contents(ofSegment bytes: ArraySlice<UInt8>) throws(PackingError) -> ManifestSegmentContents {
    var decoder = try ManifestSegmentDecoder(bytes)
    return try decoder.contents()
  }
}

/// What a segment's entries name.
package struct ManifestSegmentContents: Sendable {
  /// Chunks of files; one that several files share stands here as often.
  package var chunks: [ChunkID] = []
  /// Chunks that list the chunks of a large file (`ChunkList`).
  package var lists: [ChunkReference] = []
}

private struct ManifestSegmentDecoder {
  private let entryCount: Int
  private var classIndexes: ManifestColumn
  private var sharedByteCounts: ManifestColumn
  private var pathSuffixes: ManifestColumn
  private var modifiedTimes: ManifestColumn
  private var sizes: ManifestColumn
  private var attributeSetIndexes: ManifestColumn
  private var linkTargets: ManifestColumn
  private var hardLinkTargets: ManifestColumn
  private var deviceNumbers: ManifestColumn
  private var extents: ManifestColumn
  private var chunkCounts: ManifestColumn
  private var chunkLengths: ManifestColumn
  private var chunkIDs: ManifestColumn

  private let owners: [FileOwner]
  private let classes: [ManifestEntryClass]
  private let attributeSets: [[ExtendedAttribute]]
  private var pathBytesLeft = ManifestSegment.bytesMax

  private static let what = "manifest segment"

  init(_ bytes: ArraySlice<UInt8>) throws(PackingError) {
    guard bytes.count <= ManifestSegment.bytesMax else {
      throw .overLimit(
        what: "\(Self.what) length", value: UInt64(bytes.count), limit: UInt64(ManifestSegment.bytesMax))
    }
    var reader = ByteReader(bytes, what: Self.what)
    guard try reader.bytes(4) == ManifestSegment.magic[...] else { throw .damaged(what: Self.what) }
    let version = try reader.byte()
    guard version <= ManifestSegment.formatVersion else {
      throw .newerFormat(what: Self.what, version: UInt64(version))
    }
    guard version > 0 else { throw .damaged(what: Self.what) }
    entryCount = try reader.varint(limit: ManifestSegment.entryCountMax, of: "entry count")
    guard entryCount > 0 else { throw .damaged(what: Self.what) }
    var lengths: [Int] = []
    for _ in 0..<ManifestColumns.countWithLength { lengths.append(try reader.varint(limit: bytes.count, of: "column")) }
    var columns: [ManifestColumn] = []
    for length in lengths { columns.append(ManifestColumn(try reader.bytes(length), what: Self.what)) }
    guard reader.rest.count.isMultiple(of: ChunkID.byteCount) else { throw .truncated(what: Self.what) }
    chunkIDs = ManifestColumn(reader.rest, what: Self.what)
    owners = try Self.owners(columns[0])
    classes = try Self.classes(columns[1], ownerCount: owners.count)
    classIndexes = columns[2]
    sharedByteCounts = columns[3]
    pathSuffixes = columns[4]
    modifiedTimes = columns[5]
    sizes = columns[6]
    attributeSets = try Self.attributeSets(columns[7])
    attributeSetIndexes = columns[8]
    linkTargets = columns[9]
    hardLinkTargets = columns[10]
    deviceNumbers = columns[11]
    extents = columns[12]
    chunkCounts = columns[13]
    chunkLengths = columns[14]
    // Before memory for the entries is asked for.
    guard modifiedTimes.remaining == 12 * entryCount else { throw .damaged(what: Self.what) }
  }

  mutating func entries() throws(PackingError) -> [ManifestEntry] {
    var entries: [ManifestEntry] = []
    entries.reserveCapacity(entryCount)
    var previous: ArchivePath?
    for _ in 0..<entryCount {
      let path = try path(after: previous)
      let seconds = Int64(bitPattern: try modifiedTimes.fixed64())
      let modified = Timestamp(seconds: seconds, nanoseconds: try modifiedTimes.fixed32())
      let entry = try entry(at: path, modified: modified)
      if let rule = entry.brokenRule { throw .damaged(what: "\(Self.what), entry '\(path)' (\(rule)),") }
      entries.append(entry)
      previous = path
    }
    try expectEnd()
    return entries
  }

  mutating func contents() throws(PackingError) -> ManifestSegmentContents {
    var contents = ManifestSegmentContents()
    if classes.contains(where: { $0.flags.contains(.chunkLists) }) {
      for entry in try entries() {
        switch entry.content {
        case .inline(let chunks): contents.chunks += chunks.map(\.id)
        case .indirect(let lists): contents.lists += lists
        }
      }
    } else {
      contents.chunks.reserveCapacity(chunkIDs.remaining / ChunkID.byteCount)
      while chunkIDs.remaining > 0 { contents.chunks.append(try chunkIDs.chunkID()) }
    }
    return contents
  }

  private mutating func path(after previous: ArchivePath?) throws(PackingError) -> ArchivePath {
    let shared = try sharedByteCounts.index(below: ManifestSegment.pathBytesMax + 1)
    let suffix = try pathSuffixes.terminated()
    pathBytesLeft -= shared + suffix.count
    guard pathBytesLeft >= 0 else {
      throw .overLimit(
        what: "\(Self.what) paths", value: UInt64(ManifestSegment.bytesMax - pathBytesLeft),
        limit: UInt64(ManifestSegment.bytesMax))
    }
    let path =
      if let previous { ArchivePath(after: previous, sharing: shared, suffix: suffix) } else {
        shared == 0 ? ArchivePath(Array(suffix)) : nil
      }
    guard let path else { throw .damaged(what: "\(Self.what), path after '\(previous ?? .root)',") }
    return path
  }

  private mutating func entry(at path: ArchivePath, modified: Timestamp) throws(PackingError) -> ManifestEntry {
    let entryClass = classes[try classIndexes.index(below: classes.count)]
    var entry = ManifestEntry(
      path: path, kind: entryClass.kind,
      metadata: FileMetadata(mode: entryClass.mode, owner: owners[entryClass.ownerIndex], modified: modified))
    if entryClass.flags.contains(.extendedAttributes) {
      entry.metadata.extendedAttributes = attributeSets[try attributeSetIndexes.index(below: attributeSets.count)]
    }
    if entryClass.flags.contains(.hardLink) {
      guard let target = ArchivePath(Array(try hardLinkTargets.terminated())) else { throw .damaged(what: Self.what) }
      entry.hardLinkTarget = target
    }
    switch entryClass.kind {
    case .file: try decodeContent(of: &entry, flags: entryClass.flags)
    case .symbolicLink:
      entry.linkTarget = Array(try linkTargets.terminated())
      entry.size = UInt64(entry.linkTarget.count)
    case .characterDevice, .blockDevice:
      entry.deviceNumber.major = try deviceNumbers.varint32()
      entry.deviceNumber.minor = try deviceNumbers.varint32()
    case .directory, .fifo, .socket: break
    }
    return entry
  }

  private mutating func decodeContent(
    of entry: inout ManifestEntry, flags: ManifestEntryFlags
  ) throws(PackingError) {
    entry.size = try sizes.varint()
    var dataBytes = entry.size
    if flags.contains(.sparse) {
      let extents = try dataExtents()
      dataBytes = extents.reduce(0) { $0 &+ $1.length }
      entry.dataExtents = extents
    }
    if flags.contains(.oneChunk) {
      guard let length = Int(exactly: dataBytes) else { throw .damaged(what: Self.what) }
      entry.content = .inline([ChunkReference(id: try chunkIDs.chunkID(), length: length)])
    } else if flags.contains(.chunks) {
      entry.content = .inline(try chunkReferences())
    } else if flags.contains(.chunkLists) {
      entry.content = .indirect(lists: try chunkReferences())
    }
  }

  private mutating func dataExtents() throws(PackingError) -> [DataExtent] {
    var result: [DataExtent] = []
    var end: UInt64 = 0
    for _ in 0..<(try extents.count(minimumBytes: 2)) {
      let (offset, overflows) = end.addingReportingOverflow(try extents.varint())
      let length = try extents.varint()
      let (next, overflowsToo) = offset.addingReportingOverflow(length)
      guard !overflows, !overflowsToo else { throw .damaged(what: Self.what) }
      result.append(DataExtent(offset: offset, length: length))
      end = next
    }
    return result
  }

  private mutating func chunkReferences() throws(PackingError) -> [ChunkReference] {
    let count = try chunkCounts.varint()
    guard count <= UInt64(chunkLengths.remaining), count <= UInt64(chunkIDs.remaining / ChunkID.byteCount) else {
      throw .truncated(what: Self.what)
    }
    var chunks: [ChunkReference] = []
    chunks.reserveCapacity(Int(count))
    for _ in 0..<count {
      let length = try chunkLengths.index(below: ChunkReference.lengthMax + 1)
      chunks.append(ChunkReference(id: try chunkIDs.chunkID(), length: length))
    }
    return chunks
  }

  /// A value too many in any column is as wrong as one too few.
  private func expectEnd() throws(PackingError) {
    let rest =
      classIndexes.remaining + sharedByteCounts.remaining + pathSuffixes.remaining + sizes.remaining
      + attributeSetIndexes.remaining + linkTargets.remaining + hardLinkTargets.remaining + deviceNumbers.remaining
      + extents.remaining + chunkCounts.remaining + chunkLengths.remaining + chunkIDs.remaining
    guard rest == 0 else { throw .damaged(what: Self.what) }
  }
}

// The tables: read until their column ends, so that no count can lie.
extension ManifestSegmentDecoder {
  private static func owners(_ column: ManifestColumn) throws(PackingError) -> [FileOwner] {
    var column = column
    var owners: [FileOwner] = []
    while column.remaining > 0 {
      let userID = try column.varint32()
      let groupID = try column.varint32()
      let userName = try column.counted()
      owners.append(
        FileOwner(userID: userID, groupID: groupID, userName: userName, groupName: try column.counted()))
    }
    return owners
  }

  private static func classes(
    _ column: ManifestColumn, ownerCount: Int
  ) throws(PackingError) -> [ManifestEntryClass] {
    var column = column
    var classes: [ManifestEntryClass] = []
    while column.remaining > 0 {
      let kind = EntryKind(rawValue: try column.byte())
      let flags = ManifestEntryFlags(rawValue: try column.byte())
      let mode = try column.fixed16()
      let owner = try column.index(below: ownerCount)
      let contentFlags = flags.intersection(.content).rawValue
      guard let kind, flags.isSubset(of: .known), contentFlags.nonzeroBitCount <= 1,
        kind == .file || flags.isDisjoint(with: [.sparse, .oneChunk, .chunks, .chunkLists])
      else { throw .damaged(what: what) }
      classes.append(ManifestEntryClass(kind: kind, flags: flags, mode: mode, ownerIndex: owner))
    }
    return classes
  }

  private static func attributeSets(_ column: ManifestColumn) throws(PackingError) -> [[ExtendedAttribute]] {
    var column = column
    var sets: [[ExtendedAttribute]] = []
    while column.remaining > 0 {
      var set: [ExtendedAttribute] = []
      for _ in 0..<(try column.count(minimumBytes: 3)) {
        let name = try column.counted()
        set.append(ExtendedAttribute(name: name, value: try column.counted()))
      }
      guard !set.isEmpty else { throw .damaged(what: what) }
      sets.append(set)
    }
    return sets
  }
}

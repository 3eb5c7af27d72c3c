import SnapshotModel

/// Cuts a stream of entries into segments and encodes them.
///
///     magic "SNMS" · version u8 · entries varint · 15 column lengths varint · 15 columns · chunk ids, 32 bytes each
///
/// - SeeAlso: docs/format/manifest.md
package struct ManifestWriter: Sendable {
  private var columns = ManifestColumns()
  private var firstPath: ArchivePath?
  private var previousPath: ArchivePath?
  private var entryCount = 0
  private var byteCountBound = 0
  private var owners: [FileOwner: Int] = [:]
  private var lastOwner: (owner: FileOwner, index: Int)?
  private var classes: [ManifestEntryClass: Int] = [:]
  private var attributeSets: [[ExtendedAttribute]: Int] = [:]

  package init() {}

  /// Adds the entry that comes next in path order.
  ///
  /// - Returns: the segment that this entry completed, which it is part of; usually `nil`.
  /// - Throws: `PackingError.invalidInput` when the entry is not above the one before, or breaks a rule of the format;
  ///   it is then not added, and others may follow.
  package mutating func append(_ entry: ManifestEntry) throws(PackingError) -> ManifestSegment? {
    if let previousPath, !(previousPath < entry.path) {
      throw .invalidInput("manifest entry '\(entry.path)' does not come after '\(previousPath)'")
    }
    if let rule = entry.brokenRule { throw .invalidInput("manifest entry '\(entry.path)': \(rule)") }
    let bound = entry.byteCountBound
    guard bound <= ManifestSegment.entryBytesMax else {
      throw .invalidInput("manifest entry '\(entry.path)': attributes, extents and chunk lists take \(bound) bytes")
    }
    encode(entry)
    byteCountBound += bound
    entryCount += 1
    previousPath = entry.path
    let isFull = entryCount == ManifestSegment.entryCountMax || byteCountBound >= ManifestSegment.bytesSoftMax
    let isBoundary = entryCount >= ManifestSegment.entryCountMin && ManifestSegment.isBoundary(entry.path)
    return isFull || isBoundary ? takeSegment() : nil
  }

  /// - Returns: the last segment; `nil` when there are no entries after the one before.
  package mutating func finish() -> ManifestSegment? { takeSegment() }

  private mutating func encode(_ entry: ManifestEntry) {
    let path = entry.path.bytes
    if firstPath == nil { firstPath = entry.path }
    let shared = entryCount == 0 ? 0 : previousPath?.sharedByteCount(with: entry.path) ?? 0
    columns.sharedByteCounts.append(varint: shared)
    columns.pathSuffixes.append(path[shared...])
    columns.pathSuffixes.append(0)

    let modified = entry.metadata.modified
    columns.modifiedTimes.append(fixed64: UInt64(bitPattern: modified.seconds))
    columns.modifiedTimes.append(fixed32: modified.nanoseconds)

    var flags = encodeContent(entry)
    if !entry.metadata.extendedAttributes.isEmpty {
      flags.insert(.extendedAttributes)
      columns.attributeSetIndexes.append(varint: index(ofAttributes: entry.metadata.extendedAttributes))
    }
    if let target = entry.hardLinkTarget {
      flags.insert(.hardLink)
      columns.hardLinkTargets.append(target.bytes)
      columns.hardLinkTargets.append(0)
    }
    switch entry.kind {
    case .symbolicLink:
      columns.linkTargets.append(entry.linkTarget)
      columns.linkTargets.append(0)
    case .characterDevice, .blockDevice:
      columns.deviceNumbers.append(varint: UInt64(entry.deviceNumber.major))
      columns.deviceNumbers.append(varint: UInt64(entry.deviceNumber.minor))
    default: break
    }
    let owner = index(of: entry.metadata.owner)
    let entryClass = ManifestEntryClass(
      kind: entry.kind, flags: flags, mode: entry.metadata.mode, ownerIndex: owner)
    columns.classIndexes.append(varint: index(of: entryClass))
  }

  private mutating func encodeContent(_ entry: ManifestEntry) -> ManifestEntryFlags {
    guard entry.kind == .file else { return [] }
    var flags: ManifestEntryFlags = []
    columns.sizes.append(varint: entry.size)
    if let extents = entry.dataExtents {
      flags.insert(.sparse)
      columns.extents.append(varint: extents.count)
      var end: UInt64 = 0
      for extent in extents {
        columns.extents.append(varint: extent.offset - end)
        columns.extents.append(varint: extent.length)
        end = extent.offset + extent.length
      }
    }
    switch entry.content {
    case .inline(let chunks) where chunks.isEmpty: break
    case .inline(let chunks) where chunks.count == 1:
      flags.insert(.oneChunk)
      chunks[0].id.append(to: &columns.chunkIDs)
    case .inline(let chunks):
      flags.insert(.chunks)
      encode(chunks)
    case .indirect(let lists):
      flags.insert(.chunkLists)
      encode(lists)
    }
    return flags
  }

  private mutating func encode(_ chunks: [ChunkReference]) {
    columns.chunkCounts.append(varint: chunks.count)
    for chunk in chunks {
      columns.chunkLengths.append(varint: chunk.length)
      chunk.id.append(to: &columns.chunkIDs)
    }
  }

  private mutating func takeSegment() -> ManifestSegment? {
    guard entryCount > 0, let firstPath else { return nil }
    let lengthed = columns.withLength
    var writer = ByteWriter(
      capacity: lengthed.reduce(columns.chunkIDs.count + 5 * lengthed.count + 16) { $0 + $1.count })
    writer.append(ManifestSegment.magic)
    writer.append(ManifestSegment.formatVersion)
    writer.append(varint: entryCount)
    for column in lengthed { writer.append(varint: column.count) }
    for column in lengthed { writer.append(column) }
    writer.append(columns.chunkIDs)
    let segment = ManifestSegment(firstPath: firstPath, entryCount: entryCount, bytes: writer.bytes)
    let last = previousPath
    self = ManifestWriter()
    previousPath = last
    return segment
  }
}

// The tables: each distinct value once, in the order of first use.
extension ManifestWriter {
  private mutating func index(of owner: FileOwner) -> Int {
    if let lastOwner, lastOwner.owner == owner { return lastOwner.index }
    let index = owners[owner] ?? owners.count
    if index == owners.count {
      owners[owner] = index
      columns.owners.append(varint: UInt64(owner.userID))
      columns.owners.append(varint: UInt64(owner.groupID))
      columns.owners.append(counted: owner.userName)
      columns.owners.append(counted: owner.groupName)
    }
    lastOwner = (owner, index)
    return index
  }

  private mutating func index(of entryClass: ManifestEntryClass) -> Int {
    if let index = classes[entryClass] { return index }
    let index = classes.count
    classes[entryClass] = index
    columns.classes.append(entryClass.kind.rawValue)
    columns.classes.append(entryClass.flags.rawValue)
    columns.classes.append(fixed16: entryClass.mode)
    columns.classes.append(varint: entryClass.ownerIndex)
    return index
  }

  private mutating func index(ofAttributes attributes: [ExtendedAttribute]) -> Int {
    if let index = attributeSets[attributes] { return index }
    let index = attributeSets.count
    attributeSets[attributes] = index
    columns.attributeSets.append(varint: attributes.count)
    for attribute in attributes {
      columns.attributeSets.append(counted: attribute.name)
      columns.attributeSets.append(counted: attribute.value)
    }
    return index
  }
}

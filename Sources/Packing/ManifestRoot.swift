import SnapshotModel

/// The table of a manifest's segments: where each begins and which chunk holds it.
///
///     magic "SNMR" · version u8 · segments varint
///     per segment: shared bytes varint, rest of its first path, NUL
///     per segment: entries varint, chunk length varint
///     per segment: chunk id, 32 bytes
///
/// - SeeAlso: docs/format/manifest.md
package struct ManifestRoot: Hashable, Sendable {
  package struct Segment: Hashable, Sendable {
    package var firstPath: ArchivePath
    package var entryCount: Int
    /// Holds what `ManifestReader.entries(ofSegment:)` reads.
    package var chunk: ChunkReference

    package init(firstPath: ArchivePath, entryCount: Int, chunk: ChunkReference) {
      self.firstPath = firstPath
      self.entryCount = entryCount
      self.chunk = chunk
    }
  }

  /// In ascending order of first path; empty for a manifest without entries.
  package var segments: [Segment]

  package init(segments: [Segment] = []) { self.segments = segments }

  package var entryCount: Int { segments.reduce(0) { $0 + $1.entryCount } }

  /// Which segment holds the entry at `path` if there is one; `nil` when `path` lies before the first.
  ///
  /// - Complexity: O(log segments).
  package func segmentIndex(containing path: ArchivePath) -> Int? {
    let next = partitioningIndex(in: segments.indices) { path < segments[$0].firstPath }
    return next > 0 ? next - 1 : nil
  }

  private static let what = "manifest root"
  private static let magic = Array("SNMR".utf8)
  private static let formatVersion: UInt8 = 1
  /// Four times what any byte of a root can stand for in paths, so that front coding cannot ask for all memory.
  private static let pathBytesMax = 4 * ChunkReference.lengthMax
}

extension ManifestRoot {
  /// About 40 bytes and a path's tail a segment: the limit of a chunk is reached at some 50 million entries.
  package func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 64 * segments.count + 16)
    writer.append(Self.magic)
    writer.append(Self.formatVersion)
    writer.append(varint: segments.count)
    var previous = ArchivePath.root
    for segment in segments {
      let shared = previous.sharedByteCount(with: segment.firstPath)
      writer.append(varint: shared)
      writer.append(segment.firstPath.bytes[shared...])
      writer.append(0)
      previous = segment.firstPath
    }
    for segment in segments {
      writer.append(varint: segment.entryCount)
      writer.append(varint: segment.chunk.length)
    }
    var bytes = writer.bytes
    for segment in segments { segment.chunk.id.append(to: &bytes) }
    return bytes
  }

  /// - Throws: `PackingError`, also when paths do not ascend or a number is out of range.
  package init(decoding bytes: ArraySlice<UInt8>) throws(PackingError) {
    let what = Self.what
    var reader = ByteReader(bytes, what: what)
    guard try reader.bytes(4) == Self.magic[...] else { throw .damaged(what: what) }
    let version = try reader.byte()
    guard version <= Self.formatVersion else { throw .newerFormat(what: what, version: UInt64(version)) }
    guard version > 0 else { throw .damaged(what: what) }
    let count = try reader.count(minimumBytes: ChunkID.byteCount + 4)
    var column = ManifestColumn(reader.rest, what: what)
    var segments: [Segment] = []
    segments.reserveCapacity(count)
    var path = ArchivePath.root
    var pathBytesLeft = Self.pathBytesMax
    let placeholder = ChunkReference(id: ChunkID((0, 0, 0, 0)), length: 1)
    for at in 0..<count {
      let shared = try column.index(below: ManifestSegment.pathBytesMax + 1)
      let suffix = try column.terminated()
      pathBytesLeft -= shared + suffix.count
      guard pathBytesLeft >= 0 else { throw .damaged(what: what) }
      if at > 0 || shared > 0 || !suffix.isEmpty {
        guard let next = ArchivePath(after: path, sharing: shared, suffix: suffix) else { throw .damaged(what: what) }
        path = next
      }
      segments.append(Segment(firstPath: path, entryCount: 0, chunk: placeholder))
    }
    for at in segments.indices {
      segments[at].entryCount = try column.index(below: ManifestSegment.entryCountMax + 1)
      segments[at].chunk.length = try column.index(below: ManifestSegment.bytesMax + 1)
      guard segments[at].entryCount > 0, segments[at].chunk.length > 0 else { throw .damaged(what: what) }
    }
    var seen: Set<ChunkID> = []
    for at in segments.indices {
      segments[at].chunk.id = try column.chunkID()
      // Its paths would stand twice; and a short root could ask for any work.
      guard seen.insert(segments[at].chunk.id).inserted else { throw .damaged(what: what) }
    }
    guard column.remaining == 0 else { throw .damaged(what: what) }
    self.segments = segments
  }

  package init(decoding bytes: [UInt8]) throws(PackingError) { try self.init(decoding: bytes[...]) }
}

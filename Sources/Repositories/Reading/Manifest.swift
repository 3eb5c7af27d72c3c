import Packing
import SnapshotModel

/// The sorted map from path to entry of one snapshot, read segment by segment.
package struct Manifest: Sendable {
  package let root: ManifestRoot
  package let reader: ChunkReader
  /// The chunk that holds the root; `nil` for the manifest of nothing.
  package let reference: ChunkReference?

  /// - Throws: `ChunkFault` or `PackingError` when the root cannot be had.
  package init(_ reference: ChunkReference, reader: ChunkReader) throws {
    self.reader = reader
    self.reference = reference
    root = try ManifestRoot(decoding: reader.bytes(of: reference))
  }

  /// A manifest of nothing.
  package init(emptyWith reader: ChunkReader) {
    self.reader = reader
    reference = nil
    root = ManifestRoot(segments: [])
  }

  package var entryCount: Int { root.segments.reduce(0) { $0 + $1.entryCount } }

  /// Decodes and hashes every segment, so that none fails later.
  ///
  /// - Throws: `ChunkFault` for the first that cannot be had.
  package func checkSegments() throws {
    for segment in root.segments { _ = try reader.bytes(of: segment.chunk) }
  }

  /// Reads every segment, and every list of chunks of a large file, once however often it is named.
  ///
  /// - Throws: `ChunkFault` or `PackingError` for the first that cannot be had.
  func checkStructure() throws {
    var seen: Set<ChunkReference> = []
    for number in segmentIndices {
      for list in try contents(ofSegment: number).lists where seen.insert(list).inserted {
        _ = try reader.chunks(of: .indirect(lists: [list]))
      }
    }
  }

  package var segmentIndices: Range<Int> { root.segments.indices }

  /// One segment's entries, in path order.
  ///
  /// - Throws: also `PackingError` when they are not those that the root speaks of: paths are looked for by what it says.
  package func entries(ofSegment number: Int) throws -> [ManifestEntry] {
    let segment = root.segments[number]
    let entries = try ManifestReader.entries(ofSegment: reader.bytes(of: segment.chunk))
    let end = number + 1 < root.segments.count ? root.segments[number + 1].firstPath : nil
    guard entries.count == segment.entryCount, entries.first?.path == segment.firstPath,
      end.map({ end in entries.last.map { $0.path < end } ?? false }) ?? true
    else { throw PackingError.damaged(what: "the manifest's row for what begins with '\(segment.firstPath)'") }
    return entries
  }

  /// The chunks that one segment names, much cheaper than its entries.
  func contents(ofSegment number: Int) throws -> ManifestSegmentContents {
    try ManifestReader.contents(ofSegment: reader.bytes(of: root.segments[number].chunk))
  }

  /// Calls `body` with `path` itself and everything below it, in path order.
  ///
  /// Cost: the segments that overlap, each decoded once.
  package func forEach(below path: ArchivePath = .root, _ body: (ManifestEntry) throws -> Void) throws {
    guard !root.segments.isEmpty else { return }
    for number in (root.segmentIndex(containing: path) ?? 0)..<root.segments.count {
      let first = root.segments[number].firstPath
      if path < first, !path.contains(first) { return }
      for entry in try entries(ofSegment: number) where path.contains(entry.path) { try body(entry) }
    }
  }

  package func entry(at path: ArchivePath) throws -> ManifestEntry? {
    guard let number = root.segmentIndex(containing: path) else { return nil }
    return try entries(ofSegment: number).first { $0.path == path }
  }

  /// All entries, one at a time, holding one segment in memory.
  package func makeCursor() -> ManifestCursor { ManifestCursor(self) }
}

/// Steps through a manifest beside a walk that goes in the same order.
package struct ManifestCursor {
  private let manifest: Manifest
  private let leftOut: Set<ChunkReference>
  private var segment = 0
  private var entries: [ManifestEntry] = []
  private var at = 0

  /// - Parameter leftOut: segments to pass over.
  init(_ manifest: Manifest, leavingOut leftOut: Set<ChunkReference> = []) {
    self.manifest = manifest
    self.leftOut = leftOut
  }

  /// The entry that `advance` moves past; `nil` at the end.
  package mutating func peek() throws -> ManifestEntry? {
    while at == entries.count {
      guard segment < manifest.root.segments.count else { return nil }
      at = 0
      entries = leftOut.contains(manifest.root.segments[segment].chunk) ? [] : try manifest.entries(ofSegment: segment)
      segment += 1
    }
    return entries[at]
  }

  package mutating func advance() { at += 1 }
}

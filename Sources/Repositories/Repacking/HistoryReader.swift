import Packing
import SnapshotModel

/// Reads what the versions of a repository consist of, a range of paths at a time.
///
/// Memory: one range's versions, and 40 bytes a chunk of all.
struct HistoryReader {
  /// What is put in order and decided on together.
  enum Part {
    /// Files whose paths lie in the range; no upper bound for the last.
    case files(from: ArchivePath, upTo: ArchivePath?)
    /// The manifests themselves, and the uncommitted changes.
    case manifests
  }

  /// Files of more chunks are left as they are, too: 64 GiB of such as are usual. An entry of a few bytes may name any number of times
  /// any number of them.
  static let chunkCountMax = 1 << 20
  /// Segments of the largest manifest whose paths make one part: about eight thousand files.
  private static let segmentsPerPart = 16

  private let manifests: [Manifest]
  private let uncommitted: [ChunkReference?]
  private let reader: ChunkReader
  /// Larger files are left as they are.
  private let fileBytesMax: UInt64
  /// Chunks that some version has accounted for.
  private var taken: Set<ChunkID> = []
  /// Chunks of the larger files of the part that was read last.
  private(set) var chunksLeftOut: [ChunkReference] = []

  /// - Parameter snapshots: newest first.
  init(_ snapshots: [Snapshot], fileBytesMax: UInt64, reader: ChunkReader) throws {
    self.reader = reader
    self.fileBytesMax = fileBytesMax
    manifests = try snapshots.map { try Manifest($0.manifest, reader: reader) }
    uncommitted = snapshots.map { $0.uncommitted?.content }
  }

  var parts: [Part] {
    guard let largest = manifests.max(by: { $0.root.segments.count < $1.root.segments.count }) else { return [] }
    let segments = largest.root.segments
    var bounds = stride(from: 0, to: segments.count, by: Self.segmentsPerPart).map { segments[$0].firstPath }
    if !bounds.isEmpty { bounds[0] = .root }
    return [.manifests]
      + bounds.indices.map { .files(from: bounds[$0], upTo: $0 + 1 < bounds.count ? bounds[$0 + 1] : nil) }
  }

  /// By age, then by path; each part may be read once.
  mutating func versions(in part: Part) throws -> [FileVersion] {
    chunksLeftOut = []
    switch part {
    case .manifests: return try manifestVersions()
    case .files(let lower, let upper): return try fileVersions(from: lower, upTo: upper)
    }
  }

  private mutating func fileVersions(from lower: ArchivePath, upTo upper: ArchivePath?) throws -> [FileVersion] {
    var versions: [FileVersion] = []
    var seen: Set<ChunkID> = []
    for (age, manifest) in manifests.enumerated() {
      let segments = manifest.root.segments
      for number in segments.indices.dropFirst(manifest.root.segmentIndex(containing: lower) ?? 0) {
        if let upper, segments[number].firstPath >= upper { break }
        // What a newer version shares was taken there.
        guard seen.insert(segments[number].chunk.id).inserted else { continue }
        for entry in try readableEntries(of: manifest, segment: number)
        where entry.path >= lower && upper.map({ entry.path < $0 }) ?? true {
          guard entry.size <= fileBytesMax, let chunks = try chunks(of: entry.content, byteCountMax: entry.size) else {
            try reader.forEachChunk(of: entry.content) { if taken.insert($0.id).inserted { chunksLeftOut.append($0) } }
            continue
          }
          if let version = take(FileVersion(path: entry.path, age: age, chunks: chunks, own: [])) {
            versions.append(version)
          }
        }
      }
    }
    return versions
  }

  /// None of a segment that breaks the rules: what it names stays as it is, and a check tells of it.
  private func readableEntries(of manifest: Manifest, segment: Int) throws -> [ManifestEntry] {
    do {
      return try manifest.entries(ofSegment: segment)
    } catch is PackingError {
      return []
    }
  }

  /// - Returns: `nil` for too many, and when lists name more bytes than the file has: only who means harm writes such.
  private func chunks(of content: FileContent, byteCountMax: UInt64) throws -> [ChunkReference]? {
    guard case .indirect(let lists) = content else { return try reader.chunks(of: content) }
    var found: [ChunkReference] = []
    var left = byteCountMax
    for list in lists {
      for chunk in try reader.chunks(of: .indirect(lists: [list])) {
        guard found.count < Self.chunkCountMax, left >= UInt64(chunk.length) else { return nil }
        left -= UInt64(chunk.length)
        found.append(chunk)
      }
    }
    return found
  }

  /// Segments are files of one chunk called by their first paths; roots, lists of chunks, and what was not committed, are called by names
  /// below these.
  private mutating func manifestVersions() throws -> [FileVersion] {
    var versions: [FileVersion] = []
    for (age, manifest) in manifests.enumerated() {
      var own: [FileVersion] = []
      if let root = manifest.reference {
        own.append(FileVersion(path: .root, age: age, chunks: [root], own: []))
      }
      if let changes = uncommitted[age], let path = ArchivePath.root.appending(Self.uncommittedName) {
        own.append(FileVersion(path: path, age: age, chunks: [changes], own: []))
      }
      for (number, segment) in manifest.root.segments.enumerated() {
        let path = segment.firstPath.appending(Self.segmentName) ?? segment.firstPath
        guard !taken.contains(segment.chunk.id) else { continue }
        own.append(FileVersion(path: path, age: age, chunks: [segment.chunk], own: []))
        let lists = try manifest.contents(ofSegment: number).lists
        if !lists.isEmpty, let path = path.appending(Self.listName) {
          own.append(FileVersion(path: path, age: age, chunks: lists, own: []))
        }
      }
      versions += own.compactMap { take($0) }
    }
    return versions
  }

  private static let segmentName = Array("\u{1}segment".utf8)
  private static let listName = Array("\u{1}lists".utf8)
  private static let uncommittedName = Array("\u{1}uncommitted".utf8)

  /// The version with those chunks marked as its own that nobody has taken; `nil` when there is none.
  private mutating func take(_ version: FileVersion) -> FileVersion? {
    var version = version
    version.own = version.chunks.indices.filter { taken.insert(version.chunks[$0].id).inserted }
    return version.own.isEmpty ? nil : version
  }
}

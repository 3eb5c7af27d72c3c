import FileTrees
import Foundation
import Indexing
import Packing
import SnapshotModel

/// The walk, the manifest and the index, against a bare stat walk over as many entries.
enum CatalogParts {
  static func measure() throws -> [Part] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "snap parts \(UUID().uuidString.prefix(8))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let tree = folder.appending(path: "tree")
    _ = try SmallFiles().advance(tree, to: 0)
    let count = statWalk(tree).entries
    func walkAll() { statWalk(tree) }
    let floor = "a stat walk of as many entries"

    var entries: [ManifestEntry] = []
    let walker = try TreeWalker(root: Array(tree.path.utf8))
    var random = Seeded(seed: 3)
    while case .item(let item)? = walker.next() {
      entries.append(entry(for: item, &random))
    }
    let segments = try written(entries)
    let ids = entries.flatMap(\.chunkIDs).sorted()
    let missing = ids.map { _ in ChunkID((random.next(), 1, 2, 3)) }

    return try [
      Part(
        "walk in path order", over: floor,
        {
          let walker = try TreeWalker(root: Array(tree.path.utf8))
          while walker.next() != nil {}
        }, floor: walkAll),
      Part("write a manifest", over: floor, { _ = try written(entries) }, floor: walkAll),
      Part(
        "read a manifest", over: floor,
        { for segment in segments { _ = try ManifestReader.entries(ofSegment: segment.bytes) } }, floor: walkAll),
    ] + IndexParts(folder: folder, ids: ids, missing: missing, entryCount: count).measure(over: floor, walkAll)
  }

  private static func entry(for item: WalkedItem, _ random: inout Seeded) -> ManifestEntry {
    let status = item.status
    let owner = FileOwner(
      userID: status.userID, groupID: status.groupID, userName: Array("ada".utf8), groupName: Array("dev".utf8))
    let metadata = FileMetadata(mode: status.mode, owner: owner, modified: status.modified)
    guard status.kind == .file else { return ManifestEntry(path: item.path, kind: status.kind, metadata: metadata) }
    let chunk = ChunkReference(
      id: ChunkID((random.next(), random.next(), random.next(), random.next())), length: max(1, Int(status.size)))
    return ManifestEntry(
      path: item.path, kind: .file, metadata: metadata, size: UInt64(chunk.length), content: .inline([chunk]))
  }

  private static func written(_ entries: [ManifestEntry]) throws -> [ManifestSegment] {
    var writer = ManifestWriter()
    var segments: [ManifestSegment] = []
    for entry in entries { if let segment = try writer.append(entry) { segments.append(segment) } }
    if let last = writer.finish() { segments.append(last) }
    return segments
  }
}

extension ManifestEntry {
  fileprivate var chunkIDs: [ChunkID] {
    if case .inline(let chunks) = content { chunks.map(\.id) } else { [] }
  }
}

/// The index of one pack that holds a chunk for each file.
private struct IndexParts {
  let folder: URL
  let ids: [ChunkID]
  let missing: [ChunkID]
  let entryCount: Int

  func measure(over floor: String, _ walkAll: () -> Void) throws -> [Part] {
    var system = SystemRandomNumberGenerator()
    let repository = RepositoryID(using: &system)
    func path(_ name: String) -> String { folder.appending(path: "\(name).sqlite").path }
    let pack = IndexedPack(
      id: PackID(using: &system), byteCount: UInt64(ids.count) * 64,
      frames: stride(from: 0, to: ids.count, by: 1000).map { start in
        IndexedFrame(
          offset: UInt64(start) * 64, length: 60_000,
          chunks: ids[start..<min(start + 1000, ids.count)].map { ChunkReference(id: $0, length: 1) })
      })
    let filled = try RepositoryIndex(path: path("filled"), repository: repository)
    try filled.insert([pack])
    var number = 0
    return try [
      Part(
        "index a chunk for each entry", over: floor,
        {
          number += 1
          let index = try RepositoryIndex(path: path("new-\(number)"), repository: repository)
          try index.insert([pack])
          index.close()
        }, floor: walkAll),
      Part(
        "find each chunk in the index", over: floor,
        { try filled.withLookups { lookup in for id in ids { _ = try lookup.locate(id) } } }, floor: walkAll),
      Part(
        "ask for as many unknown chunks", over: floor,
        { try filled.withLookups { lookup in for id in missing { _ = try lookup.contains(id) } } }, floor: walkAll),
    ]
  }
}

import Repositories
import Sealing
import SnapshotModel

/// Compares what an archive holds with what a version does, both read anew.
struct ArchiveComparison {
  var request: ImportRequest
  var manifest: Manifest
  var events: any SaveEvents

  /// - Returns: one clause for people that names the path; `nil` when nothing differs.
  func firstDifference() throws -> String? {
    let rows = try rows()
    let saved = manifest.reader
    var cursor = manifest.makeCursor()
    for row in rows {
      try events.stopIfAsked()
      let path = row.entry.path
      guard let entry = try cursor.peek(), entry.path <= path else { return "the version lacks \(name(path))" }
      guard entry.path == path else { return "the archive lacks \(name(entry.path))" }
      cursor.advance()
      if let difference = try difference(of: row, from: entry, saved) {
        return "\(difference) of \(name(path)) differs"
      }
    }
    return try cursor.peek().map { "the archive lacks \(name($0.path))" }
  }

  private func name(_ path: ArchivePath) -> String { path.isRoot ? "the root folder" : "'\(path)'" }

  private func rows() throws -> [ImportedTree<[UInt8]>.Row] {
    let owners = OwnerNames()
    let hash = SHA256Stream()
    let reader = try request.open(owners)
    var tree = ImportedTree<[UInt8]>(stripComponents: request.stripComponents)
    while let member = try reader.next() {
      try events.stopIfAsked()
      guard member.kind == .node(.file) else {
        try tree.add(member)
        continue
      }
      guard let path = try tree.path(of: member) else { continue }
      var extents = MemberExtents(size: member.size)
      try reader.readContent { offset, bytes in
        try events.stopIfAsked()
        try extents.add(offset: offset, count: bytes.count)
        hash.update(bytes)
      }
      var entry = ManifestEntry(path: path, kind: .file, metadata: member.metadata)
      (entry.size, entry.dataExtents) = try extents.finish()
      tree.add(file: entry, content: hash.finalize())
    }
    return try tree.rows(folder: request.folderMetadata(owners))
  }

  private func difference(
    of row: ImportedTree<[UInt8]>.Row, from entry: ManifestEntry, _ saved: ChunkReader
  ) throws -> String? {
    if row.entry.kind != entry.kind { return "the kind" }
    if row.entry.linkTarget != entry.linkTarget { return "the target" }
    if row.entry.deviceNumber != entry.deviceNumber { return "the number" }
    if row.entry.size != entry.size { return "the size" }
    guard let digest = row.content else { return nil }
    if row.entry.dataExtents != entry.dataExtents { return "the holes' place" }
    let hash = SHA256Stream()
    for chunk in try saved.chunks(of: entry.content) { hash.update(try saved.bytes(of: chunk)) }
    return hash.finalize() == digest ? nil : "the content"
  }
}

import Packing
import SnapshotModel

/// What became of one path between two versions.
package struct ManifestChange: Sendable {
  package enum Kind: String, Sendable { case added, removed, modified, metadata, typeChanged = "type" }

  package var path: ArchivePath
  package var kind: Kind
  package var old: ManifestEntry?
  package var new: ManifestEntry?

  package init(path: ArchivePath, kind: Kind, old: ManifestEntry?, new: ManifestEntry?) {
    self.path = path
    self.kind = kind
    self.old = old
    self.new = new
  }
}

/// Compares two manifests.
package enum ManifestDiffer {
  /// Calls `body` with every change, in path order. Cost: the segments that are not in both.
  package static func forEachChange(
    from old: Manifest, to new: Manifest, _ body: (ManifestChange) throws -> Void
  ) throws {
    let shared = Set(old.root.segments.map(\.chunk)).intersection(new.root.segments.map(\.chunk))
    var oldEntries = ManifestCursor(old, leavingOut: shared)
    var newEntries = ManifestCursor(new, leavingOut: shared)
    while true {
      let (a, b) = (try oldEntries.peek(), try newEntries.peek())
      switch (a, b) {
      case (nil, nil): return
      case (let a?, nil):
        try body(ManifestChange(path: a.path, kind: .removed, old: a, new: nil))
        oldEntries.advance()
      case (nil, let b?):
        try body(ManifestChange(path: b.path, kind: .added, old: nil, new: b))
        newEntries.advance()
      case (let a?, let b?):
        if a.path < b.path {
          try body(ManifestChange(path: a.path, kind: .removed, old: a, new: nil))
        } else if b.path < a.path {
          try body(ManifestChange(path: b.path, kind: .added, old: nil, new: b))
        } else if let kind = kind(from: a, to: b) {
          try body(ManifestChange(path: a.path, kind: kind, old: a, new: b))
        }
        if a.path <= b.path { oldEntries.advance() }
        if b.path <= a.path { newEntries.advance() }
      }
    }
  }

  /// How two entries of one path differ; `nil` when they do not.
  package static func kind(from a: ManifestEntry, to b: ManifestEntry) -> ManifestChange.Kind? {
    if a == b { return nil }
    if a.kind != b.kind { return .typeChanged }
    let isSameData =
      a.content == b.content && a.size == b.size && a.linkTarget == b.linkTarget && a.deviceNumber == b.deviceNumber
    return isSameData ? .metadata : .modified
  }
}

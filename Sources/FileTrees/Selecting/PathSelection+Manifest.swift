import Packing
import Repositories
import SnapshotModel

extension PathSelection {
  /// The segments of a manifest that can hold something selected or a folder above it: the others need not be read.
  package func segments(of manifest: Manifest) -> [Int] {
    let segments = manifest.root.segments
    return segments.indices.filter { number in
      let next = number + 1 < segments.count ? segments[number + 1].firstPath : nil
      return touches(from: segments[number].firstPath, upTo: next)
    }
  }

  /// Calls `body` with every entry of these segments, in path order.
  package func forEachCandidate(in manifest: Manifest, _ body: (ManifestEntry) throws -> Void) throws {
    for number in segments(of: manifest) {
      for entry in try manifest.entries(ofSegment: number) { try body(entry) }
    }
  }
}

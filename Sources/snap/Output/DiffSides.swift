import Repositories
import SnapshotModel
import Workflows

/// Reads both sides of a change.
struct DiffSides {
  let reader: ChunkReader
  /// Where the work tree lies, when one side is it.
  let workTree: [UInt8]?
  /// Whether the work tree is the old side.
  let isReversed: Bool

  /// Of files that are larger nobody reads a patch.
  static let patchByteCountMax: UInt64 = 32 << 20

  var hasWorkTree: Bool { workTree != nil }

  /// What git compares: a file's content, a link's target; `nil` when it is larger than `byteCountMax`.
  func bytes(
    of entry: ManifestEntry?, isNew: Bool, byteCountMax: UInt64 = patchByteCountMax
  ) throws -> [UInt8]? {
    guard let entry else { return [] }
    if entry.kind == .symbolicLink { return entry.linkTarget }
    guard entry.kind == .file else { return [] }
    guard let workTree, isNew != isReversed else {
      return try EntryContent.bytes(of: entry, from: reader, byteCountMax: byteCountMax)
    }
    guard entry.size <= byteCountMax else { return nil }
    return try FileSystemPath.contents(of: FileSystemPath.joined(workTree, entry.path))
  }
}

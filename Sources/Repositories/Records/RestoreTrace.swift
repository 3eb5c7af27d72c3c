import Packing
import SnapshotModel

/// What a restore in place made where nothing was, so that it can be taken away again (docs/format/operations.md).
package struct RestoreTrace: Hashable, Sendable {
  /// The snapshot that was restored.
  package var snapshot: SnapshotID
  /// Leading components that were dropped of its paths.
  package var stripComponents: Int
  /// Whether a folder in `created` stands for everything that the snapshot has below it.
  package var coversFolders: Bool
  /// Paths in the target, in path order.
  package var created: [ArchivePath]

  /// - Parameter created: in any order.
  /// - Parameter coversFolders: leave out what lies below another.
  package init(snapshot: SnapshotID, created: [ArchivePath], stripComponents: Int = 0, coversFolders: Bool) {
    self.snapshot = snapshot
    self.stripComponents = stripComponents
    self.coversFolders = coversFolders
    var topmost: [ArchivePath] = []
    for path in created.sorted() where !coversFolders || !(topmost.last?.contains(path) ?? false) {
      topmost.append(path)
    }
    self.created = topmost
  }

  func encode(to writer: inout ByteWriter) {
    writer.append(snapshot.bytes)
    writer.append(varint: stripComponents)
    writer.append(coversFolders ? 1 : 0)
    writer.append(varint: created.count)
    var previous = ArchivePath.root
    for path in created {
      let shared = path.sharedByteCount(with: previous)
      writer.append(varint: shared)
      writer.append(counted: Array(path.bytes[shared...]))
      previous = path
    }
  }

  /// - Throws: `PackingError` for anything that `encode` does not write.
  init(from reader: inout ByteReader) throws {
    guard let snapshot = SnapshotID(bytes: try reader.bytes(SnapshotID.byteCount)) else {
      throw PackingError.damaged(what: "operation")
    }
    self.snapshot = snapshot
    stripComponents = Int(try reader.varint(limit: 4096, of: "components"))
    coversFolders = try reader.byte() == 1
    created = []
    for _ in 0..<(try reader.count(minimumBytes: 2)) {
      let shared = Int(try reader.varint(limit: 1 << 20, of: "shared bytes"))
      let suffix = try reader.counted()
      guard let path = ArchivePath(after: created.last ?? .root, sharing: shared, suffix: suffix[...]) else {
        throw PackingError.damaged(what: "operation")
      }
      created.append(path)
    }
  }
}

import Chunking
import Glibc
import ObjectStores
import Repositories
import Sealing
import SnapshotModel

/// What reading one file gave.
struct IngestedFile: Sendable {
  var status: FileStatus
  var metadata: FileMetadata
  /// As read, which is not what `status` says when the file changed meanwhile.
  var size: UInt64
  var dataExtents: [DataExtent]?
  var chunks: [HashedChunk]
  var changedWhileRead: Bool
  var holdsSecret: Bool
}

/// Reads files on a worker thread.
enum FileIngest {
  /// Larger ones are read in slabs by the walking thread, so that several workers share the hashing.
  static let wholeFileBytesMax: UInt64 = 2 << 20
  static let slabBytes = 2 << 20

  /// Reads, cuts and hashes a whole file.
  ///
  /// - Parameter holdsSecret: asked about what was read.
  static func ingest(
    _ item: WalkedItem, chunker: Chunker, owners: OwnerNames, tools: WorkerTools,
    holdsSecret: (@Sendable (ArchivePath, ArraySlice<UInt8>) -> Bool)?
  ) -> Result<IngestedFile, SystemError> {
    do throws(SystemError) {
      let descriptor = try EntryCapture.open(item)
      let before = try FileStatus(descriptor: descriptor.number)
      guard before.kind == .file else { throw SystemError(errno: ESTALE, operation: "read") }
      let extents = try EntryCapture.dataExtents(descriptor.number, status: before)
      let bytes = try read(descriptor.number, extents: extents, expected: Int(clamping: before.size))
      let after = try FileStatus(descriptor: descriptor.number)
      let size = extents == nil ? UInt64(bytes.count) : before.size
      var current = item
      current.status = before
      return .success(
        IngestedFile(
          status: before, metadata: try EntryCapture.metadata(current, owners: owners), size: size,
          dataExtents: extents,
          chunks: HashedChunk.named(
            bytes[...], chunker.lengths(of: bytes[...], isFinal: true), by: tools.hasher),
          changedWhileRead: before.differsInContent(from: after) || size != before.size,
          holdsSecret: holdsSecret?(item.path, bytes[...]) ?? false))
    } catch {
      return .failure(error)
    }
  }

  private static func read(
    _ descriptor: Int32, extents: [DataExtent]?, expected: Int
  ) throws(SystemError) -> [UInt8] {
    guard let extents else { return try readToEnd(descriptor, expected: expected) }
    var bytes: [UInt8] = []
    for extent in extents {
      bytes += try EntryCapture.read(descriptor, countMax: Int(extent.length), at: extent.offset)
    }
    return bytes
  }

  /// Reads until the file ends, one byte more than expected to see that it does.
  static func readToEnd(_ descriptor: Int32, expected: Int) throws(SystemError) -> [UInt8] {
    var bytes = try EntryCapture.read(descriptor, countMax: expected + 1)
    guard bytes.count > expected else { return bytes }
    while true {
      let more = try EntryCapture.read(descriptor, countMax: 256 << 10)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }
}

extension ManifestEntry {
  /// Whether size and modification time are still the same.
  func isUnchanged(_ status: FileStatus) -> Bool {
    kind == status.kind && metadata.modified == status.modified && (kind != .file || size == status.size)
  }
}

extension FileStatus {
  /// Whether the file was written to between the two looks.
  func differsInContent(from other: FileStatus) -> Bool {
    size != other.size || modified != other.modified || changed != other.changed
  }
}

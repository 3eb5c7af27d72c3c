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
      let asWalked = readAsWalked(item, descriptor.number, owners)
      let file = if let asWalked { asWalked } else { try read(item, descriptor.number, owners) }
      let bytes = file.bytes[...]
      return .success(
        IngestedFile(
          status: file.status, metadata: file.metadata, size: file.size, dataExtents: file.extents,
          chunks: HashedChunk.named(bytes, chunker.lengths(of: bytes, isFinal: true), by: tools.hasher),
          changedWhileRead: file.changedWhileRead, holdsSecret: holdsSecret?(item.path, bytes) ?? false))
    } catch {
      return .failure(error)
    }
  }

  private struct ReadFile {
    var status: FileStatus
    var metadata: FileMetadata
    var bytes: [UInt8]
    var extents: [DataExtent]?
    var changedWhileRead: Bool

    var size: UInt64 { extents == nil ? UInt64(bytes.count) : status.size }
  }

  /// A file that is what was walked, as nearly all are: examined once, after all else.
  ///
  /// - Returns: `nil` for any other, of which something may have been read.
  private static func readAsWalked(_ item: WalkedItem, _ descriptor: Int32, _ owners: OwnerNames) -> ReadFile? {
    guard !item.status.mayHaveHoles, let size = Int(exactly: item.status.size) else { return nil }
    do throws(SystemError) {
      // At an offset, which a pipe refuses that has taken the file's place: nothing is taken out of it.
      let bytes = try EntryCapture.read(descriptor, countMax: size + 1, enough: size, at: 0)
      let metadata = try EntryCapture.metadata(item, descriptor, owners: owners)
      let status = try FileStatus(descriptor: descriptor)
      guard bytes.count == size, status == item.status else { return nil }
      return ReadFile(status: item.status, metadata: metadata, bytes: bytes, changedWhileRead: false)
    } catch {
      // Whoever reads it again meets the same, or finds something else there.
      return nil
    }
  }

  private static func read(
    _ item: WalkedItem, _ descriptor: Int32, _ owners: OwnerNames
  ) throws(SystemError) -> ReadFile {
    var current = item
    current.status = try FileStatus(descriptor: descriptor)
    guard current.status.kind == .file else { throw SystemError(errno: ESTALE, operation: "read") }
    let extents = try EntryCapture.dataExtents(descriptor, status: current.status)
    let bytes = try read(descriptor, extents: extents, expected: Int(clamping: current.status.size))
    let after = try FileStatus(descriptor: descriptor)
    var file = ReadFile(
      status: current.status, metadata: try EntryCapture.metadata(current, descriptor, owners: owners), bytes: bytes,
      extents: extents, changedWhileRead: false)
    file.changedWhileRead = current.status.differsInContent(from: after) || file.size != current.status.size
    return file
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

  /// What may be in files of no size, which the kernel makes as they are read (proc(5)), and some only in one piece.
  private static let pieceBytes = 64 << 10

  /// Reads until the file ends, one byte more than expected to see that it does.
  static func readToEnd(_ descriptor: Int32, expected: Int) throws(SystemError) -> [UInt8] {
    var bytes = try EntryCapture.read(descriptor, countMax: expected == 0 ? pieceBytes : expected + 1)
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

import Repositories
import SnapshotModel

/// One item of the walk, with all that is needed to make its manifest entry once what lies before it is decided.
enum ArchiveRow: Sendable {
  /// A folder, symbolic link, fifo, device or socket: its entry is complete. A made-up one has no status.
  case node(FileStatus?, ManifestEntry)
  /// A file whose status is as the stat cache has it.
  case unchanged(FileStatus, ManifestEntry)
  /// A file whose entry is complete, though no file of the tree is it.
  case made(ManifestEntry, prior: ManifestEntry?)
  /// Another name of an inode whose content an earlier entry holds.
  case link(WalkedItem, prior: ManifestEntry?, target: ArchivePath)
  /// A file that is read whole; `base` is what it is likely to resemble.
  case file(WalkedItem, prior: ManifestEntry?, base: FileContent?)
}

struct ArchiveBatch {
  var rows: [ArchiveRow] = []
  /// Of the files to be read.
  var byteCount = 0
}

/// What is decided in one go, in the order in which it was submitted.
struct ArchiveUnit {
  enum Work {
    /// The results are those of the rows that are files, in order.
    case batch([ArchiveRow], PoolResult<[Result<IngestedFile, SystemError>]>?)
    case largeFileStart(LargeFile)
    case slab(PoolResult<[HashedChunk]>)
    case largeFileEnd(LargeFile)

    /// Whether all that it waits for is there.
    var isReady: Bool {
      switch self {
      case .batch(_, let files): files?.isReady ?? true
      case .slab(let chunks): chunks.isReady
      case .largeFileStart, .largeFileEnd: true
      }
    }
  }

  var work: Work
  var byteCount: Int
}

/// A file that is read in slabs.
final class LargeFile {
  let path: ArchivePath
  let prior: ManifestEntry?
  /// What it is likely to resemble.
  let base: FileContent?
  /// As it was before reading; a stream has none.
  var status: FileStatus?
  var metadata: FileMetadata
  var dataExtents: [DataExtent]?
  /// As far as known when reading starts.
  var byteCountExpected: UInt64
  var bytesRead: UInt64 = 0
  var changedWhileRead = false
  var holdsSecret = false
  /// Why it could not be read to its end.
  var failure: SystemError?

  init(
    path: ArchivePath, prior: ManifestEntry?, base: FileContent?, status: FileStatus?, metadata: FileMetadata,
    dataExtents: [DataExtent]?,
    byteCountExpected: UInt64
  ) {
    self.path = path
    self.prior = prior
    self.base = base
    self.status = status
    self.metadata = metadata
    self.dataExtents = dataExtents
    self.byteCountExpected = byteCountExpected
  }
}

import Glibc
import SnapshotModel

/// What the entries of one snapshot were on this machine: why the next save need not read those that have not changed.
///
///     offset  bytes
///          0      8  "snapstat"
///          8      2  format version, 2
///         10     32  id of the chunk that holds the manifest's root
///         42      8  rows in all
///         50         blocks, up to the end
///
///     block   bytes
///          0      4  rows, 1...16,384
///          4      4  payload bytes
///          8      4  bytes of the payload when decompressed
///         12         payload: a zstd frame with checksum, of three columns of variable-length integers
///
/// One row an entry, in manifest order; size and modification time stand in the manifest. Numbers are
/// little-endian. It is derived and local: whatever is wrong with it only makes files be read again.
///
/// - SeeAlso: docs/format/stat-cache.md
package struct StatCache: Sendable {
  /// Which inode an entry was and when it last changed.
  package struct Row: Hashable, Sendable {
    package var device: UInt64
    /// 0 in a row that matches nothing.
    package var inode: UInt64
    package var changed: Timestamp

    package init(device: UInt64, inode: UInt64, changed: Timestamp) {
      self.device = device
      self.inode = inode
      self.changed = changed
    }

    /// For an entry that may have changed since without a trace.
    package static let never = Row(device: 0, inode: 0, changed: Timestamp(seconds: 0))

    /// Whether it is the same inode and neither content nor metadata was touched since.
    package func matches(_ status: FileStatus) -> Bool {
      inode != 0 && inode == status.inode && device == status.device && changed == status.changed
    }
  }

  package static let formatVersion: UInt16 = 2
  static let magic = Array("snapstat".utf8)
  static let headerByteCount = 50
  static let blockHeaderByteCount = 12
  static let blockRowCountMax = 16_384
  /// Three integers of ten bytes.
  static let rowByteCountMax = 30

  package let rowCount: Int
  private let bytes: [UInt8]

  /// - Parameter manifest: of the snapshot that is about to be compared with; rows of another one are worthless.
  /// - Returns: `nil` when the bytes are of another manifest or version, or no such cache.
  package init?(decoding bytes: [UInt8], manifest: ChunkID) {
    guard bytes.count >= Self.headerByteCount, bytes.starts(with: Self.magic) else { return nil }
    guard littleEndian(bytes[8..<10]) == UInt64(Self.formatVersion) else { return nil }
    guard bytes[10..<42].elementsEqual(manifest.bytes) else { return nil }
    let rowCount = littleEndian(bytes[42..<50])
    // A row takes at least a few bits: no honest count is beyond this, and nothing is allocated by it.
    guard rowCount <= UInt64(bytes.count) * UInt64(Self.blockRowCountMax) else { return nil }
    self.rowCount = Int(rowCount)
    self.bytes = bytes
  }

  /// Starts at the first row.
  package func makeCursor() -> Cursor { Cursor(bytes: bytes, rowCount: rowCount) }

  /// Reads rows in order, a block at a time.
  package struct Cursor: Sendable {
    private let bytes: [UInt8]
    private var rowsLeft: Int
    private var offset = StatCache.headerByteCount
    private var block: [Row] = []
    private var next = 0
    private var isDamaged = false

    init(bytes: [UInt8], rowCount: Int) {
      self.bytes = bytes
      rowsLeft = rowCount
    }

    /// - Returns: `nil` after the last row; a row that matches nothing from the first damaged block on.
    package mutating func nextRow() -> Row? {
      guard rowsLeft > 0 else { return nil }
      if next == block.count, !isDamaged { readBlock() }
      rowsLeft -= 1
      guard next < block.count else { return .never }
      next += 1
      return block[next - 1]
    }

    private mutating func readBlock() {
      block = []
      next = 0
      guard let (rows, end) = StatCacheBlock.decode(bytes[offset...]), rows.count <= rowsLeft else {
        isDamaged = true
        return
      }
      block = rows
      offset = end
    }
  }
}

/// Collects the rows of a save that is under way.
package struct StatCacheWriter: Sendable {
  /// Younger changes than this before the save's start may be followed by others of the same time stamp: two seconds
  /// are FAT's and the coarsest that a file system keeps.
  package static let racySecondsMax: Int64 = 2

  private let racyFrom: Timestamp
  private var bytes: [UInt8] = []
  private var block: [StatCache.Row] = []
  package private(set) var rowCount = 0

  /// - Parameter saveStarted: before the first file was examined.
  package init(saveStarted: Timestamp) {
    racyFrom = Timestamp(seconds: saveStarted.seconds - Self.racySecondsMax, nanoseconds: saveStarted.nanoseconds)
  }

  /// Adds the next entry of the manifest.
  ///
  /// - Parameter status: as examined before anything else of it was read; `nil` for what changed meanwhile.
  package mutating func append(_ status: FileStatus?) {
    if let status, status.changed < racyFrom {
      append(StatCache.Row(device: status.device, inode: status.inode, changed: status.changed))
    } else {
      append(StatCache.Row.never)
    }
  }

  /// Adds a row that was found to hold still.
  package mutating func append(_ row: StatCache.Row) {
    block.append(row)
    rowCount += 1
    if block.count == StatCache.blockRowCountMax { finishBlock() }
  }

  /// - Parameter manifest: the chunk that the save has put the manifest's root into.
  /// - Returns: the whole file.
  package consuming func finish(manifest: ChunkID) -> [UInt8] {
    finishBlock()
    return StatCache.magic + littleEndianBytes(UInt64(StatCache.formatVersion), count: 2) + manifest.bytes
      + littleEndianBytes(UInt64(rowCount), count: 8) + bytes
  }

  private mutating func finishBlock() {
    if !block.isEmpty { bytes += StatCacheBlock.encode(block) }
    block.removeAll(keepingCapacity: true)
  }
}

func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

func littleEndianBytes(_ value: UInt64, count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}

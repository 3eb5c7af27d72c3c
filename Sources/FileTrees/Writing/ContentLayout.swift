import CLinux
import Glibc
import Sealing
import SnapshotModel

/// Where in a file the bytes of each of its chunks belong.
///
/// Making one proves that the chunks fill exactly what the entry says: extents in order, inside the size, and as long
/// together as the chunks are.
package struct ContentLayout {
  /// A stretch of one chunk that lies in one piece in the file.
  package struct Run {
    /// In the chunk.
    package var start: Int
    package var length: Int
    /// In the file.
    package var offset: UInt64
  }

  package struct Piece {
    package var chunk: ChunkReference
    package var runs: [Run]
  }

  /// The entry contradicts itself, or content is not as long as it should be.
  package struct Mismatch: Error, CustomStringConvertible {
    package var description: String { "its size and its content do not agree" }
  }

  package let pieces: [Piece]
  private let size: UInt64

  package init(of entry: ManifestEntry, reading content: any ContentReading) throws {
    size = entry.size
    guard entry.size <= UInt64(Int64.max) else { throw Mismatch() }
    let chunks: [ChunkReference]
    switch entry.content {
    case .inline(let inline): chunks = inline
    case .indirect: chunks = try content.chunks(of: entry.content)
    }
    guard chunks.allSatisfy({ 1...ChunkReference.lengthMax ~= $0.length }) else { throw Mismatch() }
    guard let extents = entry.dataExtents else {
      var offset: UInt64 = 0
      pieces = chunks.map { chunk in
        defer { offset &+= UInt64(chunk.length) }
        return Piece(chunk: chunk, runs: [Run(start: 0, length: chunk.length, offset: offset)])
      }
      guard offset == entry.size else { throw Mismatch() }
      return
    }
    pieces = try Self.pieces(chunks, extents, size: entry.size)
  }

  private static func pieces(_ chunks: [ChunkReference], _ extents: [DataExtent], size: UInt64) throws -> [Piece] {
    var end: UInt64 = 0
    var total: UInt64 = 0
    for extent in extents {
      guard extent.offset >= end, extent.length > 0, extent.length <= size, extent.offset <= size - extent.length else {
        throw Mismatch()
      }
      end = extent.offset + extent.length
      total += extent.length
    }
    var pieces: [Piece] = []
    var rest = extents[...]
    for chunk in chunks {
      guard UInt64(chunk.length) <= total else { throw Mismatch() }
      total -= UInt64(chunk.length)
      var piece = Piece(chunk: chunk, runs: [])
      var start = 0
      while start < chunk.length {
        // Not empty: `total` counts what is left in it.
        let extent = rest[rest.startIndex]
        let length = Int(min(extent.length, UInt64(chunk.length - start)))
        piece.runs.append(Run(start: start, length: length, offset: extent.offset))
        start += length
        rest[rest.startIndex] = DataExtent(
          offset: extent.offset + UInt64(length), length: extent.length - UInt64(length))
        if rest[rest.startIndex].length == 0 { rest.removeFirst() }
      }
      pieces.append(piece)
    }
    guard total == 0 else { throw Mismatch() }
    return pieces
  }

  /// Whether an open file holds exactly this content, holes as zeros.
  ///
  /// - Throws: also ECANCELED, as soon as the restore is asked to end.
  func matches(_ descriptor: Int32, hasher: ChunkHasher, _ context: RestoreContext) throws(TargetError) -> Bool {
    guard try TargetStatus(of: descriptor).size == size else { return false }
    var buffer: [UInt8] = []
    var end: UInt64 = 0
    for piece in pieces {
      try context.checkStop()
      buffer.removeAll(keepingCapacity: true)
      for run in piece.runs {
        guard try isZero(descriptor, end..<run.offset) else { return false }
        guard let bytes = try read(descriptor, at: run.offset, count: run.length) else { return false }
        buffer += bytes
        end = run.offset + UInt64(run.length)
      }
      guard hasher.id(of: buffer[...]) == piece.chunk.id else { return false }
    }
    return try isZero(descriptor, end..<size)
  }

  private func isZero(_ descriptor: Int32, _ range: Range<UInt64>) throws(TargetError) -> Bool {
    var at = range.lowerBound
    while at < range.upperBound {
      // The whole hole of a sparse file is passed in one step; what the file system says is data is read.
      let data = restoring_next_data(descriptor, Int64(at))
      guard data >= 0 else { return true }
      at = max(at, UInt64(data))
      guard at < range.upperBound else { return true }
      let count = Int(min(range.upperBound - at, 256 << 10))
      guard let bytes = try read(descriptor, at: at, count: count), bytes.allSatisfy({ $0 == 0 }) else { return false }
      at += UInt64(count)
    }
    return true
  }

  /// - Returns: `nil` when the file ends before.
  private func read(_ descriptor: Int32, at offset: UInt64, count: Int) throws(TargetError) -> [UInt8]? {
    do throws(SystemError) {
      let bytes = try EntryCapture.read(descriptor, countMax: count, at: offset)
      return bytes.count == count ? bytes : nil
    } catch {
      throw TargetError(number: error.errno)
    }
  }
}

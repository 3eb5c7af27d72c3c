import Sealing
import SnapshotModel

/// Bytes of a pack, wherever it is kept.
package protocol PackSource {
  var byteCount: UInt64 { get throws }
  /// What it takes in its store: not less.
  var storedByteCount: UInt64 { get throws }
  /// - Returns: exactly the bytes of `range`, which lies within the pack.
  func read(_ range: Range<UInt64>) throws -> [UInt8]
}

extension PackSource {
  package var storedByteCount: UInt64 { get throws { try byteCount } }
}

/// A pack in memory.
package struct PackBytes: PackSource, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var byteCount: UInt64 { UInt64(bytes.count) }
  package func read(_ range: Range<UInt64>) throws -> [UInt8] {
    Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
  }
}

/// Reads packs; whatever stands in them, it throws and does not trap.
package enum PackReader {
  /// What the first read fetches: trailer and, most often, all of the directory.
  static let tailByteCount: UInt64 = 64 << 10

  /// Reads trailer and directory, in one or two reads.
  ///
  /// - Throws: `PackingError.truncated` or `damaged`, then `scan` finds what is left; whatever `source` throws.
  package static func readDirectory(
    _ source: some PackSource, repository: RepositoryID, pack: PackID
  ) throws -> PackDirectory {
    let size = try source.byteCount
    guard size >= UInt64(PackFormat.headerLength + PackFormat.trailerLength) else {
      throw PackingError.truncated(what: "pack")
    }
    let tailStart = size - min(size, tailByteCount)
    let tail = try source.read(tailStart..<size)
    guard UInt64(tail.count) == size - tailStart else { throw PackingError.truncated(what: "pack") }
    let trailerBytes = tail.suffix(PackFormat.trailerLength)
    let trailer = try PackTrailer(decoding: trailerBytes, packByteCount: size)
    let directory: ArraySlice<UInt8>
    if trailer.directoryOffset >= tailStart {
      directory = tail[Int(trailer.directoryOffset - tailStart)...].prefix(trailer.directoryLength)
    } else {
      let end = size - UInt64(PackFormat.trailerLength)
      directory = try source.read(trailer.directoryOffset..<end)[...]
      guard directory.count == trailer.directoryLength else { throw PackingError.truncated(what: "pack directory") }
    }
    let expected = trailer.encoded(directory: directory, repository: repository, pack: pack)
    guard expected[...] == trailerBytes.prefix(expected.count) else {
      // Says so if the file is whole but of another repository, or of a version to come.
      try PackFormat.checkHeader(
        try source.read(0..<UInt64(PackFormat.headerLength))[...], repository: repository, pack: pack)
      throw PackingError.damaged(what: "pack directory")
    }
    guard UInt64(trailer.frameCount) <= trailer.directoryOffset / FrameHeader.frameLengthMin else {
      throw PackingError.damaged(what: "pack trailer")
    }
    let frames = try PackDirectoryCoder.decode(
      directory, frameCount: trailer.frameCount, chunkCount: trailer.chunkCount)
    let end = frames.last?.range.upperBound ?? UInt64(PackFormat.headerLength)
    guard end == trailer.directoryOffset else { throw PackingError.damaged(what: "pack directory") }
    return PackDirectory(pack: pack, byteCount: try source.storedByteCount, frames: frames)
  }

  /// Compares the SHA-256 in the trailer with that of everything before it.
  ///
  /// - Parameter bytes: the whole file.
  package static func checkWhole(_ bytes: [UInt8]) throws(PackingError) {
    guard bytes.count >= PackFormat.headerLength + PackFormat.trailerLength else { throw .truncated(what: "pack") }
    let covered = bytes[..<(bytes.count - PackFormat.sealLength)]
    guard bytes.suffix(4) == PackFormat.endMagic[...],
      sha256(covered)[...] == bytes[covered.endIndex..<bytes.count - 4]
    else { throw .damaged(what: "pack") }
  }
}

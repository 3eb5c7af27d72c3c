import Sealing
import SnapshotModel

/// Gathers frames into a pack, in memory.
///
/// A copy of a writer copies its bytes when either is appended to.
package struct PackWriter {
  package let repository: RepositoryID
  package let pack: PackID
  private var bytes: [UInt8]
  private var frames: [PackDirectory.Frame] = []

  /// - Parameter capacity: bytes to set aside, so that a large pack does not grow by copying.
  package init(repository: RepositoryID, pack: PackID, capacity: Int = 0) {
    self.repository = repository
    self.pack = pack
    bytes = PackFormat.header(repository: repository, pack: pack)
    bytes.reserveCapacity(capacity)
  }

  package var frameCount: Int { frames.count }
  /// So far, without directory and trailer: what decides when a pack is full. O(1).
  package var byteCount: Int { bytes.count }

  /// Exactly what `finish()` would make it now. O(frames): the directory is encoded to be measured.
  package var byteCountWhenFinished: Int {
    bytes.count + Self.directoryBytes(of: frames).count + PackFormat.trailerLength
  }

  /// Exactly what `finish()` would make it if `frame` were appended before. O(frames).
  package func byteCountWhenFinished(adding frame: EncodedFrame) -> Int {
    let added = PackDirectory.Frame(offset: UInt64(bytes.count), header: frame.header, chunkIDs: frame.chunkIDs)
    return bytes.count + frame.bytes.count + Self.directoryBytes(of: frames + [added]).count + PackFormat.trailerLength
  }

  /// Bytes of the whole pack that holds just these frames, exactly: what a plan foretells before it reads them.
  package static func byteCount(ofPackHolding frames: [PackDirectory.Frame]) -> Int {
    let body = frames.reduce(PackFormat.headerLength) { $0 + $1.header.frameLength }
    var offset = UInt64(PackFormat.headerLength)
    let moved = frames.map { frame in
      defer { offset += UInt64(frame.header.frameLength) }
      return PackDirectory.Frame(offset: offset, header: frame.header, chunkIDs: frame.chunkIDs)
    }
    return body + directoryBytes(of: moved).count + PackFormat.trailerLength
  }

  /// - Returns: where the frame now stands.
  @discardableResult
  package mutating func append(_ frame: EncodedFrame) -> PackDirectory.Frame {
    let entry = PackDirectory.Frame(offset: UInt64(bytes.count), header: frame.header, chunkIDs: frame.chunkIDs)
    frames.append(entry)
    bytes.append(contentsOf: frame.bytes)
    return entry
  }

  /// Closes the pack; the writer is then empty of bytes and of no more use.
  package mutating func finish() -> FinishedPack {
    let directory = Self.directoryBytes(of: frames)
    let trailer = PackTrailer(
      directoryOffset: UInt64(bytes.count), directoryLength: directory.count, frameCount: frames.count,
      chunkCount: frames.reduce(0) { $0 + $1.chunkIDs.count })
    bytes.append(contentsOf: directory)
    bytes.append(contentsOf: trailer.encoded(directory: directory[...], repository: repository, pack: pack))
    bytes.append(contentsOf: sha256(bytes))
    bytes.append(contentsOf: PackFormat.endMagic)
    let finished = FinishedPack(
      id: pack, bytes: bytes,
      directory: PackDirectory(pack: pack, byteCount: UInt64(bytes.count), frames: frames))
    bytes = []
    frames = []
    return finished
  }

  private static func directoryBytes(of frames: [PackDirectory.Frame]) -> [UInt8] {
    do {
      return try PackDirectoryCoder.encode(frames)
    } catch {
      preconditionFailure("a directory of sound frames did not encode: \(error)")
    }
  }
}

/// A whole pack, ready to be stored.
package struct FinishedPack: Sendable {
  package let id: PackID
  package let bytes: [UInt8]
  package let directory: PackDirectory
}

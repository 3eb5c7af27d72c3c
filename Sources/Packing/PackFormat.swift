import Sealing
import SnapshotModel

/// The fixed parts of a pack file.
///
///     header, 64 bytes
///      0  magic           "SnapPack"
///      8  version u32     1
///     12  reserved u32    0
///     16  repository id   16 bytes
///     32  pack id         16 bytes
///     48  reserved        12 bytes of 0
///     60  checksum        first 4 bytes of the SHA-256 of bytes 0 ..< 60
///
///     frames, back to back · directory (`PackDirectory+Coding.swift`)
///
///     trailer, 64 bytes
///      0  directory offset u64
///      8  directory length u32
///     12  frame count u32
///     16  chunk count u32
///     20  checksum        first 8 bytes of the SHA-256 of: repository id, pack id, directory, trailer bytes 0 ..< 20
///     28  SHA-256         of everything before it
///     60  end magic       "SnPe"
///
/// - SeeAlso: `docs/format/pack.md`
enum PackFormat {
  static let magic: [UInt8] = Array("SnapPack".utf8)
  static let endMagic: [UInt8] = Array("SnPe".utf8)
  static let version: UInt32 = 1
  static let headerLength = 64
  static let trailerLength = 64
  /// Trailer bytes behind the part that the whole-file digest covers.
  static let sealLength = 36

  static func header(repository: RepositoryID, pack: PackID) -> [UInt8] {
    var writer = ByteWriter(capacity: headerLength)
    writer.append(magic)
    writer.append(fixed32: version)
    writer.append(fixed32: 0)
    writer.append(repository.bytes)
    writer.append(pack.bytes)
    writer.append([UInt8](repeating: 0, count: 12))
    writer.append(sha256(writer.bytes)[..<4])
    return writer.bytes
  }

  /// - Throws: `damaged`, `newerFormat`, or `invalidInput` when the header is sound but names another pack.
  static func checkHeader(_ bytes: ArraySlice<UInt8>, repository: RepositoryID, pack: PackID) throws(PackingError) {
    let what = "pack header"
    var reader = ByteReader(bytes, what: what)
    let covered = try reader.bytes(headerLength - 4)
    guard try reader.bytes(4) == sha256(covered)[..<4], covered.prefix(magic.count) == magic[...] else {
      throw .damaged(what: what)
    }
    reader = ByteReader(covered.dropFirst(magic.count), what: what)
    let found = try reader.fixed32()
    guard found <= version else { throw .newerFormat(what: "pack", version: UInt64(found)) }
    _ = try reader.fixed32()
    guard try reader.bytes(16) == repository.bytes[...] else {
      throw .invalidInput("the pack belongs to another repository")
    }
    guard try reader.bytes(16) == pack.bytes[...] else { throw .invalidInput("the pack has another pack's name") }
  }
}

extension PackReader {
  /// The repository that a pack says it belongs to; `nil` when its header is not sound.
  ///
  /// - Parameter header: the first 64 bytes of a pack, or more.
  package static func repository(ofHeader header: [UInt8]) -> RepositoryID? {
    let covered = header.prefix(PackFormat.headerLength - 4)
    let checksum = header.dropFirst(covered.count).prefix(4)
    guard header.count >= PackFormat.headerLength, header.starts(with: PackFormat.magic),
      sha256(Array(covered))[..<4] == checksum
    else { return nil }
    return RepositoryID(bytes: header[16..<32])
  }
}

/// The trailer's numbers.
struct PackTrailer: Hashable {
  var directoryOffset: UInt64
  var directoryLength: Int
  var frameCount: Int
  var chunkCount: Int

  /// The 28 bytes before the whole-file digest.
  func encoded(directory: ArraySlice<UInt8>, repository: RepositoryID, pack: PackID) -> [UInt8] {
    var writer = ByteWriter(capacity: PackFormat.trailerLength)
    writer.append(fixed64: directoryOffset)
    writer.append(fixed32: UInt32(directoryLength))
    writer.append(fixed32: UInt32(frameCount))
    writer.append(fixed32: UInt32(chunkCount))
    let stream = SHA256Stream()
    stream.update(repository.bytes + pack.bytes)
    stream.update(directory)
    stream.update(writer.bytes)
    writer.append(stream.finalize()[..<8])
    return writer.bytes
  }

  /// Reads the trailer's numbers; the checksum is compared once the directory is at hand.
  init(decoding bytes: ArraySlice<UInt8>, packByteCount: UInt64) throws(PackingError) {
    let what = "pack trailer"
    guard bytes.count == PackFormat.trailerLength else { throw .truncated(what: what) }
    guard bytes.suffix(4) == PackFormat.endMagic[...] else { throw .damaged(what: what) }
    var reader = ByteReader(bytes, what: what)
    directoryOffset = try reader.fixed64()
    directoryLength = Int(try reader.fixed32())
    frameCount = Int(try reader.fixed32())
    chunkCount = Int(try reader.fixed32())
    let fixed = UInt64(directoryLength + PackFormat.trailerLength)
    guard directoryOffset >= UInt64(PackFormat.headerLength), fixed <= packByteCount,
      directoryOffset == packByteCount - fixed
    else { throw .damaged(what: what) }
  }

  init(directoryOffset: UInt64, directoryLength: Int, frameCount: Int, chunkCount: Int) {
    self.directoryOffset = directoryOffset
    self.directoryLength = directoryLength
    self.frameCount = frameCount
    self.chunkCount = chunkCount
  }
}

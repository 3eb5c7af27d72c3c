import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// Packs whose checksums fit and whose parts contradict each other, as nobody but a forger makes them.
struct PackContradictionTests {
  private let repository = FrameSamples.repository()
  private let id = FrameSamples.pack()

  @Test func `a directory that leaves out the last frame is refused`() throws {
    let pack = try PackSamples.pack()
    let trailer = try PackTrailer(
      decoding: pack.bytes.suffix(PackFormat.trailerLength), packByteCount: UInt64(pack.bytes.count))
    let frames = Array(pack.directory.frames.dropLast())
    let directory = try PackDirectoryCoder.encode(frames)
    let forged = PackTrailer(
      directoryOffset: trailer.directoryOffset, directoryLength: directory.count, frameCount: frames.count,
      chunkCount: frames.reduce(0) { $0 + $1.chunkIDs.count })
    var bytes = Array(pack.bytes.prefix(Int(trailer.directoryOffset))) + directory
    bytes += forged.encoded(directory: directory[...], repository: repository, pack: id)
    bytes += sha256(bytes) + PackFormat.endMagic
    try PackReader.checkWhole(bytes)
    #expect(throws: PackingError.damaged(what: "pack directory")) {
      try PackReader.readDirectory(PackBytes(bytes), repository: repository, pack: id)
    }
  }

  @Test func `a damaged header is damage, and not another repository's`() throws {
    let header = PackFormat.header(repository: repository, pack: id)
    try PackFormat.checkHeader(header[...], repository: repository, pack: id)
    for at in header.indices {
      var damaged = header
      damaged[at] ^= 1
      #expect(throws: PackingError.damaged(what: "pack header"), "byte \(at)") {
        try PackFormat.checkHeader(damaged[...], repository: repository, pack: id)
      }
    }
  }
}

import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Packing

/// Packs, trailers and directories made wrong with every checksum right, and sources that give less than they say.
struct PackForgeryTests {
  private let repository = FrameSamples.repository()
  private let id = FrameSamples.pack()

  /// Gives no more than so many bytes a read.
  private struct ShortSource: PackSource {
    var bytes: [UInt8]
    var countMax: Int
    var byteCount: UInt64 { UInt64(bytes.count) }
    func read(_ range: Range<UInt64>) throws -> [UInt8] {
      Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)].prefix(countMax))
    }
  }

  /// A pack of these bytes before the trailer, whose trailer says what `change` leaves it to say.
  private func pack(_ body: [UInt8], directory: [UInt8], _ change: (inout PackTrailer) -> Void) -> [UInt8] {
    var trailer = PackTrailer(
      directoryOffset: UInt64(body.count), directoryLength: directory.count, frameCount: 0, chunkCount: 0)
    change(&trailer)
    var bytes = body + directory
    bytes += trailer.encoded(directory: directory[...], repository: repository, pack: id)
    return bytes + sha256(bytes) + PackFormat.endMagic
  }

  private func read(_ bytes: [UInt8]) throws -> PackDirectory {
    try PackReader.readDirectory(PackBytes(bytes), repository: repository, pack: id)
  }

  @Test func `a pack of no frames is read as one`() throws {
    let directory = try PackDirectoryCoder.encode([])
    let bytes = pack(PackFormat.header(repository: repository, pack: id), directory: directory) { _ in }
    #expect(try read(bytes).frames.isEmpty)
    try PackReader.checkWhole(bytes)
  }

  @Test(arguments: [1, 6, 1_000_000, Int(UInt32.max)])
  func `a trailer that promises frames for which there is no room is damage`(count: Int) throws {
    let directory = try PackDirectoryCoder.encode([])
    let bytes = pack(PackFormat.header(repository: repository, pack: id), directory: directory) {
      $0.frameCount = count
    }
    try PackReader.checkWhole(bytes)
    #expect(throws: PackingError.self) { try read(bytes) }
  }

  @Test(arguments: [1, 3, 1 << 30])
  func `a trailer that promises other chunks than the directory has is damage`(count: Int) throws {
    let whole = try PackSamples.pack()
    let start = Int(try #require(whole.directory.frames.last).range.upperBound)
    let directory = Array(whole.bytes[start..<whole.bytes.count - PackFormat.trailerLength])
    let bytes = pack(Array(whole.bytes[..<start]), directory: directory) {
      $0.frameCount = whole.directory.frames.count
      $0.chunkCount = whole.directory.frames.reduce(0) { $0 + $1.chunkIDs.count } + count
    }
    try PackReader.checkWhole(bytes)
    #expect(throws: PackingError.damaged(what: "pack directory")) { try read(bytes) }
  }

  @Test(arguments: [0, 1, 63, 64, 100])
  func `a source that gives less than a pack's end is a pack cut short`(count: Int) throws {
    let source = ShortSource(bytes: try PackSamples.pack().bytes, countMax: count)
    #expect(throws: PackingError.truncated(what: "pack")) {
      try PackReader.readDirectory(source, repository: repository, pack: id)
    }
  }

  @Test func `a source that gives less than a long directory is a directory cut short`() throws {
    let encoder = FrameEncoder()
    var writer = PackWriter(repository: repository, pack: id)
    for number in 0..<3000 {
      writer.append(try encoder.encode(chunks: [FrameSamples.chunk(Array("\(number)".utf8))], level: .auto))
    }
    #expect(writer.frameCount == 3000)
    let pack = writer.finish()
    let source = ShortSource(bytes: pack.bytes, countMax: Int(PackReader.tailByteCount))
    #expect(throws: PackingError.truncated(what: "pack directory")) {
      try PackReader.readDirectory(source, repository: repository, pack: id)
    }
    let whole = ShortSource(bytes: pack.bytes, countMax: pack.bytes.count)
    #expect(try PackReader.readDirectory(whole, repository: repository, pack: id) == pack.directory)
  }

  @Test(arguments: [2, 3, UInt32.max])
  func `a header of a newer version says so`(version: UInt32) {
    var header = Array(PackFormat.header(repository: repository, pack: id).dropLast(4))
    for at in 0..<4 { header[8 + at] = UInt8(truncatingIfNeeded: version >> UInt32(8 * at)) }
    header += sha256(header)[..<4]
    #expect(throws: PackingError.newerFormat(what: "pack", version: UInt64(version))) {
      try PackFormat.checkHeader(header[...], repository: repository, pack: id)
    }
  }

  @Test(arguments: [0, 1, 59, 63])
  func `a header cut short is no header`(count: Int) {
    let header = PackFormat.header(repository: repository, pack: id)
    #expect(throws: PackingError.truncated(what: "pack header")) {
      try PackFormat.checkHeader(header[..<count], repository: repository, pack: id)
    }
    #expect(PackReader.repository(ofHeader: Array(header[..<count])) == nil)
    #expect(PackReader.repository(ofHeader: header + [1]) == repository)
  }

  @Test(arguments: [0, 1, 63, 65])
  func `a trailer of another length is none`(count: Int) throws {
    let bytes = try PackSamples.pack().bytes
    #expect(throws: PackingError.truncated(what: "pack trailer")) {
      try PackTrailer(decoding: bytes.suffix(count), packByteCount: UInt64(bytes.count))
    }
  }

  @Test(arguments: 0..<4)
  func `a trailer that does not end as one is damage`(at: Int) throws {
    var bytes = try PackSamples.pack().bytes
    bytes[bytes.count - 1 - at] ^= 1
    #expect(throws: PackingError.damaged(what: "pack trailer")) {
      try PackTrailer(decoding: bytes.suffix(64), packByteCount: UInt64(bytes.count))
    }
  }

  private func decode(_ bytes: [UInt8], frames: Int, chunks: Int) throws -> [PackDirectory.Frame] {
    try PackDirectoryCoder.decode(bytes[...], frameCount: frames, chunkCount: chunks)
  }

  @Test(arguments: ["SnPx", "snPd", "\0\0\0\0", "SnFr"])
  func `a directory that does not begin as one is damage`(magic: String) throws {
    let pack = try PackSamples.pack()
    let count = pack.directory.frames.reduce(0) { $0 + $1.chunkIDs.count }
    let sound = try PackDirectoryCoder.encode(pack.directory.frames)
    #expect(try decode(sound, frames: pack.directory.frames.count, chunks: count) == pack.directory.frames)
    #expect(throws: PackingError.damaged(what: "pack directory")) {
      try decode(Array(magic.utf8) + sound.dropFirst(4), frames: pack.directory.frames.count, chunks: count)
    }
  }

  /// Codec, length of the columns, stored length, and what would be the columns.
  @Test(
    arguments: [[3, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 1, 7], [255, 0, 0], [0, 5, 4, 1, 1, 1, 1]] as [[UInt8]])
  func `columns in no known form, or of another length than they say, are damage`(bytes: [UInt8]) {
    #expect(throws: PackingError.damaged(what: "pack directory")) {
      try decode(Array("SnPd".utf8) + bytes, frames: 0, chunks: 0)
    }
  }

  @Test(arguments: [(1, 0), (2, 1), (0, 1), (1 << 30, 0), (0, 1 << 40)])
  func `more frames or chunks than the columns have room for are damage`(frames: Int, chunks: Int) {
    #expect(throws: PackingError.damaged(what: "pack directory")) {
      try decode(Array("SnPd".utf8) + [0, 4, 4, 0, 1, 1, 1], frames: frames, chunks: chunks)
    }
  }

  /// Five numbers a frame: head, raw length, stored length, chunks, bases; then what each is said to be.
  @Test(
    arguments: [
      ([0, 1, 1, 0, 0], 1), ([0, 1, 1, 2, 0], 1), ([0, 1, 1, 1, 1], 1), ([0x50, 1, 1, 1, 0], 1), ([3, 1, 1, 1, 0], 1),
      ([0, 1, 2, 1, 0], 1), ([0, 2, 2, 1, 0, 1], 1), ([0, 0, 0, 1, 0], 1),
    ] as [([UInt8], Int)])
  func `a frame whose numbers contradict each other is not listed`(columns: [UInt8], chunks: Int) throws {
    func directory(_ columns: [UInt8]) -> [UInt8] {
      Array("SnPd".utf8) + [0, UInt8(columns.count), UInt8(columns.count)] + columns + [UInt8](repeating: 8, count: 32)
    }
    #expect(try decode(directory([0, 1, 1, 1, 0]), frames: 1, chunks: 1).count == 1)
    #expect(throws: PackingError.self) { try decode(directory(columns), frames: 1, chunks: chunks) }
  }

  @Test func `lengths of chunks that the columns end before are cut short`() {
    // One frame of three chunks, of which one length stands there.
    let columns: [UInt8] = [0, 9, 9, 3, 0, 2]
    let bytes = Array("SnPd".utf8) + [0, 6, 6] + columns + [UInt8](repeating: 8, count: 96)
    #expect(throws: PackingError.truncated(what: "pack directory")) { try decode(bytes, frames: 1, chunks: 3) }
  }

  /// More was decoded since than a scan keeps: it asks for the base, which it had itself before.
  @Test(arguments: [true, false])
  func `a scan asks again for a base that was long ago`(isKnown: Bool) throws {
    let encoder = FrameEncoder()
    var writer = PackWriter(repository: repository, pack: id)
    let first = FrameSamples.text(4000, seed: 61)
    writer.append(try encoder.encode(chunks: [FrameSamples.chunk(first)], level: .fastest))
    for number in 0..<9 {
      let large = [UInt8](repeating: UInt8(number), count: ChunkReference.lengthMax)
      writer.append(try encoder.encode(chunks: [FrameSamples.chunk(large)], level: .fastest))
    }
    let edited = FrameSamples.edited(first, seed: 62)
    let delta = try encoder.encodeDelta(chunks: [FrameSamples.chunk(edited)], base: FrameSamples.base(first))
    writer.append(try #require(delta))
    let pack = writer.finish()
    var asked: [ChunkIDPrefix] = []
    let found = try PackReader.scan(PackBytes(pack.bytes), repository: repository, pack: id, naming: .sha256) {
      asked.append($0)
      return isKnown ? first[...] : nil
    }
    #expect(asked == FrameSamples.base(first).chunks)
    #expect(found.directory.frames == (isKnown ? pack.directory.frames : pack.directory.frames.dropLast()))
    #expect(found.damaged == (isKnown ? [] : [try #require(pack.directory.frames.last).range]))
  }

  @Test func `a base that would make the prefix too long damages its frame only`() throws {
    let first = FrameSamples.text(4000, seed: 63)
    let delta = try FrameEncoder().encodeDelta(
      chunks: [FrameSamples.chunk(FrameSamples.edited(first, seed: 64))], base: FrameSamples.base(first))
    var writer = PackWriter(repository: repository, pack: id)
    writer.append(try #require(delta))
    let pack = writer.finish()
    let long = [UInt8](repeating: 0, count: FrameHeader.prefixLengthMax + 1)
    let found = try PackReader.scan(PackBytes(pack.bytes), repository: repository, pack: id, naming: .sha256) { _ in
      long[...]
    }
    #expect(found.directory.frames.isEmpty && found.damaged == pack.directory.frames.map(\.range))
  }

  /// RFC 8878, section 3.1.1.1.1: two bits of content size, one segment, one unused, one reserved, checksum, two of dictionary.
  @Test(arguments: UInt8.min...UInt8.max)
  func `a header is left out when it is of one segment with the size and nothing else`(descriptor: UInt8) {
    let isPlain = descriptor & 0x3F == 0x20
    let length = isPlain ? [6, 7, 9, 13][Int(descriptor >> 6)] : nil
    #expect(ZstdFrame.replaceableHeaderLength(descriptor: descriptor) == length)
  }

  @Test(arguments: [0, 1, 100, 65_536, 70_000, 1 << 20])
  func `what is compressed without its header comes back`(count: Int) throws {
    let bytes = FrameSamples.text(count, seed: 65)
    guard let packed = try ZstdCompressor().compressed(bytes, level: 3) else {
      #expect(count < 100)
      return
    }
    #expect(packed.count < count)
    #expect(try FrameDecoder().decompress(packed, rawLength: count, prefix: nil, what: "x") == bytes)
    for other in [count - 1, count + 1] {
      #expect(throws: PackingError.damaged(what: "x")) {
        try FrameDecoder().decompress(packed, rawLength: other, prefix: nil, what: "x")
      }
    }
    #expect(throws: PackingError.damaged(what: "x")) {
      try FrameDecoder().decompress(packed.dropLast(), rawLength: count, prefix: nil, what: "x")
    }
  }
}

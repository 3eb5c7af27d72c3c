import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

struct PackTests {
  private let repository = FrameSamples.repository()
  private let id = FrameSamples.pack()

  @Test func `a directory lists what was appended, where it stands`() throws {
    let pack = try PackSamples.pack()
    let directory = try PackReader.readDirectory(PackBytes(pack.bytes), repository: repository, pack: id)
    #expect(directory == pack.directory)
    #expect(directory.byteCount == UInt64(pack.bytes.count))
    for frame in directory.frames {
      let bytes = pack.bytes[Int(frame.range.lowerBound)..<Int(frame.range.upperBound)]
      #expect(try FrameHeader(decoding: bytes) == frame.header)
    }
    try PackReader.checkWhole(pack.bytes)
  }

  @Test func `the finished size is known exactly beforehand`() throws {
    for count in 0..<9 {
      var writer = PackWriter(repository: repository, pack: id)
      for frame in try PackSamples.frames().prefix(count) {
        let foretold = writer.byteCountWhenFinished(adding: frame)
        writer.append(frame)
        #expect(writer.byteCountWhenFinished == foretold)
      }
      let foretold = writer.byteCountWhenFinished
      let before = writer.byteCount
      let pack = writer.finish()
      #expect(pack.bytes.count == foretold)
      #expect(before < foretold)
      #expect(try PackReader.readDirectory(PackBytes(pack.bytes), repository: repository, pack: id) == pack.directory)
    }
  }

  @Test func `a directory longer than the first read is read in two`() throws {
    let encoder = FrameEncoder()
    var writer = PackWriter(repository: repository, pack: id)
    for number in 0..<3000 {
      let chunk = FrameSamples.chunk(Array("\(number)".utf8))
      writer.append(try encoder.encode(chunks: [chunk], level: .auto))
    }
    let pack = writer.finish()
    let source = CountingSource(bytes: pack.bytes)
    #expect(try PackReader.readDirectory(source, repository: repository, pack: id) == pack.directory)
    #expect(source.reads.count == 2)
    let small = CountingSource(bytes: try PackSamples.pack().bytes)
    _ = try PackReader.readDirectory(small, repository: repository, pack: id)
    #expect(small.reads.count == 1)
  }

  @Test func `a pack of another repository or name says so`() throws {
    let pack = try PackSamples.pack()
    var generator = SeededGenerator(seed: 7)
    #expect(throws: PackingError.invalidInput("the pack belongs to another repository")) {
      try PackReader.readDirectory(
        PackBytes(pack.bytes), repository: RepositoryID(using: &generator), pack: id)
    }
    #expect(throws: PackingError.invalidInput("the pack has another pack's name")) {
      try PackReader.readDirectory(PackBytes(pack.bytes), repository: repository, pack: PackID(using: &generator))
    }
  }

  @Test func `a directory cut short at any length is refused`() throws {
    let pack = try PackSamples.pack()
    for length in 0..<pack.bytes.count {
      let cut = Array(pack.bytes.prefix(length))
      #expect(throws: PackingError.self) {
        try PackReader.readDirectory(PackBytes(cut), repository: repository, pack: id)
      }
      #expect(throws: PackingError.self) { try PackReader.checkWhole(cut) }
    }
  }

  @Test func `a flipped bit is seen by the whole check and never changes the directory`() throws {
    let pack = try PackSamples.pack()
    let seed: UInt64 = 0x5EED_0003
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1500 {
      var bytes = pack.bytes
      bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      #expect(throws: PackingError.self, "seed \(seed)") { try PackReader.checkWhole(bytes) }
      let directory = try? PackReader.readDirectory(PackBytes(bytes), repository: repository, pack: id)
      #expect(directory == nil || directory == pack.directory, "seed \(seed)")
    }
  }

  /// A bit anywhere behind the frames, but not in the whole-file digest.
  @Test func `every bit of directory and trailer counts`() throws {
    let pack = try PackSamples.pack()
    let start = Int(pack.directory.frames.last?.range.upperBound ?? 0)
    let digest = (pack.bytes.count - 36)..<(pack.bytes.count - 4)
    for at in start..<pack.bytes.count where !digest.contains(at) {
      for bit in 0..<8 {
        var bytes = pack.bytes
        bytes[at] ^= 1 << bit
        #expect(throws: PackingError.self) {
          try PackReader.readDirectory(PackBytes(bytes), repository: repository, pack: id)
        }
      }
    }
  }
}

/// Remembers what was read.
private final class CountingSource: PackSource {
  private let bytes: [UInt8]
  private(set) var reads: [Range<UInt64>] = []

  init(bytes: [UInt8]) { self.bytes = bytes }

  var byteCount: UInt64 { UInt64(bytes.count) }
  func read(_ range: Range<UInt64>) throws -> [UInt8] {
    reads.append(range)
    return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
  }
}

/// A small pack with a frame of each kind and codec.
enum PackSamples {
  static let external = FrameSamples.text(4000, seed: 50)

  static func frames() throws -> [EncodedFrame] {
    let encoder = FrameEncoder()
    let first = FrameSamples.text(3000, seed: 51)
    let second = FrameSamples.edited(first, seed: 52)
    let third = FrameSamples.edited(second, seed: 53)
    let fourth = FrameSamples.edited(external, seed: 54)
    func delta(_ new: [UInt8], _ old: [UInt8]) throws -> EncodedFrame? {
      try encoder.encodeDelta(chunks: [FrameSamples.chunk(new)], base: FrameSamples.base(old))
    }
    let several = [10, 200, 3000].map { FrameSamples.chunk(FrameSamples.text($0, seed: UInt64($0))) }
    return [
      try encoder.encode(chunks: [FrameSamples.chunk(first)], level: .auto), try delta(second, first),
      try encoder.encode(chunks: [FrameSamples.chunk(FrameSamples.noise(500, seed: 55))], level: .auto),
      try delta(third, second), try delta(fourth, external), try encoder.encode(chunks: several, level: .better),
      try encoder.encodeRecord(FrameSamples.text(400, seed: 56)),
    ].compactMap(\.self)
  }

  static func pack() throws -> FinishedPack {
    var writer = PackWriter(repository: FrameSamples.repository(), pack: FrameSamples.pack())
    for frame in try frames() { writer.append(frame) }
    return writer.finish()
  }
}

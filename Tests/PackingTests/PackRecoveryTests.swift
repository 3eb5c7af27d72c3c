import Packing
import Sealing
import SnapshotModel
import Testing

struct PackRecoveryTests {
  private let repository = FrameSamples.repository()
  private let id = FrameSamples.pack()

  private func scan(_ bytes: [UInt8]) throws -> (directory: PackDirectory, damaged: [Range<UInt64>]) {
    try PackReader.scan(PackBytes(bytes), repository: repository, pack: id, naming: .sha256) { prefix in
      prefix == FrameSamples.base(PackSamples.external).chunks[0] ? PackSamples.external[...] : nil
    }
  }

  @Test func `a scan finds every frame and id without the directory`() throws {
    let pack = try PackSamples.pack()
    let found = try scan(pack.bytes)
    #expect(found.directory.frames == pack.directory.frames)
    #expect(found.damaged.isEmpty)
    #expect(found.directory.frames.count == 7)
  }

  @Test func `a damaged directory or trailer costs no frame`() throws {
    let pack = try PackSamples.pack()
    let start = Int(pack.directory.frames[6].range.upperBound)
    for at in start..<pack.bytes.count {
      var bytes = pack.bytes
      bytes[at] ^= 0xFF
      #expect(try scan(bytes).directory.frames == pack.directory.frames)
    }
    let cut = try scan(Array(pack.bytes[..<start]))
    #expect(cut.directory.frames == pack.directory.frames)
    #expect(cut.damaged.isEmpty)
  }

  @Test func `one flipped byte costs at most one frame and the deltas upon it`() throws {
    let pack = try PackSamples.pack()
    for at in 0..<Int(pack.directory.frames[6].range.upperBound) {
      var bytes = pack.bytes
      bytes[at] ^= 0x10
      let found = Set(try scan(bytes).directory.frames)
      for (number, frame) in pack.directory.frames.enumerated() where !frame.range.contains(UInt64(at)) {
        let upon: [Int: Set<Int>] = [1: [0], 3: [0, 1]]
        let isHit = (upon[number] ?? []).contains { pack.directory.frames[$0].range.contains(UInt64(at)) }
        #expect(isHit || found.contains(frame))
      }
    }
  }

  @Test func `a lost frame is reported with its range`() throws {
    let pack = try PackSamples.pack()
    let range = pack.directory.frames[5].range
    var bytes = pack.bytes
    bytes[Int(range.lowerBound)] ^= 1
    let found = try scan(bytes)
    #expect(found.damaged == [range])
    #expect(found.directory.frames == pack.directory.frames.filter { $0.range != range })
  }

  @Test func `a delta whose base is unknown is reported`() throws {
    let pack = try PackSamples.pack()
    let found = try PackReader.scan(PackBytes(pack.bytes), repository: repository, pack: id, naming: .sha256)
    #expect(found.damaged == [pack.directory.frames[4].range])
  }

  @Test func `a pack stored in a damaged frame does not end the scan`() throws {
    let encoder = FrameEncoder()
    var writer = PackWriter(repository: repository, pack: id)
    let inner = try PackSamples.pack()
    writer.append(try encoder.encode(chunks: [FrameSamples.chunk(inner.bytes)], level: .off))
    writer.append(try encoder.encode(chunks: [FrameSamples.chunk([1, 2, 3])], level: .off))
    let pack = writer.finish()
    var bytes = pack.bytes
    bytes[70] ^= 1
    #expect(try scan(bytes).directory.frames.last == pack.directory.frames.last)
  }

  @Test func `any bytes can be scanned`() throws {
    let pack = try PackSamples.pack()
    for length in stride(from: 0, to: pack.bytes.count, by: 7) { _ = try scan(Array(pack.bytes.prefix(length))) }
    let noise = FrameSamples.noise(100_000, seed: 60)
    let found = try scan(noise)
    #expect(found.directory.frames.isEmpty)
    #expect(found.damaged == [0..<100_000])
    #expect(try scan([]).damaged.isEmpty)
  }

  @Test func `a header longer than a read window is found`() throws {
    let encoder = FrameEncoder()
    var writer = PackWriter(repository: repository, pack: id)
    let large = FrameSamples.noise(1_500_000, seed: 61)
    let many = (0..<40_000).map { FrameSamples.chunk([UInt8($0 % 251), UInt8($0 / 251)]) }
    for _ in 0..<2 { writer.append(try encoder.encode(chunks: [FrameSamples.chunk(large)], level: .auto)) }
    writer.append(try encoder.encode(chunks: many, level: .auto))
    let pack = writer.finish()
    #expect(try scan(pack.bytes).directory == pack.directory)
  }
}

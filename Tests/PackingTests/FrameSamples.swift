import Packing
import Sealing
import SnapshotModel

/// Bytes to make frames of, the same in every run.
enum FrameSamples {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }

  static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = Generator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// Lines of words: compresses to about a third.
  static func text(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = Generator(seed: seed)
    let words = ["chunk", "frame", "pack", "manifest", "snapshot", "version", "index", "store", "key", "slot"]
    var bytes: [UInt8] = []
    while bytes.count < count {
      bytes += Array("\(words.randomElement(using: &generator) ?? "")-\(generator.next() % 10_000) ".utf8)
    }
    return Array(bytes.prefix(count))
  }

  static func chunk(_ bytes: [UInt8]) -> (id: ChunkID, bytes: ArraySlice<UInt8>) {
    (ChunkHasher().id(of: bytes), bytes[...])
  }

  static func base(_ bytes: [UInt8]) -> DeltaBase { DeltaBase(chunks: [chunk(bytes).id.prefix], bytes: bytes[...]) }

  /// `old` with a few bytes changed.
  static func edited(_ old: [UInt8], seed: UInt64) -> [UInt8] {
    var new = old
    var generator = Generator(seed: seed)
    for _ in 0..<3 { new[Int.random(in: 0..<new.count, using: &generator)] ^= 0x55 }
    new.insert(contentsOf: Array("inserted".utf8), at: new.count / 2)
    return new
  }

  static func payload(_ frame: EncodedFrame) -> ArraySlice<UInt8> { frame.bytes[frame.header.headerLength...] }

  static func repository() -> RepositoryID {
    var generator = Generator(seed: 101)
    return RepositoryID(using: &generator)
  }

  static func pack() -> PackID {
    var generator = Generator(seed: 102)
    return PackID(using: &generator)
  }
}

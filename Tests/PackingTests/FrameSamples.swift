import Packing
import Sealing
import SnapshotModel
import TestSupport

/// Bytes to make frames of, the same in every run.
enum FrameSamples {
  static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(count)
  }

  /// Lines of words: compresses to about a third.
  static func text(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let words = ["chunk", "frame", "pack", "manifest", "snapshot", "version", "index", "store", "key", "slot"]
    var bytes: [UInt8] = []
    while bytes.count < count {
      bytes += Array("\(words.randomElement(using: &generator) ?? "")-\(generator.next() % 10_000) ".utf8)
    }
    return Array(bytes.prefix(count))
  }

  static func chunk(_ bytes: [UInt8]) -> (id: ChunkID, bytes: ArraySlice<UInt8>) {
    (ChunkHasher(.sha256).id(of: bytes), bytes[...])
  }

  static func base(_ bytes: [UInt8]) -> DeltaBase { DeltaBase(chunks: [chunk(bytes).id.prefix], bytes: bytes[...]) }

  /// `old` with a few bytes changed.
  static func edited(_ old: [UInt8], seed: UInt64) -> [UInt8] {
    var new = old
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3 { new[Int.random(in: 0..<new.count, using: &generator)] ^= 0x55 }
    new.insert(contentsOf: Array("inserted".utf8), at: new.count / 2)
    return new
  }

  static func payload(_ frame: EncodedFrame) -> ArraySlice<UInt8> { frame.bytes[frame.header.headerLength...] }

  static func repository() -> RepositoryID {
    var generator = SeededGenerator(seed: 101)
    return RepositoryID(using: &generator)
  }

  static func pack() -> PackID {
    var generator = SeededGenerator(seed: 102)
    return PackID(using: &generator)
  }
}

import SnapshotModel

/// A small generator with a seed, so that a failing run can be had again (SplitMix64, Steele et al. 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  /// Bytes that compress a little, so that deltas and solid frames both pay.
  package mutating func text(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 97...112, using: &self) }
  }

  package mutating func chunkID() -> ChunkID { ChunkID((next(), next(), next(), next())) }

  package mutating func chance(_ one: Int, in total: Int) -> Bool { Int.random(in: 0..<total, using: &self) < one }
}

import Packing
import SnapshotModel

/// The better of two deltas: where the first is not small, one more is made at a higher level, on what may be more than the place that
/// the first one stands on (docs/decisions/second-look.md).
struct SecondLook {
  /// A delta is small when it takes at most one part in so many of what it stands for.
  private static let smallShare = 16
  /// Less content is better off with what a collection makes of it: tried twice, it would take 2 % less and a save 8 % longer.
  static let byteCountMin = 256 << 10

  /// `nil` when neither saves enough.
  private(set) var frame: EncodedFrame?
  /// Whether the second one took less than three quarters of the first; `nil` where there was none.
  private(set) var hasPaid: Bool?

  /// - Parameters:
  ///   - level: only at `auto` is anything tried twice.
  ///   - second: what the second delta is to stand on, `nil` for the same. Without it nothing is tried twice.
  init(
    _ chunks: [(id: ChunkID, bytes: ArraySlice<UInt8>)], on base: DeltaBase, level: CompressionLevel,
    isRepacked: Bool = false, encoder: FrameEncoder, second: (() throws -> DeltaBase?)?
  ) throws {
    let byteCount = chunks.reduce(0) { $0 + $1.bytes.count }
    frame = try encoder.encodeDelta(chunks: chunks, base: base, level: level, isRepacked: isRepacked)
    let length = frame?.bytes.count ?? byteCount
    guard level == .auto, length > byteCount / Self.smallShare, let second else { return }
    let elsewhere = try second()
    let other = try encoder.encodeDelta(
      chunks: chunks, base: elsewhere ?? base, level: .better, isRepacked: isRepacked)
    let otherLength = other?.bytes.count ?? byteCount
    let hasPaid = otherLength < length / 4 * 3
    // More places are more to decode, now and for whatever will stand on this.
    if hasPaid || elsewhere == nil && otherLength < length { frame = other }
    self.hasPaid = hasPaid
  }
}

import Packing
import SnapshotModel

/// Changes of several small files that are stored as one delta on what all of them were before: what changes alike in many files, as a
/// version or a line number does, is stored once, and statistics are not begun anew for each (docs/decisions/joint-deltas.md).
struct JointDelta: Sendable {
  /// The new chunks of one file, with the chunks that they are likely to resemble.
  struct Change: Sendable {
    var chunks: [HashedChunk]
    var base: [ChunkReference]

    var byteCount: Int { chunks.reduce(0) { $0 + $1.bytes.count } }
  }

  /// Larger files' changes stand alone.
  static let fileBytesMax: UInt64 = 1 << 20
  static let changeBytesMax = 256 << 10
  /// So many new bytes are enough for one.
  static let byteCountMax = 256 << 10
  /// A change does not join where more would have to be decoded for all of them.
  private static let decodedBytesMax = 8 << 20
  private static let decodedFramesMax = 64
  private static let depthBand = 16

  private var changes: [(change: Change, text: BaseText)] = []
  private var base = BaseText()
  private var baseChunks: [ChunkIDPrefix] = []

  /// Makes as few frames as the limits let.
  ///
  /// - Parameters:
  ///   - base: what a delta on these chunks stands on; `nil` where it cannot.
  /// - Returns: `rejected`: of each change that is no delta the chunks.
  static func encoded(
    _ changes: [Change], level: CompressionLevel, by encoder: FrameEncoder,
    base: ([ChunkReference]) throws -> (chunks: [ChunkReference], text: BaseText)?
  ) throws -> (frames: [EncodedFrame], rejected: [[HashedChunk]]) {
    var frames: [EncodedFrame] = []
    var rejected: [[HashedChunk]] = []
    var open: [Kind: JointDelta] = [:]
    func close(_ kind: Kind) throws {
      guard let joint = open.removeValue(forKey: kind) else { return }
      if let frame = try joint.frame(level: level, by: encoder) {
        frames.append(frame)
      } else {
        for (change, text) in joint.changes {
          let alone = joint.changes.count > 1 ? JointDelta(change, on: text) : nil
          if let frame = try alone?.frame(level: level, by: encoder) {
            frames.append(frame)
          } else {
            rejected.append(change.chunks)
          }
        }
      }
    }
    for var change in changes {
      guard let found = try base(change.base) else {
        rejected.append(change.chunks)
        continue
      }
      change.base = found.chunks
      let kind = Kind(depthBand: found.text.depth / depthBand, isEven: change.chunks.count == change.base.count)
      if open[kind]?.takes(change, on: found.text) == false { try close(kind) }
      open[kind, default: JointDelta()].add(change, on: found.text)
    }
    for kind in open.keys.sorted() { try close(kind) }
    return (frames, rejected)
  }

  /// What is of one kind may share a frame.
  private struct Kind: Hashable, Comparable {
    /// The next change of any of them stands one deeper than the deepest of all.
    var depthBand: Int
    /// Whether there are as many chunks as bases: then it is told which stands on which (`DecodedFrame.base(ofChunkAt:)`).
    var isEven: Bool

    static func < (a: Self, b: Self) -> Bool { (a.depthBand, a.isEven ? 1 : 0) < (b.depthBand, b.isEven ? 1 : 0) }
  }

  private init() {}

  private init(_ change: Change, on text: BaseText) { add(change, on: text) }

  /// Whether the change fits in, with what it stands on.
  private func takes(_ change: Change, on text: BaseText) -> Bool {
    let closure = base.closure(with: text)
    return closure.byteCount <= Self.decodedBytesMax && closure.frameCount <= Self.decodedFramesMax
      && baseChunks.count + change.base.count <= FrameHeader.baseCountMax
      && base.bytes.count + text.bytes.count <= RegionLimits.baseMax
  }

  private mutating func add(_ change: Change, on text: BaseText) {
    changes.append((change, text))
    base.append(text)
    baseChunks += change.base.map(\.id.prefix)
  }

  /// - Returns: `nil` where that saves too little.
  private func frame(level: CompressionLevel, by encoder: FrameEncoder) throws -> EncodedFrame? {
    try encoder.encodeDelta(
      chunks: changes.flatMap(\.change.chunks).map { ($0.id, $0.bytes) },
      base: DeltaBase(chunks: baseChunks, bytes: base.bytes, kind: .earlierOfSeveral), level: level)
  }
}

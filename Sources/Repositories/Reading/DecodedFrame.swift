import SnapshotModel

/// Where a frame lies.
struct FrameKey: Hashable, Sendable {
  var pack: PackID
  var offset: UInt64
}

/// A frame's plaintext, and what it took to get at it.
struct DecodedFrame: Sendable {
  /// Of which decoding `bytes` are: those of one number are the same array.
  var number: Int
  var bytes: [UInt8]
  /// Where each chunk starts in `bytes`, and at last where they end.
  var chunkStarts: [Int]
  /// Which chunks have been hashed already, by ordinal.
  var verified: [ChunkID?]
  /// Delta frames from here down to the deepest one that stands alone.
  var depth: Int
  /// The frames that must be decoded to get at this one, itself among them, with their plaintext lengths.
  var closure: [FrameKey: Int]
  /// The chunks that it stands on.
  var bases: [ChunkReference]
  /// What it takes in its pack.
  var storedByteCount: Int

  func isVerified(_ ordinal: Int, as id: ChunkID) -> Bool {
    verified.indices.contains(ordinal) && verified[ordinal] == id
  }

  /// Where there are as many bases as chunks, the one in a chunk's place: what it stands on where changes of several files share a
  /// frame (`JointDelta`), else likely.
  func base(ofChunkAt start: Int) -> ChunkReference? {
    let ordinal = partitioningIndex(in: chunkStarts.indices) { chunkStarts[$0] >= start }
    return bases.count == chunkStarts.count - 1 && bases.indices.contains(ordinal) ? bases[ordinal] : nil
  }

  func chunk(_ ordinal: Int) -> ArraySlice<UInt8>? {
    guard ordinal >= 0, ordinal < chunkStarts.count - 1 else { return nil }
    return bytes[chunkStarts[ordinal]..<chunkStarts[ordinal + 1]]
  }
}

/// Several chunks on end, and what it takes to get at them.
struct BaseText {
  private(set) var bytes: ArraySlice<UInt8> = []
  /// The decoded frame that they are a piece of, if they are: then nothing was copied.
  private var frameNumber: Int?
  /// Frames in a row that must be decoded before these chunks' own: the longest of the ways.
  var depth = 0
  /// The frames of all ways, each once, with their plaintext lengths.
  private(set) var closure: [FrameKey: Int] = [:]
  /// Plaintext bytes of those.
  private(set) var decodedByteCount = 0
  /// The frames that the chunks are in.
  private var frames: Set<FrameKey> = []

  mutating func append(_ text: ArraySlice<UInt8>, of frame: DecodedFrame, at key: FrameKey) {
    if bytes.isEmpty {
      (bytes, frameNumber) = (text, frame.number)
    } else if frame.number == frameNumber, bytes.endIndex == text.startIndex {
      bytes = frame.bytes[bytes.startIndex..<text.endIndex]
    } else {
      bytes += text
      frameNumber = nil
    }
    depth = max(depth, frame.depth)
    frames.insert(key)
    if closure[key] == nil { merge(frame.closure) }
  }

  mutating func append(_ other: BaseText) {
    bytes += other.bytes
    frameNumber = nil
    depth = max(depth, other.depth)
    if !other.isDecoded(with: self) { merge(other.closure) }
    frames.formUnion(other.frames)
  }

  /// How many frames must be decoded for both, and their plaintext bytes.
  func closure(with other: BaseText) -> (frameCount: Int, byteCount: Int) {
    let own = (frameCount: closure.count, byteCount: decodedByteCount)
    if other.isDecoded(with: self) { return own }
    return other.closure.reduce(own) { sum, frame in
      closure[frame.key] == nil ? (sum.frameCount + 1, sum.byteCount + frame.value) : sum
    }
  }

  private func isDecoded(with other: BaseText) -> Bool { frames.allSatisfy { other.closure[$0] != nil } }

  private mutating func merge(_ frames: [FrameKey: Int]) {
    if closure.isEmpty {
      closure = frames
      decodedByteCount = frames.values.reduce(0, +)
      return
    }
    for (key, byteCount) in frames where closure.updateValue(byteCount, forKey: key) == nil {
      decodedByteCount += byteCount
    }
  }
}

/// An earlier version of what a base holds.
struct BaseAncestor {
  var chunks: [ChunkReference]
  var depth: Int
  /// Stored bytes of the deltas from here to the base: about what one delta over all of them takes, or less.
  var deltaByteCount: Int
}

/// Decoded frames, the recently used ones kept: two generations, of which the older is dropped whole.
///
/// Every operation is O(1); what is held stays below `capacityBytes` plus one frame.
struct DecodedFrameCache {
  private var young: [FrameKey: DecodedFrame] = [:]
  private var old: [FrameKey: DecodedFrame] = [:]
  private var youngByteCount = 0
  private let generationBytesMax: Int

  init(capacityBytes: Int) { generationBytesMax = capacityBytes / 2 }

  mutating func frame(at key: FrameKey) -> DecodedFrame? {
    if let frame = young[key] { return frame }
    guard let frame = old.removeValue(forKey: key) else { return nil }
    insert(frame, at: key)
    return frame
  }

  mutating func insert(_ frame: DecodedFrame, at key: FrameKey) {
    if let previous = young.updateValue(frame, forKey: key) { youngByteCount -= previous.bytes.count }
    youngByteCount += frame.bytes.count
    guard youngByteCount > generationBytesMax else { return }
    old = young
    young = [:]
    youngByteCount = 0
  }
}

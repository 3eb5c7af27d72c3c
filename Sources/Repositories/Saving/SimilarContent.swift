import Packing
import SnapshotModel

/// What one save has stored in frames that stand alone, as places to find bases in: a database beside the export of the
/// same rows, a file beside its copy.
///
/// Holds the frames as they are encoded, the last ones up to 24 MiB, and a table of 2 MiB that knows 32 bytes of
/// each 512. A base is found by looking up every place in a sample of what is new, as rsync finds its blocks.
///
/// - SeeAlso: Tridgell, Efficient Algorithms for Sorting and Synchronization, 1999, chapter 3; docs/decisions/similar-content.md
struct SimilarContent {
  /// Shorter content neither looks for a base nor is one: it is better off in a frame with its neighbours.
  static let byteCountMin = 256 << 10
  private static let slotBits = 18
  /// What was stored since may be so long: who reads a damaged pack from its beginning remembers 64 MiB of it (`PackScan`).
  static let reachBytesMax = 48 << 20
  /// So many frames at most are decoded for a base.
  private static let baseFramesMax = 4
  /// Of each chunk that is new one stretch of so many bytes is looked up.
  private static let sampleBytesMax = 8 << 10
  /// Of the marks that would be met in a copy so large a part must be, …
  private static let shareMin = 12
  /// … and so many in all.
  private static let countMin = 4
  /// A frame, from its first chunk that can be found on.
  private struct Frame {
    /// That chunk's number.
    var firstNumber: Int
    /// Those that can be found, with their ordinals.
    var chunks: [(reference: ChunkReference, ordinal: Int)] = []
    /// `nil` while the frame is being filled, as only the last one is.
    var text: FrameText?
    /// What was stored before it, in plaintext bytes.
    var position = 0
  }

  /// Of frames that are kept, as they are encoded.
  private let storedBytesMax: Int
  private var frames: [Frame] = []
  /// Frames before those in `frames` that are gone.
  private var framesDropped = 0
  private var storedBytes = 0
  /// Plaintext bytes of all frames so far.
  private var position = 0
  private var nextNumber = 1
  /// By a mark's lowest bits: its highest 32, and the number of the chunk that had it last. 0 is none.
  private var slots: [UInt64] = []
  /// Deltas on what was found.
  var tries = Tries()

  init(storedBytesMax: Int = 24 << 20) { self.storedBytesMax = storedBytesMax }

  /// Notes a chunk of the frame that is being filled, so that it can be found.
  ///
  /// - Parameter ordinal: its place in the frame.
  mutating func add(_ chunk: HashedChunk, ordinal: Int) {
    if slots.isEmpty { slots = Array(repeating: 0, count: 1 << Self.slotBits) }
    let number = nextNumber
    ContentMark.forEachBlock(of: chunk.bytes) { mark in
      slots[Self.slot(of: mark)] = mark & Self.tagMask | UInt64(number)
    }
    if !isFilling { frames.append(Frame(firstNumber: number)) }
    frames[frames.count - 1].chunks.append((chunk.reference, ordinal))
    nextNumber += 1
  }

  /// Notes that the frame is full and given to a worker.
  ///
  /// - Returns: the frame's number, for `replace`; `nil` when nothing can be found by it.
  mutating func close(_ chunks: [HashedChunk]) -> Int? {
    guard isFilling else { return nil }
    frames[frames.count - 1].text = .plain(chunks.map(\.bytes))
    frames[frames.count - 1].position = position
    return framesDropped + frames.count - 1
  }

  private var isFilling: Bool { frames.last.map { $0.text == nil } ?? false }

  /// Notes that a frame is stored, be it one that can be found or not.
  mutating func advance(by byteCount: Int) {
    position += byteCount
    dropOldest()
  }

  /// Keeps a frame as it was encoded instead of its plaintext.
  ///
  /// - Parameter frameNumber: as `close` gave it.
  mutating func replace(_ frameNumber: Int, with encoded: EncodedFrame) {
    guard frameNumber >= framesDropped else { return }
    frames[frameNumber - framesDropped].text = .encoded(encoded)
    storedBytes += encoded.bytes.count
    dropOldest()
  }

  private mutating func dropOldest() {
    while let oldest = frames.first, let text = oldest.text,
      storedBytes > storedBytesMax || position - oldest.position > Self.reachBytesMax
    {
      if case .encoded(let encoded) = text { storedBytes -= encoded.bytes.count }
      frames.removeFirst()
      framesDropped += 1
    }
  }

  /// The stretch of chunks in which most of what a sample of `chunks` holds is met again.
  ///
  /// - Returns: their numbers; `nil` where that is too little.
  func stretch(resembling chunks: [HashedChunk]) -> ClosedRange<Int>? {
    guard let first = frames.first?.firstNumber else { return nil }
    let samples = Self.samples(of: chunks)
    var met: Set<UInt64> = []
    for sample in samples {
      ContentMark.forEachPlace(in: sample) { mark in
        let kept = slots[Self.slot(of: mark)]
        if kept & Self.tagMask == mark & Self.tagMask, Self.number(in: kept) >= first { met.insert(kept) }
      }
    }
    let countMin = Self.countMin(of: samples)
    guard met.count >= countMin else { return nil }
    let counts = Dictionary(met.map { (Self.number(in: $0), 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
    let byteCountMax = min(2 * chunks.reduce(0) { $0 + $1.bytes.count }, RegionLimits.baseMax)
    guard let best = bestStretch(of: counts, byteCountMax: byteCountMax), best.count >= countMin else { return nil }
    return best.numbers
  }

  /// Whether one of them is in the frame that is being filled: that must be closed before they can be a base.
  func isFilling(_ numbers: ClosedRange<Int>) -> Bool {
    frames.last.map { $0.text == nil && numbers.upperBound >= $0.firstNumber } ?? false
  }

  /// The chunks of full frames as a base; `nil` when the first has gone meanwhile, or the last is not full.
  func base(_ numbers: ClosedRange<Int>) -> SimilarBase? {
    guard let first = frames.first, first.firstNumber <= numbers.lowerBound else { return nil }
    var parts: [SimilarBase.Part] = []
    for frame in frames[frameIndex(of: numbers.lowerBound)...frameIndex(of: numbers.upperBound)] {
      guard let text = frame.text else { return nil }
      let chunks = zip(frame.firstNumber..., frame.chunks).filter { numbers.contains($0.0) }.map(\.1)
      parts.append(SimilarBase.Part(text: text, chunks: chunks))
    }
    return SimilarBase(parts: parts)
  }

  /// The middle of each chunk.
  private static func samples(of chunks: [HashedChunk]) -> [ArraySlice<UInt8>] {
    chunks.map { $0.bytes.dropFirst(max($0.bytes.count - sampleBytesMax, 0) / 2).prefix(sampleBytesMax) }
  }

  private static func countMin(of samples: [ArraySlice<UInt8>]) -> Int {
    max(samples.reduce(0) { $0 + $1.count } / ContentMark.interval / shareMin, countMin)
  }

  /// The chunks on end in which most is met, of at most so many bytes and few frames.
  private func bestStretch(
    of counts: [(key: Int, value: Int)], byteCountMax: Int
  ) -> (count: Int, numbers: ClosedRange<Int>)? {
    var best: (count: Int, numbers: ClosedRange<Int>)?
    var start = 0
    var count = 0
    for (end, met) in counts.enumerated() {
      count += met.value
      while start <= end, !isShort(counts[start].key...met.key, byteCountMax: byteCountMax) {
        count -= counts[start].value
        start += 1
      }
      if count > best?.count ?? 0 { best = (count, counts[start].key...met.key) }
    }
    return best
  }

  /// Whether they are few enough for a base. Cost: the chunks of these frames.
  private func isShort(_ numbers: ClosedRange<Int>, byteCountMax: Int) -> Bool {
    let (first, last) = (frameIndex(of: numbers.lowerBound), frameIndex(of: numbers.upperBound))
    guard last - first < Self.baseFramesMax else { return false }
    var byteCount = 0
    for frame in frames[first...last] {
      for (number, chunk) in zip(frame.firstNumber..., frame.chunks) where numbers.contains(number) {
        byteCount += chunk.reference.length
      }
    }
    return byteCount <= byteCountMax
  }

  private func frameIndex(of number: Int) -> Int {
    partitioningIndex(in: frames.indices) { frames[$0].firstNumber > number } - 1
  }

  private static let tagMask: UInt64 = ~0 << 32
  private static func slot(of mark: UInt64) -> Int { Int(mark & (1 << slotBits - 1)) }
  private static func number(in kept: UInt64) -> Int { Int(kept & ~tagMask) }
}

import SnapshotModel

/// Frames that are to be made, what each stands on, and what decoding it takes.
struct PlannedFrames {
  /// The longest way to a frame that stands alone: twice what saves make of large files, since the newest version is at its end no more.
  static let depthMax = 64
  /// Of all that must be decoded before a frame.
  static let decodedBytesMax = ChainLimits.usual.decodedBytes
  /// Less than this is decoded beside a chain, too.
  private static let sideBytesMin = decodedBytesMax / 4

  private struct Frame {
    var bases: [ChunkReference]
    /// Frames in a row below it.
    var depth: Int
    /// It, and all that it stands on, with their plaintext lengths.
    var closure: [Int: Int]
    /// Whether chains that are at their end are left for it: it stands alone, or was the first after such an end.
    var isTrunk: Bool
    /// Where in the file it stands; never before what it stands on.
    var place: Int
  }

  private var frames: [Frame] = []
  private var numbers: [ChunkID: Int] = [:]

  /// - Parameters:
  ///   - chunks: those of frames that stand alone.
  ///   - numbers: the frame that each is in, counted from 0; those that have none cannot be stood on.
  init(alone chunks: some Sequence<ChunkReference>, in numbers: [ChunkID: Int]) {
    self.numbers = numbers
    var byteCounts = Array(repeating: 0, count: (numbers.values.max() ?? -1) + 1)
    for chunk in chunks { if let number = numbers[chunk.id] { byteCounts[number] += chunk.length } }
    frames = byteCounts.enumerated().map { number, byteCount in
      Frame(bases: [], depth: 0, closure: [number: byteCount], isTrunk: true, place: 0)
    }
  }

  func number(of chunk: ChunkReference) -> Int? { numbers[chunk.id] }

  /// Plans a frame.
  ///
  /// - Parameter bases: what it is to stand on; what is not planned is left out. At the end of a chain an earlier frame takes their place.
  /// - Returns: what it does stand on, and where it comes among others, so that its bases come before.
  mutating func add(
    _ chunks: [ChunkReference], on bases: [ChunkReference], place: Int
  ) -> (bases: [ChunkReference], place: Int) {
    var bases = leavingSideChains(bases.filter { numbers[$0.id] != nil })
    let leavesChain = isAtEnd(bases)
    if leavesChain {
      bases = climb(bases) { $0.isTrunk }
      if isAtEnd(bases) { bases = climb(bases) { $0.bases.isEmpty } }
    }
    let below = Set(bases.compactMap { numbers[$0.id] }).map { frames[$0] }
    var frame = Frame(
      bases: bases, depth: (below.map(\.depth).max() ?? -1) + 1, closure: closure(of: bases),
      isTrunk: leavesChain || bases.isEmpty, place: below.reduce(place) { max($0, $1.place) })
    frame.closure[frames.count] = chunks.reduce(0) { $0 + $1.length }
    for chunk in chunks { numbers[chunk.id] = frames.count }
    frames.append(frame)
    return (bases, frame.place)
  }

  private func closure(of bases: [ChunkReference]) -> [Int: Int] {
    Set(bases.compactMap { numbers[$0.id] }).reduce(into: [:]) { closure, number in
      closure.merge(frames[number].closure) { length, _ in length }
    }
  }

  private func isAtEnd(_ bases: [ChunkReference]) -> Bool {
    let depth = bases.compactMap { numbers[$0.id] }.map { frames[$0].depth }.max() ?? 0
    return depth + 1 >= Self.depthMax || closure(of: bases).values.reduce(0, +) >= Self.decodedBytesMax
  }

  /// Where a region's beginning or end has moved, a small part of what it stands on belongs to the chain of the region beside it, which
  /// would have to be decoded from then on, too. Of that chain the trunk is taken.
  private func leavingSideChains(_ bases: [ChunkReference]) -> [ChunkReference] {
    let byteCounts = Dictionary(
      bases.compactMap { base in numbers[base.id].map { ($0, base.length) } }, uniquingKeysWith: +)
    guard closure(of: bases).values.reduce(0, +) > Self.sideBytesMin,
      let main = byteCounts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })
    else { return bases }
    let limit = byteCounts.values.reduce(0, +) / 3
    func isAside(_ chunk: ChunkReference) -> Bool {
      guard let number = numbers[chunk.id], frames[main.key].closure[number] == nil else { return false }
      return byteCounts[number, default: 0] < limit && !frames[number].isTrunk
    }
    let aside = climb(bases.filter(isAside)) { $0.isTrunk }
    let kept = bases.filter { !isAside($0) }
    let ids = Set(kept.map(\.id))
    return (kept + aside.filter { !ids.contains($0.id) }).prefix(byteCount: RegionLimits.baseMax)
  }

  /// Takes what frames stand on in their place, until all are such as are looked for.
  private func climb(_ bases: [ChunkReference], to isGoal: (Frame) -> Bool) -> [ChunkReference] {
    var bases = bases
    while bases.contains(where: { chunk in numbers[chunk.id].map { !isGoal(frames[$0]) } ?? false }) {
      var passed: Set<Int> = []
      var taken: Set<ChunkID> = []
      bases = bases.flatMap { chunk -> [ChunkReference] in
        guard let number = numbers[chunk.id], !isGoal(frames[number]) else { return [chunk] }
        return passed.insert(number).inserted ? frames[number].bases : []
      }.filter { taken.insert($0.id).inserted }
    }
    return bases.prefix(byteCount: RegionLimits.baseMax)
  }
}

import SnapshotModel

/// Takes one file's chunks in order, stores those that are new, and tells what the file consists of.
///
/// New chunks that follow each other form a run; a run is stored as a delta against what stood in its place in the
/// previous version of the file: between the nearest chunks that both versions share, or, far from one, where a
/// straight line from the last shared chunk to the end of both says (docs/decisions/delta-bases.md).
package struct ContentStream {
  /// Runs are cut near here, at a boundary of the base's frames where there is one: a frame then stands on one frame,
  /// and the cost of a read grows with the chain's length only, not with its square.
  static let runBytesTarget = 1 << 20
  private static let runBytesMax = runBytesTarget + runBytesTarget / 4
  private static let runBytesMin = runBytesTarget / 2
  /// Shorter runs are not worth a frame of their own.
  private static let deltaBytesMin = 256
  private static let baseBytesMax = 2 << 20

  private struct Anchor {
    var new: UInt64
    var old: UInt64
  }

  // Whose manifest goes through a stream that it holds itself: a strong reference would keep both, and the repository
  // with its files, for ever. Safety: streams are used in the session's own calls or by who holds it.
  private unowned let session: SaveSession
  private let group: FrameGroup
  private let prior: PriorContent?
  /// Bytes that will come, as far as known.
  private let byteCountExpected: UInt64
  private var references: [ChunkReference] = []
  private var offset: UInt64 = 0
  private var anchor = Anchor(new: 0, old: 0)
  private var run: [HashedChunk] = []
  private var runByteCount = 0
  private var runStart: UInt64 = 0

  init(session: SaveSession, group: FrameGroup, prior: PriorContent?, byteCountExpected: UInt64) {
    self.session = session
    self.group = group
    self.prior = prior
    self.byteCountExpected = byteCountExpected
  }

  package mutating func add(_ chunk: HashedChunk) throws {
    references.append(chunk.reference)
    let start = offset
    offset += UInt64(chunk.bytes.count)
    let old = prior?.offset(of: chunk.id)
    // That the previous version has it is not enough: a chunk that was lost or found damaged since is stored anew.
    if try session.isKnown(chunk.id) {
      if let old, old >= anchor.old {
        try flush(upTo: Anchor(new: start, old: old))
        anchor = Anchor(new: offset, old: old + UInt64(chunk.bytes.count))
      } else {
        try flush(upTo: nil)
      }
      return
    }
    session.count(new: chunk, isHealed: old != nil)
    guard prior != nil else { return try session.addSolid(chunk, to: group) }
    if run.isEmpty { runStart = start }
    run.append(chunk)
    runByteCount += chunk.bytes.count
    if runByteCount >= Self.runBytesMax { try flushFront() }
  }

  /// The chunks of all that was added.
  package mutating func finish() throws -> [ChunkReference] {
    try flush(upTo: prior.map { Anchor(new: offset, old: $0.byteCount) })
    return references
  }

  /// Stores the run; `next` is where the versions meet again, if they do.
  private mutating func flush(upTo next: Anchor?) throws {
    guard !run.isEmpty else { return }
    try store(run, start: runStart, byteCount: runByteCount, upTo: next)
    run = []
    runByteCount = 0
  }

  /// Stores the first part of a run that has grown long, cut where the base's frames are cut.
  private mutating func flushFront() throws {
    guard let prior else { return }
    let boundaries = try prior.frameStarts().map { newOffset(ofOld: $0, in: prior) }
    var best = (count: run.count, byteCount: runByteCount, distance: UInt64.max)
    var end = runStart
    for (at, chunk) in run.enumerated() {
      end += UInt64(chunk.bytes.count)
      let byteCount = Int(end - runStart)
      guard byteCount >= Self.runBytesMin else { continue }
      let distance = boundaries.map { $0 > end ? $0 - end : end - $0 }.min() ?? 0
      // Without a boundary nearby any cut is as good; then the target's.
      let toTarget = UInt64(abs(byteCount - Self.runBytesTarget))
      let score = distance < 48 << 10 ? distance : (1 << 20) + toTarget
      if score < best.distance { best = (at + 1, byteCount, score) }
    }
    try store(Array(run[..<best.count]), start: runStart, byteCount: best.byteCount, upTo: nil)
    run.removeFirst(best.count)
    runByteCount -= best.byteCount
    runStart += UInt64(best.byteCount)
  }

  private func store(_ run: [HashedChunk], start: UInt64, byteCount: Int, upTo next: Anchor?) throws {
    let base = byteCount < Self.deltaBytesMin ? [] : base(start: start, byteCount: byteCount, upTo: next)
    if base.isEmpty || !session.canStandOn(base) {
      for chunk in run { try session.addSolid(chunk, to: group) }
    } else {
      try session.addDelta(run, base: base, in: group)
    }
  }

  private func base(start: UInt64, byteCount: Int, upTo next: Anchor?) -> [ChunkReference] {
    guard let prior else { return [] }
    if let next, next.old >= anchor.old, next.old - anchor.old <= UInt64(byteCount + byteCount / 2) {
      let between = prior.chunks(
        covering: anchor.old..<next.old, slackChunks: next.old - anchor.old < UInt64(byteCount) ? 1 : 0)
      if !between.isEmpty { return limited(between) }
    }
    let target = next ?? Anchor(new: max(byteCountExpected, offset), old: prior.byteCount)
    let from = oldOffset(ofNew: start, towards: target)
    let to = oldOffset(ofNew: start + UInt64(byteCount), towards: target)
    return limited(prior.chunks(covering: from..<max(to, from), slackChunks: 0))
  }

  private func limited(_ chunks: [ChunkReference]) -> [ChunkReference] {
    var byteCount = 0
    return Array(
      chunks.prefix { chunk in
        byteCount += chunk.length
        return byteCount <= Self.baseBytesMax
      })
  }

  private func oldOffset(ofNew new: UInt64, towards target: Anchor) -> UInt64 {
    guard target.new > anchor.new, target.old > anchor.old else { return anchor.old }
    let slope = Double(target.old - anchor.old) / Double(target.new - anchor.new)
    return anchor.old + UInt64(Double(new - anchor.new) * slope)
  }

  private func newOffset(ofOld old: UInt64, in prior: PriorContent) -> UInt64 {
    let target = Anchor(new: max(byteCountExpected, offset), old: prior.byteCount)
    guard old > anchor.old, target.old > anchor.old, target.new > anchor.new else { return anchor.new }
    let slope = Double(target.new - anchor.new) / Double(target.old - anchor.old)
    return anchor.new + UInt64(Double(old - anchor.old) * slope)
  }
}

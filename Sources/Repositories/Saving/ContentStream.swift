import Packing
import SnapshotModel

/// Takes one file's chunks in order, stores those that are new, and tells what the file consists of.
///
/// New chunks are stored region by region, as a delta against what stood in their place in the previous version of the
/// file (`DeltaRegions`).
package struct ContentStream {
  // Whose manifest goes through a stream that it holds itself: a strong reference would keep both, and the repository
  // with its files, for ever. Safety: streams are used in the session's own calls or by who holds it.
  private unowned let session: SaveSession
  private let group: FrameGroup
  private let prior: PriorContent?
  /// Whether what has no earlier version may be stored as a delta on what else this save stores.
  private let seeksSimilar: Bool
  /// Whether its changes may be stored with those of other files.
  private let isSmallFile: Bool
  private var references: [ChunkReference] = []
  private var regions: DeltaRegions<HashedChunk>

  init(
    session: SaveSession, group: FrameGroup, prior: PriorContent?, seeksSimilar: Bool = false,
    isSmallFile: Bool = false, byteCountExpected: UInt64
  ) {
    self.session = session
    self.group = group
    self.prior = prior
    self.seeksSimilar = seeksSimilar
    self.isSmallFile = isSmallFile
    regions = DeltaRegions(prior: prior, byteCountExpected: byteCountExpected)
  }

  package mutating func add(_ chunk: HashedChunk) throws {
    references.append(chunk.reference)
    // That the previous version has it is not enough: a chunk that was lost or found damaged since is stored anew.
    if try session.isKnown(chunk.id) {
      regions.addKnown(chunk.reference)
    } else {
      session.count(new: chunk, isHealed: prior?.offset(of: chunk.id) != nil)
      guard prior != nil || seeksSimilar else { return try session.addSolid(chunk, to: group) }
      regions.addNew(chunk, length: chunk.bytes.count)
    }
    if let region = try regions.nextIfLong() { try store(region) }
  }

  /// The chunks of all that was added.
  package mutating func finish() throws -> [ChunkReference] {
    if let region = regions.last() { try store(region) }
    return references
  }

  private func store(_ region: DeltaRegions<HashedChunk>.Region) throws {
    if prior == nil {
      try session.addNew(region.chunks, to: group)
    } else if region.base.isEmpty || !session.canStandOn(region.base) {
      for chunk in region.chunks { try session.addSolid(chunk, to: group) }
    } else if isSmallFile, case let change = JointDelta.Change(chunks: region.chunks, base: region.base),
      change.byteCount <= JointDelta.changeBytesMax
    {
      try session.addJoint(change, in: group)
    } else {
      try session.addDelta(
        region.chunks, base: region.base,
        surroundings: session.canStandOn(region.surroundings) ? region.surroundings : [], in: group)
    }
  }
}

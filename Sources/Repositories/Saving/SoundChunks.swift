import SnapshotModel

/// The chunks that can be decoded without any condemned pack: what a save may rely on while a collector's tomb stands,
/// be it that of a collector that was killed long ago.
///
/// Memory: that of a `PackGraph`. Cost: the directory of each pack; a save meets this rarely.
struct SoundChunks {
  private let graph: PackGraph
  private let ranks: [Int32?]

  init(_ repository: Repository) throws {
    graph = try PackGraph(repository, packs: repository.usablePacks())
    ranks = graph.ranks(packs: graph.packs.indices)
  }

  func contains(_ id: ChunkID) -> Bool { graph.frames(holding: id).contains { ranks[$0] != nil } }
}

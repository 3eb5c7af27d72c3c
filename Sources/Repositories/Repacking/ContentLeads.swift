import SnapshotModel

/// Of files that came before, newer ones first, the lineages of those that share chunks with another, or stand on it.
///
/// Memory: 48 bytes a chunk of these files, and a chunk that they stand on.
struct ContentLeads {
  private let bases: FileLineages.Bases
  /// By chunk: the file that leads the first that has it.
  private var byChunk: [ChunkID: Int] = [:]
  /// By chunk: the file that leads the first that stands on it.
  private var byBase: [ChunkID: Int] = [:]

  init(bases: @escaping FileLineages.Bases) { self.bases = bases }

  mutating func add(_ file: FileVersion, lead: Int) {
    for chunk in file.chunks where byChunk[chunk.id] == nil { byChunk[chunk.id] = lead }
    for base in bases(file.ownChunks) where byBase[base.id] == nil { byBase[base.id] = lead }
  }

  /// Of the leads that may be, the one that most of the file is shared with.
  func lead(sharing file: FileVersion, mayBe: (Int) -> Bool) -> Int? {
    Self.most(file.chunks.lazy.map { ($0, byChunk[$0.id]) }, mayBe)
  }

  /// Of the leads that may be, the one that most stands on the file, or it on that.
  func lead(nextTo file: FileVersion, mayBe: (Int) -> Bool) -> Int? {
    Self.most(
      file.ownChunks.map { ($0, byBase[$0.id]) } + bases(file.ownChunks).map { ($0, byChunk[$0.id]) }, mayBe)
  }

  private static func most(_ met: some Sequence<(ChunkReference, lead: Int?)>, _ mayBe: (Int) -> Bool) -> Int? {
    var byteCounts: [Int: Int] = [:]
    for (chunk, lead) in met { if let lead { byteCounts[lead, default: 0] += chunk.length } }
    return byteCounts.filter { mayBe($0.key) }.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}

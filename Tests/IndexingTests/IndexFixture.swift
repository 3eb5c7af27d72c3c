import Indexing
import SnapshotModel
import TestSupport

/// Packs of random chunks and a folder for an index.
final class IndexFixture {
  let folder = StoreTestFolder()
  var random: SeededGenerator
  let repository: RepositoryID

  init(seed: UInt64 = 1) {
    random = SeededGenerator(seed: seed)
    repository = RepositoryID(using: &random)
  }

  var path: String { folder.path("index.sqlite") }

  func open() throws -> RepositoryIndex { try RepositoryIndex(path: path, repository: repository) }

  /// A pack of `frames` frames that hold 1 to 5 chunks each, with gaps between some of them.
  func pack(frames: Int = 10) -> IndexedPack {
    var offset: UInt64 = 64
    var made: [IndexedFrame] = []
    for _ in 0..<frames {
      offset += UInt64.random(in: 0...1, using: &random) * 16
      let length = Int.random(in: 1...100_000, using: &random)
      let chunks = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        ChunkReference(id: random.chunkID(), length: Int.random(in: 1...ChunkReference.lengthMax, using: &random))
      }
      made.append(IndexedFrame(offset: offset, length: length, chunks: chunks))
      offset += UInt64(length)
    }
    return IndexedPack(id: PackID(using: &random), byteCount: offset + 500, frames: made)
  }
}

extension IndexedPack {
  /// What the index must say of each chunk of this pack.
  var locations: [(id: ChunkID, location: ChunkLocation)] {
    frames.flatMap { frame in
      frame.chunks.enumerated().map { ordinal, chunk in
        (
          chunk.id,
          ChunkLocation(
            pack: id, frameOffset: frame.offset, frameLength: frame.length,
            framesEnd: frames.last.map { $0.offset + UInt64($0.length) } ?? 0, ordinal: ordinal, length: chunk.length)
        )
      }
    }
  }
}

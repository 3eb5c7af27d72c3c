import Sealing
import SnapshotModel

/// A chunk on its way into a pack.
package struct HashedChunk: Sendable {
  package var id: ChunkID
  package var bytes: ArraySlice<UInt8>

  package init(id: ChunkID, bytes: ArraySlice<UInt8>) {
    self.id = id
    self.bytes = bytes
  }

  /// Names chunks that are already cut.
  package static func named(_ bytes: ArraySlice<UInt8>, _ lengths: [Int], by hasher: ChunkHasher) -> [HashedChunk] {
    var start = bytes.startIndex
    return lengths.map { length in
      defer { start += length }
      let chunk = bytes[start..<start + length]
      return HashedChunk(id: hasher.id(of: chunk), bytes: chunk)
    }
  }

  package var reference: ChunkReference { ChunkReference(id: id, length: bytes.count) }
}

import SnapshotModel

/// A chunk on its way into a pack.
package struct HashedChunk: Sendable {
  package var id: ChunkID
  package var bytes: ArraySlice<UInt8>

  package init(id: ChunkID, bytes: ArraySlice<UInt8>) {
    self.id = id
    self.bytes = bytes
  }

  package var reference: ChunkReference { ChunkReference(id: id, length: bytes.count) }
}

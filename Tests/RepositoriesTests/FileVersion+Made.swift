import SnapshotModel
import Testing

@testable import Repositories

extension ChunkReference {
  /// One by number, of the same length always.
  static func made(_ number: Int, length: Int = 1000) -> ChunkReference {
    ChunkReference(id: ChunkID((UInt64(number) &* 0x9E37_79B9_7F4A_7C15, UInt64(number), 0, 0)), length: length)
  }
}

extension FileVersion {
  /// - Parameter own: all chunks unless given.
  static func made(_ path: String, age: Int, _ chunks: [ChunkReference], own: [Int]? = nil) throws -> FileVersion {
    FileVersion(
      path: try #require(ArchivePath(path)), age: age, chunks: chunks, own: own ?? Array(chunks.indices))
  }
}

import Sealing
import SnapshotModel

/// Where the bytes of a snapshot's files come from.
///
/// Called from several threads at once.
package protocol ContentReading: Sendable {
  /// How chunks get their ids.
  var naming: ChunkNaming { get }

  /// The chunks of `content` in order, an indirect list resolved.
  ///
  /// - Throws: what kept a list from being read; that file counts as damaged.
  func chunks(of content: FileContent) throws -> [ChunkReference]

  /// The plaintext of one chunk, exactly `chunk.length` bytes, its hash already checked.
  func bytes(of chunk: ChunkReference) throws -> ArraySlice<UInt8>
}

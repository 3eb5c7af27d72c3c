import Repositories
import SnapshotModel

/// Files of a save that running programs write, several at the same time.
///
/// Used from the saving thread only. They are read once: a save that has to begin again takes what came of them from
/// `StreamMemory`.
package protocol StreamedFiles: AnyObject {
  /// Where they stand in the version, by their numbers.
  var files: [SavedDump] { get }

  /// Starts the programs; called once the save may begin.
  func start() throws

  /// What comes next, of whichever file; waits a moment for it.
  ///
  /// - Returns: `nil` once all have ended.
  /// - Throws: `SnapFault` when one failed that the version cannot do without.
  func next() throws -> StreamedPiece?
}

/// What came of a running program.
package enum StreamedPiece {
  case bytes(file: Int, [UInt8])
  /// - Parameter failure: why the file is left out of the version; `nil` when it is whole.
  case end(file: Int, failure: String?)
  /// The moment has passed.
  case nothingYet
}

/// What streams were made of, for the next attempt at the same save: programs do not write twice.
final class StreamMemory {
  /// - Parameter chunks: in order.
  struct Stream {
    var chunks: [ChunkReference]
    var byteCount: UInt64
    var failure: String?
  }

  /// By number; `nil` until all have been read.
  var streams: [Stream]?
  /// Whether a descriptor was read that cannot be read again.
  var hasReadInput = false
}

import Packing
import SnapshotModel

/// Why a chunk cannot be had. Whoever knows the file it belongs to adds its name.
package enum ChunkFault: Error, Hashable, Sendable {
  /// No pack holds it.
  case missing(ChunkID)
  /// A pack holds it, but what comes out is not it.
  case damaged(ChunkID, pack: PackID, reason: String)
}

extension ChunkFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let id): "chunk \(id.short)… is in no pack"
    case .damaged(let id, let pack, let reason): "chunk \(id.short)… in pack \(pack.short)… is damaged (\(reason))"
    }
  }

  package var chunkID: ChunkID {
    switch self {
    case .missing(let id), .damaged(let id, _, _): id
    }
  }
}

/// Whether something stored is not there, or is not what it should be; not that the disk, or the index, failed.
func meansDamage(_ error: any Error) -> Bool { error is ChunkFault || error is PackingError }

import Sealing
import SnapshotModel

/// What an encrypted repository was opened with.
package enum RepositoryKeys: Sendable {
  /// Everything.
  case all(KeyRing)
  /// The right to add to it.
  case writing(WriterKey)

  package var ring: KeyRing? { if case .all(let ring) = self { ring } else { nil } }
  package var writer: WriterKey? { if case .writing(let key) = self { key } else { nil } }

  package var repository: RepositoryID {
    switch self {
    case .all(let ring): ring.repository
    case .writing(let key): key.repository
    }
  }

  package var chunkNaming: ChunkNaming {
    switch self {
    case .all(let ring): ring.chunkNaming
    case .writing(let key): key.chunkNaming
    }
  }

  package var gearWords: [UInt64] {
    switch self {
    case .all(let ring): ring.gearWords
    case .writing(let key): key.gearWords
    }
  }

  /// The stored form of an object.
  package func seal(_ content: [UInt8], context: SealingContext) -> [UInt8] {
    switch self {
    case .all(let ring): ObjectKey.seal(content, keys: ring, context: context)
    case .writing(let key): ObjectKey.seal(content, by: key, context: context)
    }
  }
}

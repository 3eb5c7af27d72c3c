import ObjectStores
import Packing
import SnapshotModel

/// Writes a lost or damaged `config` anew.
package enum ConfigRebuilder {
  /// Takes the repository's id from the packs, which all name it, or from the key slots where there are any; the rest is
  /// as `snap init` writes it.
  ///
  /// - Parameter path: the repository's folder, or the project's.
  /// - Parameter access: opens it where it is encrypted: the keys must vouch for what is written.
  /// - Returns: the id.
  /// - Throws: `SnapFault` `.failed` when the configuration is sound, `.damage` when no pack has a sound header.
  package static func rebuild(_ path: String, access: RepositoryAccess = .plain) throws -> RepositoryID {
    try asFault {
      let folder = Repository.folder(withPacksAt: absolutePath(path))
      let store = try LocalObjectStore(folder: Array(folder.utf8))
      if let config = try? RepositoryConfig(decoding: store.read(.config)) {
        throw SnapFault(.failed, "the configuration of \(folder) is sound (id \(config.id.short)…); nothing changed")
      }
      func config(_ id: RepositoryID) -> RepositoryConfig {
        RepositoryConfig(id: id, chunkLengths: .standard, created: store.machine.now())
      }
      if let id = try KeySlots.repository(in: store) {
        let unlocked = try access.unlock(KeySlots(folder: folder, repository: id, store: store))
        guard let keys = unlocked.ring else { throw RepositoryStore.onlyWrites }
        try store.replace(.config, config(id).sealed(with: keys).encoded())
        return id
      }
      var votes: [RepositoryID: Int] = [:]
      for name in try store.list(.packs) {
        guard let header = try? store.read(name, range: 0..<64) else { continue }
        if let id = PackReader.repository(ofHeader: header) { votes[id, default: 0] += 1 }
      }
      guard let id = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
        throw SnapFault(.damage, "no pack in \(folder) tells which repository it belongs to", path: folder)
      }
      try store.replace(.config, config(id).encoded())
      return id
    }
  }
}

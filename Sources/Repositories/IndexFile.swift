import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Where a repository's index lies: in it, or, where it is encrypted, with whoever works with it.
struct IndexFile {
  /// `nil` where there is no place for one.
  let path: String?
  let cipher: IndexRecordCipher?
  /// Of which the missing ones are made.
  private let parents: String?

  /// - Parameter cacheFolder: of the user; without one the index of an encrypted repository has no file.
  init(folder: String, keys: RepositoryKeys?, cacheFolder: String?) {
    guard let keys else {
      path = folder + "/index.sqlite"
      cipher = nil
      parents = nil
      return
    }
    // Who can only save holds no records.
    cipher = keys.ring.map { IndexRecordCipher(key: $0.indexKey) }
    let own = keys.writer.map { "/writer-\($0.writer)" } ?? ""
    parents = cacheFolder.map { "\($0)/\(keys.repository.hexadecimal)\(own)" }
    path = parents.map { $0 + "/index.sqlite" }
  }

  /// What cannot be made shows when the file is opened.
  func makeFolder() {
    if let parents { makePrivateFolders(Array(parents.utf8)) }
  }
}

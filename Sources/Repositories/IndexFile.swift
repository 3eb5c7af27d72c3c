import Glibc
import Indexing
import Packing
import SnapshotModel

/// Where a repository's index lies: in it, or, where it is encrypted, with whoever works with it.
struct IndexFile {
  let path: String
  let cipher: IndexRecordCipher?
  /// Folders to make for it, the outer one first.
  private let folders: [String]

  /// - Parameter cacheFolder: of the user; without one the index of an encrypted repository has no file.
  init(folder: String, keys: KeyRing?, cacheFolder: String?) {
    guard let keys else {
      path = folder + "/index.sqlite"
      cipher = nil
      folders = []
      return
    }
    cipher = IndexRecordCipher(key: keys.indexKey)
    guard let cacheFolder else {
      // A place where nothing can be: the index then goes on in memory.
      path = "/dev/null/index.sqlite"
      folders = []
      return
    }
    let own = "\(cacheFolder)/\(keys.repository.hexadecimal)"
    path = own + "/index.sqlite"
    folders = [cacheFolder, own]
  }

  /// What cannot be made shows when the file is opened.
  func makeFolder() {
    for folder in folders { unsafe mkdir(folder, 0o700) }
  }
}

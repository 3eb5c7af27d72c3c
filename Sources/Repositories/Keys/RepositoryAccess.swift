import Packing
import SnapshotModel

/// What it takes to open a repository beside its folder: the keys, where it is encrypted, and a place for what must not
/// lie in it.
package struct RepositoryAccess: Sendable {
  /// Where the index of an encrypted repository lies, in a folder of its id; without one it is made anew each time.
  package var cacheFolder: String?
  /// Whether the index of an encrypted repository is looked for in the cache folder, and kept there.
  package var keepsIndex = true
  /// Called once, for an encrypted repository only.
  package var unlock: @Sendable (KeySlots) throws -> RepositoryKeys

  package init(cacheFolder: String?, unlock: @escaping @Sendable (KeySlots) throws -> RepositoryKeys) {
    self.cacheFolder = cacheFolder
    self.unlock = unlock
  }

  /// Opens plain repositories only.
  package static let plain = RepositoryAccess(cacheFolder: nil) { slots in
    throw SnapFault(
      .wrongKey, "\(slots.folder) is encrypted", hint: "set SNAP_PASSWORD_FILE, SNAP_PASSWORD_COMMAND or --key-file")
  }
}

/// A key slot that a new repository gets.
package struct NewKeySlot: Sendable {
  package var secret: SlotSecret
  package var label: String

  package init(secret: SlotSecret, label: String) {
    self.secret = secret
    self.label = label
  }
}

extension Repository {
  /// What to do where a command needs more than its key gives.
  package static let hintOfReadingKey = "use a password, or a key file that snap key add made without --write-only"

  /// The slots that open this repository; `nil` where it is not encrypted.
  package var keySlots: KeySlots? {
    isEncrypted ? KeySlots(folder: folder, repository: id, store: store.stored) : nil
  }

  /// The keys that it was opened with; `nil` also with one that can only save.
  package var keys: KeyRing? { store.keys?.ring }
}

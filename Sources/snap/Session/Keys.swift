import CLinux
import FileTrees
import Packing
import Repositories
import Sealing
import SnapshotModel
import Synchronization
import Workflows

/// The keys of the encrypted repositories that a command works with: asked for once, then kept until it ends.
final class Keys: Sendable {
  private let options: SecretOptions
  private let console: Console
  /// Whether a person may be asked.
  private let mayAsk: Bool
  private let known = Mutex<[RepositoryID: KeyRing]>([:])

  init(_ options: SecretOptions, console: Console, mayAsk: Bool) {
    self.options = options
    self.console = console
    self.mayAsk = mayAsk
  }

  /// A repository's keys: what a key file gives that can only save, else all of them.
  ///
  /// - Throws: `SnapFault`: `.wrongKey`, or what makes the secret or the slots useless.
  func keys(of slots: KeySlots) throws -> RepositoryKeys {
    linux_guard_secrets()
    if let key = try writerKey() {
      try slots.check(key)
      return .writing(key)
    }
    return .all(try ring(of: slots))
  }

  /// Where the key that was named can only save.
  func writerKey() throws -> WriterKey? { try KeySource.named(options)?.writerKey(allowsOthers: options.insecurePerms) }

  /// Those of this command, those that the system remembers, or what a secret opens.
  private func ring(of slots: KeySlots) throws -> KeyRing {
    if let ring = known.withLock({ $0[slots.repository] }), try ring.newestEpochNumber >= slots.newestEpoch() {
      return ring
    }
    let isNamed = options.keyFile != nil || options.passwordCommand != nil || options.passwordFile != nil
    if !isNamed, let ring = remembered(slots.repository), try ring.newestEpochNumber >= slots.newestEpoch() {
      return keep(ring)
    }
    return keep(try unlock(slots).ring)
  }

  /// Whoever owns the storage could put a plain repository in the place of an encrypted one, and read what is saved next.
  ///
  /// A password in the environment may be meant for another repository; an option, and a key file, are for this one.
  ///
  /// - Throws: `SnapFault` `.tampering` where a key was named for a repository that has none.
  func refusePlain(_ folder: String) throws {
    let variable = ProcessEnvironment.value("SNAP_KEY_FILE").map { _ in "SNAP_KEY_FILE" }
    guard let name = options.named.first ?? variable else { return }
    throw SnapFault(
      .tampering, "\(folder) is not encrypted, but \(name) is given; refusing",
      hint: "leave \(name) out if it never was; if it was, somebody has replaced it", path: folder)
  }

  /// For the rest of the command.
  @discardableResult
  func keep(_ ring: KeyRing) -> KeyRing {
    known.withLock { $0[ring.repository] = ring }
    return ring
  }

  private func remembered(_ repository: RepositoryID) -> KeyRing? {
    guard let bytes = RememberedKeys.recall(repository), let ring = try? KeyRing(decoding: bytes),
      ring.repository == repository
    else { return nil }  // Of no use: a password opens the repository as well.
    return ring
  }

  /// Opens with a secret in any case: whoever changes keys shows that he has one.
  ///
  /// - Returns: also the secret, and whose it is.
  func unlock(_ slots: KeySlots) throws -> (ring: KeyRing, slot: KeySlot, secret: SlotSecret) {
    linux_guard_secrets()
    if let source = try KeySource.named(options) {
      let secrets = try source.secrets(for: slots.repository, allowsOthers: options.insecurePerms)
      switch try opening(slots, secrets) {
      case .opened(let ring, let slot, let secret): return (ring, slot, secret)
      case .wrong(let tried): throw Self.refusal(slots, source, tried: tried)
      }
    }
    for attempt in 1...3 {
      guard mayAsk, let typed = try SecretReader.terminal(prompt: "password for \(slots.folder): ") else {
        throw SnapFault(
          .wrongKey, "\(slots.folder) is encrypted, and no password was given",
          hint: "set SNAP_PASSWORD_FILE, SNAP_PASSWORD_COMMAND or --key-file", path: slots.folder)
      }
      switch try opening(slots, KeySource.secrets(ofTyped: typed)) {
      case .opened(let ring, let slot, let secret): return (ring, slot, secret)
      case .wrong(let tried):
        if attempt == 3 { throw Self.wrongPassword(slots, tried: tried) }
        console.warn("wrong password, try again")
      }
    }
    throw Self.wrongPassword(slots, tried: 0)
  }

  private enum Opening {
    case opened(KeyRing, KeySlot, SlotSecret)
    case wrong(tried: Int)
  }

  private func opening(_ slots: KeySlots, _ secrets: [SlotSecret]) throws -> Opening {
    var tried = 0
    for secret in secrets {
      let found = try slots.open(with: [secret]) { label in
        console.warn("key slot '\(label)' is damaged; snap key add makes a new one")
      }
      switch found {
      case .opened(let ring, let slot): return .opened(ring, slot, secret)
      case .wrongSecret(let count): tried += count
      }
    }
    return .wrong(tried: tried)
  }

  private static func refusal(_ slots: KeySlots, _ source: KeySource, tried: Int) -> SnapFault {
    guard case .keyFile(let path) = source else { return wrongPassword(slots, tried: tried) }
    if tried == 0 { return noSuchKind(slots, "a key file") }
    return SnapFault(
      .wrongKey, "key file \(displayText(path)) opens no key slot of \(slots.folder)",
      path: slots.folder)
  }

  private static func noSuchKind(_ slots: KeySlots, _ kind: String) -> SnapFault {
    SnapFault(.wrongKey, "none of the keys of \(slots.folder) is \(kind)", hint: "snap key list", path: slots.folder)
  }

  private static func wrongPassword(_ slots: KeySlots, tried: Int) -> SnapFault {
    if tried == 0 { return noSuchKind(slots, "a password") }
    return SnapFault(
      .wrongKey, "wrong password for \(slots.folder) (\(counted(tried, "key slot")) tried)", path: slots.folder)
  }
}

extension Session {
  /// How this command opens repositories.
  var access: RepositoryAccess {
    let (keys, history) = (keys, history)
    return RepositoryAccess(cacheFolder: UserFolder.cache.path().map(PathText.text)) { slots in
      try history.checkPlace(slots.folder, holds: slots.repository)
      return try keys.keys(of: slots)
    }
  }
}

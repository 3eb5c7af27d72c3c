import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// The slots of an encrypted repository, each of which opens its keys; they can be listed without any.
///
/// - SeeAlso: docs/format/keys.md
package struct KeySlots: Sendable {
  /// As messages name it.
  package let folder: String
  package let repository: RepositoryID
  let store: LocalObjectStore

  init(folder: String, repository: RepositoryID, store: LocalObjectStore) {
    self.folder = folder
    self.repository = repository
    self.store = store
  }

  /// Whose slots lie in a folder that may have lost its configuration; `nil` where there are none.
  static func repository(in store: LocalObjectStore) throws -> RepositoryID? {
    // A damaged one tells nothing.
    let slots = try store.list(.keys).compactMap { try? KeySlot(decoding: store.read($0)) }
    let votes = Dictionary(grouping: slots, by: \.repository).mapValues(\.count)
    return votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  /// The object of one slot.
  package struct Stored: Sendable {
    package var id: KeySlotID
    /// `nil` when it cannot be read, or is another repository's.
    package var slot: KeySlot?
    /// Why nobody should try to open it.
    package var refusal: SnapFault?
  }

  /// The newest keys that any slot opens.
  package func newestEpoch() throws -> UInt16 { try list().compactMap(\.slot?.epoch).max() ?? 0 }

  /// All of them, the oldest first, damaged ones last.
  ///
  /// - Throws: `SnapFault` `.refused` when there are more than 32.
  package func list() throws -> [Stored] {
    try asFault {
      var found = try listOnce()
      // A rotation puts the new slot there before the old ones go; a listing may show an old one that has gone since, and
      // not yet the new one.
      for _ in 0..<Self.listingsMax where found.isEmpty || found.contains(where: { $0 == nil }) {
        found = try listOnce()
      }
      return found.compactMap { $0 }.sorted { a, b in
        guard let first = a.slot, let second = b.slot else { return a.slot != nil || (b.slot == nil && a.id < b.id) }
        return (first.created, first.id) < (second.created, second.id)
      }
    }
  }

  private static let listingsMax = 8

  /// - Returns: `nil` for a slot that went while it was looked at.
  private func listOnce() throws -> [Stored?] {
    let names = try store.list(.keys)
    guard names.count <= KeySlot.countMax else {
      throw SnapFault(
        .refused, "\(folder) has \(names.count) key slots (limit \(KeySlot.countMax)); refused",
        hint: "ls -lt \(folder)/keys; what came there without snap key may go", path: folder)
    }
    var found: [Stored?] = []
    for case .key(let id) in names { found.append(try stored(id)) }
    return found
  }

  /// A ring with all its epochs takes half of it.
  private static let slotBytesMax: UInt64 = 64 << 10

  private func stored(_ id: KeySlotID) throws -> Stored? {
    do {
      let byteCount = try store.byteCount(.key(id))
      guard byteCount <= Self.slotBytesMax else {
        let refusal = SnapFault(
          .refused, "key slot \(id.short) is of \(formatted(byteCount: byteCount)) (limit 64 KiB); refused",
          hint: "rm \(folder)/keys/\(id)", path: ObjectName.key(id).path)
        return Stored(id: id, refusal: refusal)
      }
      let slot = try KeySlot(decoding: store.read(.key(id)))
      let isOurs = slot.id == id && slot.repository == repository
      return Stored(id: id, slot: isOurs ? slot : nil)
    } catch ObjectStoreError.missing {
      return nil
    } catch PackingError.overLimit(_, let value, _) {
      let refusal = SnapFault(
        .refused, "key slot \(id.short) asks for \(formatted(byteCount: value)) of memory; refusing",
        hint: "rm \(folder)/keys/\(id)", path: ObjectName.key(id).path)
      return Stored(id: id, refusal: refusal)
    } catch PackingError.newerFormat(_, let version) {
      let refusal = SnapFault(
        .newerFormat, "key slot \(id.short) has format version \(version); this is snap \(toolVersion)",
        hint: "upgrade snap")
      return Stored(id: id, refusal: refusal)
    } catch let error as ObjectStoreError where error.isOfOneObject {
      return Stored(id: id, refusal: error.fault)
    } catch is PackingError {
      return Stored(id: id)
    }
  }

  /// What opening came to.
  package enum Opening: Sendable {
    case opened(KeyRing, slot: KeySlot)
    /// No slot has the secret; how many were tried.
    case wrongSecret(tried: Int)
  }

  /// Tries the secrets, each on the slots of its kind.
  ///
  /// - Parameter damaged: called with the label of each slot that cannot be read.
  /// - Throws: `SnapFault` `.damage` when no slot is whole.
  package func open(with secrets: [SlotSecret], damaged: (String) -> Void) throws -> Opening {
    let found = try list()
    for stored in found where stored.slot == nil && stored.refusal == nil { damaged(stored.id.short) }
    // Those of the newest keys first: an older one was left behind, and must not be used.
    let slots = found.compactMap(\.slot).sorted { $0.epoch > $1.epoch }
    var brokenLabels: [String] = []
    var tried = 0
    for secret in secrets {
      for slot in slots where slot.kind == secret.kind {
        tried += 1
        do {
          if let ring = try slot.open(with: secret) {
            if let newer = slots.first, newer.epoch > slot.epoch { throw leftBehind(slot, by: newer) }
            brokenLabels.forEach(damaged)
            return .opened(ring, slot: slot)
          }
        } catch is PackingError {
          brokenLabels.append(slot.label)
        } catch let error as OutOfMemory {
          throw SnapFault(.failed, "out of memory: the password asks for \(formatted(byteCount: error.byteCount))")
        }
      }
    }
    if let refusal = found.compactMap(\.refusal).first { throw refusal }
    // With a damaged head even the right secret does not fit.
    guard !slots.isEmpty, brokenLabels.count < slots.count else {
      throw SnapFault(
        .damage, "every key slot of \(folder) is damaged",
        hint: "snap key import FILE, with a file that snap key export wrote",
        path: folder)
    }
    brokenLabels.forEach(damaged)
    return .wrongSecret(tried: tried)
  }

  /// What a slot says of itself is not known to be true before it opens.
  private func leftBehind(_ slot: KeySlot, by newer: KeySlot) -> SnapFault {
    SnapFault(
      .wrongKey,
      "key '\(displayText(slot.label.utf8))' has the keys of epoch \(slot.epoch), and '\(displayText(newer.label.utf8))' those of \(newer.epoch): a rotation left it behind",
      hint: "use another key; if nobody has rotated the keys, rm \(folder)/keys/\(newer.id)")
  }

  // MARK: Changing them

  static let claim = "changing keys"

  /// Runs `body` while nobody else changes the slots, and on the slots as they are then.
  ///
  /// - Throws: `SnapFault` `.busy` while somebody else does, or when the keys are not the newest any more.
  func exclusively<R>(_ keys: KeyRing, _ body: ([Stored]) throws -> R) throws -> R {
    let sealed = RepositoryStore(store, keys: .all(keys))
    let busy = SnapFault(.busy, "somebody else is changing the keys of \(folder)", hint: "try again in a moment")
    return try asFault {
      guard let claim = try sealed.claim(Self.claim) ?? sealed.claimOfTheDead(Self.claim) else { throw busy }
      defer { sealed.withdraw(claim) }
      let found = try list()
      guard (found.compactMap(\.slot?.epoch).max() ?? 0) <= keys.newestEpochNumber else {
        throw SnapFault(.busy, "the keys of \(folder) were rotated meanwhile; nothing changed", hint: "try again")
      }
      return try body(found)
    }
  }

  /// Adds a slot for these keys, durably.
  ///
  /// - Throws: `SnapFault` `.refused` when there are 32, or one has the label.
  @discardableResult
  package func add(_ secret: SlotSecret, label: String, keys: KeyRing) throws -> KeySlot {
    try exclusively(keys) { found in
      guard found.count < KeySlot.countMax else {
        throw SnapFault(
          .refused, "\(folder) has \(KeySlot.countMax) key slots already", hint: "snap key remove LABEL")
      }
      guard !found.contains(where: { $0.slot?.label == label }),
        try !writers().contains(where: { $0.writer?.name == label })
      else {
        throw SnapFault(.refused, "there is a key '\(label)' already", hint: "snap key list; --label names the new one")
      }
      return try store(secret, label: label, keys: keys)
    }
  }

  /// Puts a new secret in place of a slot's, under its label.
  package func replace(_ slot: KeySlot, with secret: SlotSecret, keys: KeyRing) throws {
    try exclusively(keys) { found in
      guard found.contains(where: { $0.id == slot.id }) else {
        throw SnapFault(.busy, "key '\(displayText(slot.label.utf8))' was removed meanwhile; nothing changed")
      }
      try store(secret, label: slot.label, keys: keys)
      try store.delete([.key(slot.id)])
    }
  }

  /// Removes a slot, durably. An old copy of it still opens the repository, until its keys are rotated.
  ///
  /// - Throws: `SnapFault` `.refused` for the last one that is whole and has the newest keys.
  package func remove(_ id: KeySlotID, keys: KeyRing) throws {
    try exclusively(keys) { found in
      guard found.contains(where: { $0.id != id && $0.slot?.epoch == keys.newestEpochNumber }) else {
        throw SnapFault(.refused, "this is the only key; add another first", hint: "snap key add")
      }
      try store.delete([.key(id)])
    }
  }

  /// Makes new keys, stores a slot of them for the secret, and removes all others.
  ///
  /// - Parameter keys: those so far.
  /// - Returns: the new ones.
  package func rotate(_ secret: SlotSecret, label: String, keys: KeyRing) throws -> KeyRing {
    let new = try asFault { try keys.withNewEpoch() }
    try exclusively(keys) { found in
      try store(secret, label: label, keys: new)
      try store.delete(found.map { .key($0.id) })
    }
    return new
  }

  /// The slots as they are stored: what an export keeps.
  package func storedBytes() throws -> [[UInt8]] {
    try asFault { try list().filter { $0.slot != nil }.map { try store.read(.key($0.id)) } }
  }

  /// Puts slots back that an export kept.
  ///
  /// Those of older keys than a slot that is there stay out: a rotation has ended them.
  ///
  /// - Returns: how many were not there, or damaged; and how many are too old.
  package func restore(_ exported: [KeySlot]) throws -> (count: Int, tooOld: Int) {
    try asFault {
      let found = try list().compactMap(\.slot)
      let whole = Set(found.map(\.id))
      let newest = found.map(\.epoch).max() ?? 0
      let missing = exported.filter { !whole.contains($0.id) }
      let wanted = missing.filter { $0.epoch >= newest }
      for slot in wanted { try store.replace(.key(slot.id), slot.encoded()) }
      return (wanted.count, missing.count - wanted.count)
    }
  }

  @discardableResult
  func store(_ secret: SlotSecret, label: String, keys: KeyRing) throws -> KeySlot {
    let slot = try KeySlot(sealing: keys, under: secret, label: label, created: store.machine.now())
    try store.create(.key(slot.id), slot.encoded())
    return slot
  }
}

extension ObjectStoreError {
  /// Whether others can be read: it is a link, a pipe, or far too large.
  fileprivate var isOfOneObject: Bool {
    switch self {
    case .notAnObject, .inputOutput: true
    default: false
    }
  }
}

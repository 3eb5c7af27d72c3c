import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

/// Which packs and versions there are, where there is nothing else that a collection has to do with: what it finds depends
/// on nothing but these, and on what is damaged. Damage that comes later is for `verify` to find.
struct IdleState: Equatable {
  /// Under which the index keeps the digest of the state in which there was nothing to free.
  static let key = "nothing-to-free"

  /// SHA-256 of the names, in ascending order.
  let digest: [UInt8]
  private let packs: Set<PackID>

  /// - Returns: `nil` while a save or another collection is under way, or a version is forgotten or lost: for these, what
  ///   can be freed depends on the time, too.
  init?(_ repository: Repository) throws {
    let store = repository.store
    for folder in [ObjectFolder.pending, .trash, .tombs] where try !store.list(folder).isEmpty { return nil }
    guard try repository.index.lostRecords().isEmpty else { return nil }
    packs = Set(try repository.packNames())
    let names = try store.list(.snapshots) + packs.map(ObjectName.pack)
    digest = sha256(Array(names.map(\.path).sorted().joined(separator: "\n").utf8))
  }

  /// Whether there is nothing that a collection warns of: it must do so again the next time. Cost: the directory of every pack.
  func isSound(in repository: Repository) throws -> Bool {
    for pack in packs.sorted() {
      let source = StoredPack(store: repository.store, id: pack)
      guard (try? PackReader.readDirectory(source, repository: repository.id, pack: pack)) != nil else { return false }
    }
    return try !repository.store.list(.snapshots).contains(where: repository.store.isUnbelievable)
  }

  /// To do nothing.
  var plan: GarbagePlan {
    GarbagePlan(
      snapshotsExpired: [], packsKept: packs.count, packsDeleted: 0, packsRewritten: 0, bytesRewritten: 0,
      bytesFreed: 0, bytesRepacked: 0, condemned: [], packsExamined: packs)
  }
}

import ObjectStores
import Packing
import SnapshotModel

/// The directories of all packs, each read once however often the packs are listed: others store and collect meanwhile.
struct PackShelf {
  /// In the order of their ids.
  var directories: [PackDirectory] { listed.sorted().compactMap { known[$0] } }
  private(set) var listed: Set<PackID> = []
  /// Packs that were listed once, and are not any more: collected.
  private(set) var gone: Set<PackID> = []
  /// By pack; none for one of which nothing can be used.
  private var known: [PackID: PackDirectory] = [:]
  private var looked: Set<PackID> = []
  /// Packs of which nothing can be made out, though the disk reads them.
  private(set) var unreadable: Set<PackID> = []

  /// Lists the packs, and reads the directories of new ones.
  ///
  /// - Returns: whether packs have come or gone since the last time.
  mutating func refresh(_ repository: Repository, telling ledger: inout DamageLedger) throws -> Bool {
    let now = Set(try repository.packNames())
    defer { listed = now }
    gone.formUnion(listed.subtracting(now))
    for pack in now.subtracting(looked).sorted() {
      looked.insert(pack)
      known[pack] = try directory(of: pack, in: repository, telling: &ledger)
    }
    return now != listed
  }

  /// A pack has a sound directory that says what the file's length says.
  private mutating func directory(
    of pack: PackID, in repository: Repository, telling ledger: inout DamageLedger
  ) throws -> PackDirectory? {
    do {
      let directory = try PackReader.readDirectory(
        StoredPack(store: repository.store, id: pack), repository: repository.id, pack: pack)
      return try repository.vouched(directory, trustsIndex: false)
    } catch ObjectStoreError.missing {
      return nil  // Collected since it was listed.
    } catch let error where error is PackingError || meansCutShort(error) {
      if let scanned = try repository.directory(of: pack) {
        ledger.add(
          "pack \(pack.short)… directory is damaged (\(error)); read by scan", of: pack, hint: "snap repair packs")
        return scanned
      }
      unreadable.insert(pack)
      ledger.add("pack \(pack.short)… cannot be read: \(error)", of: pack, hint: "snap repair packs")
    } catch let error as ObjectStoreError {
      ledger.add("pack \(pack.short)… cannot be read: \(error)", of: pack)
    }
    return nil
  }
}

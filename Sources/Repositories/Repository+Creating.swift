import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel

extension Repository {
  /// Lays out a new repository in a folder that does not exist yet or is empty.
  ///
  /// - Parameters:
  ///   - slots: makes what shall open it, if it is to be encrypted.
  ///   - operations: the store's system calls; tests make them fail.
  ///   - machine: tests simulate one.
  /// - Throws: `SnapFault` `.failed` when it holds a repository, `.refused` when it holds anything else.
  @discardableResult
  package static func create(
    at folder: String, encryptedFor slots: ((RepositoryID) throws -> [NewKeySlot])? = nil, cacheFolder: String? = nil,
    events: any RepositoryEvents = SilentEvents(), operations: any FileOperations = SystemFileOperations(),
    machine: any Machine = SystemMachine()
  ) throws -> Repository {
    let folder = absolutePath(folder)
    if isRepository(folder) {
      let id = (try? readConfig(at: folder).id.short).map { " (id \($0)…)" } ?? ""
      throw SnapFault(.failed, "\(folder) already holds a repository\(id); nothing changed", path: folder)
    }
    if let names = folderNames(folder), !names.isEmpty {
      if isUnfinished(folder, names) { throw unfinished(folder) }
      throw SnapFault(
        .refused, "\(folder) is not empty; use an empty or new directory", path: folder)
    }
    let above = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
    // Made folders would hide that a disk is not mounted.
    if !above.isEmpty, folderNames(above) == nil, errno == ENOENT {
      throw SnapFault(
        .failed, "cannot create a repository at \(folder): the folder \(above) does not exist",
        hint: "mkdir -p '\(above)', or mount the disk", path: folder)
    }
    return try asFault {
      var config = RepositoryConfig(
        id: machine.newID(), chunkLengths: .standard, created: machine.now())
      // Whoever is asked for a password may go away: nothing was made then.
      let slots = try slots?(config.id)
      let store = try LocalObjectStore.create(folder: Array(folder.utf8), operations: operations, machine: machine)
      try store.create(.formatReadme, Array(formatReadme.utf8))
      let keys = slots.map { _ in KeyRing(newFor: config.id) }
      if let keys, let slots {
        config = config.sealed(with: keys)
        let keySlots = KeySlots(folder: folder, repository: config.id, store: store)
        for slot in slots { try keySlots.store(slot.secret, label: slot.label, keys: keys) }
      }
      // The configuration comes last: a folder with one is a repository.
      try store.create(.config, config.encoded())
      return try Self.open(
        at: folder,
        access: RepositoryAccess(cacheFolder: cacheFolder) { slots in
          if let keys { .all(keys) } else { try RepositoryAccess.plain.unlock(slots) }
        }, events: events, operations: operations, machine: machine)
    }
  }

  /// Whether the folder holds what `create` makes before the configuration, or a part of it, and no version.
  static func isUnfinished(_ folder: String, _ names: [String]) -> Bool {
    guard !names.isEmpty, names.allSatisfy(LocalObjectStore.isMadeByCreation) else { return false }
    return ObjectFolder.allCases.filter { $0 != .keys }.allSatisfy { folderNames("\(folder)/\($0.name)") ?? [] == [] }
  }

  static func unfinished(_ folder: String) -> SnapFault {
    SnapFault(
      .noRepository, "no repository at \(folder): an init was cut short there, before anything was saved",
      hint: "rm -r '\(folder)', then snap init", path: folder)
  }
}

import Glibc
import Indexing
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
  /// - Throws: `SnapFault` `.failed` when it holds a repository, `.refused` when it holds anything else.
  @discardableResult
  package static func create(
    at folder: String, encryptedFor slots: ((RepositoryID) throws -> [NewKeySlot])? = nil, cacheFolder: String? = nil,
    events: any RepositoryEvents = SilentEvents(), operations: any FileOperations = SystemFileOperations()
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
      var random = SecureRandom()
      var config = RepositoryConfig(
        id: RepositoryID(using: &random), chunkLengths: .standard, created: currentTime())
      // Whoever is asked for a password may go away: nothing was made then.
      let slots = try slots?(config.id)
      let store = try LocalObjectStore.create(folder: Array(folder.utf8), operations: operations)
      try store.create(.formatReadme, Array(formatReadme.utf8))
      let keys = slots.map { _ in KeyRing(newFor: config.id) }
      if let keys, let slots {
        config = config.sealed(with: keys)
        let keySlots = KeySlots(folder: folder, repository: config.id, store: store)
        for slot in slots { try keySlots.store(slot.secret, label: slot.label, keys: keys) }
      }
      // The configuration comes last: a folder with one is a repository.
      try store.create(.config, config.encoded())
      return try open(
        at: folder,
        access: RepositoryAccess(cacheFolder: cacheFolder) { slots in
          if let keys { keys } else { try RepositoryAccess.plain.unlock(slots) }
        }, events: events, operations: operations)
    }
  }

  /// The repository of the project that `start` lies in: the nearest folder upwards that holds `.snap`, as git does it.
  package static func find(from start: String) -> String? {
    var folder = absolutePath(start)
    while true {
      let candidate = (folder == "/" ? "" : folder) + "/" + folderName
      // One that may not be entered is found, too: opening it says so.
      if isRepository(candidate) || isForbidden(candidate) { return candidate }
      guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
  }

  /// Opens the repository at `path`, or in the `.snap` of the folder `path`.
  ///
  /// Brings the index up to date with the records, or makes it anew where it is missing or damaged, and says so.
  ///
  /// - Parameters:
  ///   - access: opens it where it is encrypted.
  ///   - operations: the store's system calls; tests make them fail.
  package static func open(
    at path: String, access: RepositoryAccess = .plain, events: any RepositoryEvents,
    operations: any FileOperations = SystemFileOperations()
  ) throws -> Repository {
    let folder = try resolvedFolder(path)
    return try asFault {
      let config = try readConfig(at: folder)
      let stored = try LocalObjectStore(folder: Array(folder.utf8), operations: operations)
      let keys = config.isSealed ? try unlock(folder, config, stored, access) : nil
      let store = RepositoryStore(stored, keys: keys)
      let place = IndexFile(folder: folder, keys: keys, cacheFolder: access.cacheFolder)
      func repository(afterMovingIndexAside wasMoved: Bool) throws -> Repository {
        let (index, wasDamaged) = try openIndex(place, repository: config.id) { reason in
          events.note("index.sqlite cannot be written (\(reason.shortText)); this command uses an index in memory")
        }
        let repository = Repository(folder: folder, store: store, index: index, config: config, events: events)
        let isOnDisk = index.reasonNotWritten == nil
        if wasDamaged || wasMoved, isOnDisk {
          events.note("index.sqlite was damaged; rebuilt (old file kept as index.sqlite.bad)")
        }
        try repository.adopt(isNewIndex: index.isNew && !wasDamaged && !wasMoved && isOnDisk)
        return repository
      }
      do {
        return try repository(afterMovingIndexAside: false)
      } catch let error as IndexError where error.callsForRebuild {
        // Its tables are whole, and what stands in them is not.
        guard let path = place.path else { throw error }
        try RepositoryIndex.moveAside(path: path)
        return try repository(afterMovingIndexAside: true)
      }
    }
  }

  /// The key slots of the repository at `path`, which need no key to be seen.
  ///
  /// - Throws: `SnapFault` `.refused` where it is not encrypted.
  package static func keySlots(at path: String) throws -> KeySlots {
    let folder = try resolvedFolder(path)
    return try asFault {
      let config = try readConfig(at: folder)
      guard config.isSealed else {
        throw SnapFault(
          .refused, "\(folder) is not encrypted, so it has no keys", hint: "snap init --encrypt makes one that is",
          path: folder)
      }
      return KeySlots(
        folder: folder, repository: config.id, store: try LocalObjectStore(folder: Array(folder.utf8)))
    }
  }

  private static func resolvedFolder(_ path: String) throws -> String {
    var folder = absolutePath(path)
    if !isRepository(folder), isRepository(folder + "/" + folderName) { folder += "/" + folderName }
    guard isRepository(folder) else { throw notARepository(folder) }
    return folder
  }

  /// The keys of an encrypted repository, which must vouch for its configuration.
  private static func unlock(
    _ folder: String, _ config: RepositoryConfig, _ store: LocalObjectStore, _ access: RepositoryAccess
  ) throws -> KeyRing {
    let keys = try access.unlock(KeySlots(folder: folder, repository: config.id, store: store))
    guard config.isVouchedFor(by: keys) else {
      throw SnapFault(
        .tampering, "the configuration of \(folder) was changed by somebody who does not have its keys",
        hint: "put back the file config from a copy", path: folder)
    }
    return keys
  }

  private static func openIndex(
    _ place: IndexFile, repository: RepositoryID, whenOffDisk: @escaping @Sendable (IndexError) -> Void
  ) throws -> (RepositoryIndex, wasDamaged: Bool) {
    let cipher = place.cipher
    guard let path = place.path else {
      let reason = IndexError.cannotOpen(code: 0, text: "neither SNAP_CACHE_DIR nor HOME says where")
      let index = try RepositoryIndex(
        inMemory: repository, path: "", cipher: cipher, because: reason, whenOffDisk: whenOffDisk)
      return (index, false)
    }
    do {
      place.makeFolder()
      return (
        try RepositoryIndex(path: path, repository: repository, cipher: cipher, whenOffDisk: whenOffDisk), false
      )
    } catch {
      guard error.callsForRebuild else { throw error }
    }
    do {
      try RepositoryIndex.moveAside(path: path)
    } catch {
      // A damaged index where nothing can be renamed: nobody but this process needs a good one.
      return (
        try RepositoryIndex(
          inMemory: repository, path: path, cipher: cipher, because: error, whenOffDisk: whenOffDisk), true
      )
    }
    return (try RepositoryIndex(path: path, repository: repository, cipher: cipher, whenOffDisk: whenOffDisk), true)
  }

  private static func readConfig(at folder: String) throws -> RepositoryConfig {
    let store = try LocalObjectStore(folder: Array(folder.utf8))
    do {
      return try RepositoryConfig(decoding: store.read(.config))
    } catch PackingError.unknownFeature(let name) {
      throw SnapFault(
        .newerFormat, "repository needs feature '\(name)'; this is snap \(toolVersion)", hint: "upgrade snap")
    } catch PackingError.newerFormat(_, let version) {
      throw SnapFault(
        .newerFormat, "repository has format version \(version); this is snap \(toolVersion)", hint: "upgrade snap")
    } catch let error as PackingError {
      throw SnapFault(.damage, "the configuration of \(folder) cannot be read: \(error)", hint: "snap repair config")
    }
  }

  private static func notARepository(_ folder: String) -> SnapFault {
    for place in [folder, folder + "/" + folderName] {
      if let refusal = refusal(of: place) { return refusal }
    }
    guard let names = folderNames(folder) else {
      return SnapFault(.noRepository, "no repository at \(folder) (is the disk mounted?)", path: folder)
    }
    if isUnfinished(folder, names) { return unfinished(folder) }
    if names.contains("packs") && names.contains("snapshots") {
      return SnapFault(
        .damage, "\(folder) is not a snap repository (config missing)", hint: "snap repair config", path: folder)
    }
    return names.isEmpty
      ? SnapFault(.noRepository, "no repository at \(folder) (is the disk mounted?)", path: folder)
      : SnapFault(
        .noRepository, "\(folder) is not a snap repository (config missing)", hint: "snap init", path: folder)
  }

  /// Whether the folder holds what `create` makes before the configuration, or a part of it, and no version.
  private static func isUnfinished(_ folder: String, _ names: [String]) -> Bool {
    guard !names.isEmpty, names.allSatisfy(LocalObjectStore.isMadeByCreation) else { return false }
    return ObjectFolder.allCases.filter { $0 != .keys }.allSatisfy { folderNames("\(folder)/\($0.name)") ?? [] == [] }
  }

  private static func unfinished(_ folder: String) -> SnapFault {
    SnapFault(
      .noRepository, "no repository at \(folder): an init was cut short there, before anything was saved",
      hint: "rm -r '\(folder)', then snap init", path: folder)
  }

  /// What the store says of a folder that this user may not look into; `nil` of any other.
  private static func refusal(of folder: String) -> SnapFault? {
    guard isForbidden(folder) else { return nil }
    do {
      _ = try LocalObjectStore(folder: Array(folder.utf8)).exists(.config)
      return nil
    } catch {
      return (error as? ObjectStoreError)?.fault
    }
  }

  /// Whether it is a folder that this user may not look into.
  private static func isForbidden(_ folder: String) -> Bool {
    unsafe access(folder, F_OK) == 0 && access(folder + "/config", F_OK) != 0 && errno == EACCES
  }

  private static func isRepository(_ folder: String) -> Bool {
    ["/config", "/packs"].allSatisfy { unsafe access(folder + $0, F_OK) == 0 }
  }
}

/// The version of this program, as records and messages name it.
package let toolVersion = "0.1.0"

/// Turns what lower layers throw into what the user reads.
func asFault<R>(_ body: () throws -> R) throws -> R {
  do {
    return try body()
  } catch {
    throw snapFault(for: error) ?? error
  }
}

/// What the user reads of an error of the stores, the index or the formats; `nil` for an error of another kind.
package func snapFault(for error: any Error) -> SnapFault? {
  switch error {
  case let error as SnapFault: error
  case let error as ObjectStoreError: error.fault
  case let error as IndexError: error.fault
  case let error as ChunkFault: SnapFault(.damage, error.description, hint: "snap verify")
  case let error as PackingError: SnapFault(.damage, error.description, hint: "snap verify")
  default: nil
  }
}

/// `path` made absolute against the current folder, without `.`, `..` or doubled slashes; links are not resolved.
package func absolutePath(_ path: String) -> String {
  var components: [Substring] = []
  for component in (path.hasPrefix("/") ? path : currentFolder() + "/" + path).split(separator: "/") {
    switch component {
    case ".": continue
    case "..": _ = components.popLast()
    default: components.append(component)
    }
  }
  return "/" + components.joined(separator: "/")
}

private func currentFolder() -> String {
  guard let path = unsafe getcwd(nil, 0) else { return "/" }
  defer { unsafe free(path) }
  return unsafe String(cString: path)
}

/// The names in a folder but `.` and `..`; `nil` when it cannot be read.
private func folderNames(_ folder: String) -> [String]? {
  guard let stream = unsafe opendir(folder) else { return nil }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while let entry = unsafe readdir(stream) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
      unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

/// The time now, from the system's clock.
package func currentTime() -> Timestamp {
  var time = timespec()
  unsafe clock_gettime(CLOCK_REALTIME, &time)
  return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
}

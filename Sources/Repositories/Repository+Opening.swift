import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel

extension Repository {
  /// The repository of the project that `start` lies in: the nearest folder upwards that holds `.snap`, as git does it.
  package static func find(from start: String) -> String? {
    var folder = absolutePath(start)
    while true {
      let candidate = (folder == "/" ? "" : folder) + "/" + folderName
      // One that may not be entered is found, too: opening it says so.
      // So is one that has lost its configuration.
      if isRepository(candidate) || isForbidden(candidate) || hasPacksAndRecords(candidate) { return candidate }
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
  ///   - machine: tests simulate one.
  package static func open(
    at path: String, access: RepositoryAccess = .plain, events: any RepositoryEvents,
    operations: any FileOperations = SystemFileOperations(), machine: any Machine = SystemMachine()
  ) throws -> Repository {
    let folder = try resolvedFolder(path)
    return try asFault {
      let config = try readConfig(at: folder)
      let stored = try LocalObjectStore(folder: Array(folder.utf8), operations: operations, machine: machine)
      let keys = config.isSealed ? try unlock(folder, config, stored, access) : nil
      let store = RepositoryStore(stored, keys: keys)
      let place = IndexFile(folder: folder, keys: keys, cacheFolder: access.keepsIndex ? access.cacheFolder : nil)
      func repository(afterMovingIndexAside wasMoved: Bool) throws -> Repository {
        let (index, wasDamaged) = try openIndex(place, repository: config.id) { reason in
          if access.keepsIndex {
            events.note("index.sqlite cannot be written (\(reason.shortText)); this command uses an index in memory")
          }
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
  ) throws -> RepositoryKeys {
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

  static func readConfig(at folder: String) throws -> RepositoryConfig {
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
      return ObjectStoreError.noFolder(path: folder).fault
    }
    if isUnfinished(folder, names) { return unfinished(folder) }
    if hasPacksAndRecords(folder) {
      return SnapFault(
        .damage, "\(folder) is not a snap repository (config missing)", hint: "snap repair config", path: folder)
    }
    return names.isEmpty
      ? ObjectStoreError.noFolder(path: folder).fault
      : SnapFault(
        .noRepository, "\(folder) is not a snap repository (config missing)", hint: "snap init", path: folder)
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

  /// The folder itself, or the `.snap` in it where only that looks like a repository.
  static func folder(withPacksAt folder: String) -> String {
    let inner = folder + "/" + folderName
    return !hasPacksAndRecords(folder) && hasPacksAndRecords(inner) ? inner : folder
  }

  private static func hasPacksAndRecords(_ folder: String) -> Bool {
    ["/packs", "/snapshots"].allSatisfy { unsafe access(folder + $0, F_OK) == 0 }
  }

  /// Whether it is a folder that this user may not look into.
  static func isForbidden(_ folder: String) -> Bool {
    unsafe access(folder, F_OK) == 0 && access(folder + "/config", F_OK) != 0 && errno == EACCES
  }

  /// Whether a folder looks like one, be it whole or not.
  package static func isRepository(_ folder: String) -> Bool {
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
  case let error as GarbageRoots.UnreadableManifest: error.fault
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
func folderNames(_ folder: String) -> [String]? {
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
package func currentTime() -> Timestamp { SystemMachine().now() }

/// What this machine calls itself.
package func hostName() -> String { SystemMachine.hostName }

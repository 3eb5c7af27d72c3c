import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport

@testable import Repositories

/// A repository in a temporary folder, and a saver of trees that are held in memory.
final class RepositoryFixture: Sendable {
  /// Content by path; folders are left out but for the root.
  typealias Tree = [String: [UInt8]]

  let holder = StoreTestFolder()
  var path: String { holder.path("repository") }
  let events = RecordedEvents()

  /// Opens it where it is encrypted.
  private let keys: Mutex<KeyRing?>
  private let secret: SlotSecret
  var isEncrypted: Bool { keys.withLock { $0 != nil } }
  /// Of an encrypted repository: where its index lies.
  var cacheFolder: String { holder.path("cache") }

  init(
    isEncrypted: Bool = false, operations: any FileOperations = SystemFileOperations(),
    machine: any Machine = SystemMachine()
  ) throws {
    secret = .recoveryCode(RecoveryCode().secret)
    let slot = NewKeySlot(secret: secret, label: "test")
    let repository = try Repository.create(
      at: holder.path("repository"), encryptedFor: isEncrypted ? { _ in [slot] } : nil,
      cacheFolder: holder.path("cache"), events: events, operations: operations, machine: machine)
    keys = Mutex(repository.keys)
    repository.close()
  }

  /// Another handle on it, as another process would have it.
  func open(
    operations: any FileOperations = SystemFileOperations(), machine: any Machine = SystemMachine()
  ) throws -> Repository {
    try Repository.open(at: path, access: access, events: events, operations: operations, machine: machine)
  }

  var access: RepositoryAccess {
    let keys = keys.withLock { $0 }
    return RepositoryAccess(cacheFolder: cacheFolder) { slots in
      if let keys { .all(keys) } else { try RepositoryAccess.plain.unlock(slots) }
    }
  }

  /// Gives it new keys, and seals everything under them; nothing where it is not encrypted.
  func rotateKeys(of repository: Repository) throws {
    guard let slots = repository.keySlots, let old = repository.keys else { return }
    let new = try slots.rotate(secret, label: "test", keys: old)
    keys.withLock { $0 = new }
    let rotated = try open()
    _ = try rotated.reseal()
    rotated.close()
  }

  /// Where the index lies.
  func indexPath() -> String {
    guard let keys = keys.withLock({ $0 }) else { return path + "/index.sqlite" }
    return "\(cacheFolder)/\(keys.repository.hexadecimal)/index.sqlite"
  }

  /// Bytes of the objects that a collection can free, as the file system has them.
  func objectBytes() -> UInt64 {
    files().filter { !$0.path.hasPrefix("operations/") && $0.path.contains("/") && !$0.path.hasPrefix("tmp/") }
      .reduce(0) { $0 + UInt64($1.bytes.count) }
  }

  /// The same as they can be put back, with folders as `path/`.
  func contents() -> [String: [UInt8]] {
    var contents = Dictionary(uniqueKeysWithValues: files().map { ($0.path, $0.bytes) })
    for name in names("") where isFolder(path + "/" + name) {
      contents[name + "/"] = []
      for child in names(name) where isFolder("\(path)/\(name)/\(child)") { contents["\(name)/\(child)/"] = [] }
    }
    return contents
  }

  /// Every file of the repository but the index, by its path in it.
  func files() -> [(path: String, bytes: [UInt8])] {
    var found: [(path: String, bytes: [UInt8])] = []
    func walk(_ relative: String) {
      for name in StoreTestFolder.names(path + "/" + relative) where !name.hasPrefix("index.sqlite") {
        let child = relative.isEmpty ? name : relative + "/" + name
        if isFolder(path + "/" + child) {
          walk(child)
        } else {
          found.append((child, StoreTestFolder.bytes(path + "/" + child) ?? []))
        }
      }
    }
    walk("")
    return found
  }

  func names(_ folder: String) -> [String] { StoreTestFolder.names(path + "/" + folder) }

  /// Makes this folder hold what another does.
  static func copy(_ source: String, to target: String) {
    _ = unsafe mkdir(target, 0o700)
    for name in StoreTestFolder.names(source) {
      let (from, to) = (source + "/" + name, target + "/" + name)
      if isFolder(from) { copy(from, to: to) } else { StoreTestFolder.write(StoreTestFolder.bytes(from) ?? [], to: to) }
    }
  }

  func removeIndex() {
    for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(indexPath() + suffix) }
  }

  /// Saves a state of the repository, to return to.
  func keep(as name: String) -> String {
    let target = holder.path(name)
    Self.copy(path, to: target)
    return target
  }

  func goBack(to kept: String) {
    StoreTestFolder.remove(path)
    Self.copy(kept, to: path)
  }
}

private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Notes what a repository tells.
final class RecordedEvents: RepositoryEvents {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func note(_ message: String) { lines.withLock { $0.append(message) } }
  func warn(_ message: String) { lines.withLock { $0.append("warning: " + message) } }
}

extension Repository {
  /// Saves a tree the way the archiver does it, its files cut into pieces of `pieceLength`.
  ///
  /// - Parameter sharesFrames: whether changes of several files may be one delta.
  @discardableResult
  func save(
    _ version: String, _ tree: RepositoryFixture.Tree, pieceLength: Int = 1024, sharesFrames: Bool = true,
    beforeCommit: ((SaveSession, Int) throws -> Void)? = nil
  ) throws -> Snapshot {
    try requireFree(version: version)
    var attempt = 0
    return try withSaveInProgress { pool in
      attempt += 1
      let session = try SaveSession(repository: self, parent: try snapshots().last?.snapshot, pool: pool)
      do {
        let manifest = try session.store(tree, pieceLength: pieceLength, sharesFrames: sharesFrames)
        try beforeCommit?(session, attempt)
        return try session.commit(version, manifest)
      } catch {
        session.keepWhatIsStored()
        throw error
      }
    }
  }

  /// Saves `v1`, `v2` …, each an edited version of the one before.
  @discardableResult
  func saveHistory(
    versions: Int, files: Int = 5, random: inout SeededGenerator
  ) throws -> [String: RepositoryFixture.Tree] {
    var trees: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree(files: files)
    for number in 1...versions {
      trees["v\(number)"] = tree
      try save("v\(number)", tree)
      tree = random.edited(tree)
    }
    return trees
  }

  /// Stores a pack as a save that was killed leaves it.
  func storePack(_ frames: [EncodedFrame]) throws -> PackID {
    var random = SecureRandom()
    var writer = PackWriter(repository: id, pack: PackID(using: &random))
    for frame in frames { writer.append(frame) }
    let pack = writer.finish()
    try store.create(.pack(pack.id), pack.bytes)
    return pack.id
  }

  func tree(of snapshot: Snapshot) throws -> RepositoryFixture.Tree {
    var tree: RepositoryFixture.Tree = [:]
    let reader = reader()
    try manifest(of: snapshot).forEach { entry in
      guard entry.kind == .file else { return }
      tree[entry.path.description] = try reader.chunks(of: entry.content).flatMap { try reader.bytes(of: $0) }
    }
    return tree
  }

  func version(_ name: String) throws -> Snapshot? { try snapshots().first { $0.snapshot.version == name }?.snapshot }

  func forget(_ versions: [String]) throws {
    let ids = try snapshots().filter { versions.contains($0.snapshot.version) }.map(\.snapshot.id)
    try Forgetter.execute(Forgetter.plan(ids, in: self), in: self)
  }

  /// As `snap gc` does it where there is something to free.
  func prepareAndCollect(undoWindowSeconds: Int64 = 0) throws {
    let plan = try GarbageCollector.prepare(in: self, isDryRun: false, undoWindowSeconds: undoWindowSeconds).plan
    try GarbageCollector.execute(plan, in: self)
  }

  /// As `snap gc` does it where there is nothing to free.
  func repackAndCollect(isDeep: Bool, undoWindowSeconds: Int64 = 0) throws {
    let plan = try GarbageCollector.repack(
      in: self, isDeep: isDeep, isDryRun: false, undoWindowSeconds: undoWindowSeconds
    ).plan
    try GarbageCollector.execute(plan, in: self)
  }

  @discardableResult
  func collect(undoWindowSeconds: Int64 = 0) throws -> GarbageOutcome {
    try GarbageCollector.execute(
      GarbageCollector.plan(in: self, undoWindowSeconds: undoWindowSeconds), in: self)
  }
}

private let metadata = FileMetadata(
  mode: 0o644, owner: FileOwner(userID: 0, groupID: 0), modified: Timestamp(seconds: 1_700_000_000))

extension SaveSession {
  /// Everything before the commit: content, manifest, frames; packs may still be filling.
  func store(
    _ tree: RepositoryFixture.Tree, pieceLength: Int = 1024, sharesFrames: Bool = true
  ) throws -> ChunkReference {
    let old = try repository.snapshots().last.map { try repository.manifest(of: $0.snapshot) }
    let hasher = ChunkHasher(repository.naming)
    try append(ManifestEntry(path: .root, kind: .directory, metadata: metadata))
    for (path, bytes) in tree.compactMap({ entry in ArchivePath(entry.key).map { ($0, entry.value) } })
      .sorted(by: { $0.0 < $1.0 })
    {
      let prior = try old?.entry(at: path)?.content
      var stream = try makeContentStream(prior: prior, isOwn: sharesFrames, byteCountExpected: UInt64(bytes.count))
      for start in stride(from: 0, to: bytes.count, by: pieceLength) {
        let piece = bytes[start..<min(start + pieceLength, bytes.count)]
        try stream.add(HashedChunk(id: hasher.id(of: piece), bytes: piece))
      }
      let content = try content(of: stream.finish(), prior: prior)
      try append(
        ManifestEntry(path: path, kind: .file, metadata: metadata, size: UInt64(bytes.count), content: content))
    }
    let manifest = try finishManifest()
    try flush()
    return manifest
  }

  func commit(_ version: String, _ manifest: ChunkReference) throws -> Snapshot {
    try committed(version, manifest).snapshot
  }

  func committed(_ version: String, _ manifest: ChunkReference) throws -> Committed {
    try commit { id in
      Snapshot(
        id: id, version: version, created: currentTime(), host: "h", user: "u", root: Array("/r".utf8),
        sources: [.root],
        manifest: manifest, toolVersion: toolVersion)
    }
  }
}

extension SeededGenerator {
  /// A tree of a few files of up to 12 KiB.
  mutating func tree(files: Int = 5) -> RepositoryFixture.Tree {
    var tree: RepositoryFixture.Tree = [:]
    for number in 0..<files { tree["f\(number)"] = text(Int.random(in: 0...12_000, using: &self)) }
    return tree
  }

  /// Another version of it: some files edited in place, grown, renamed, removed, new.
  mutating func edited(_ old: RepositoryFixture.Tree) -> RepositoryFixture.Tree {
    var tree = old
    for (name, bytes) in old.sorted(by: { $0.key < $1.key }) {
      switch Int.random(in: 0..<8, using: &self) {
      case 0: tree[name] = nil
      case 1: tree[name] = bytes + text(Int.random(in: 1...2000, using: &self))
      case 2, 3:
        var changed = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !changed.isEmpty {
          changed[Int.random(in: 0..<changed.count, using: &self)] ^= 1
        }
        tree[name] = changed
      case 4:
        tree[name] = nil
        tree[name + "x"] = bytes
      default: break
      }
    }
    if chance(1, in: 2) { tree["n\(next() % 1000)"] = text(Int.random(in: 1...9000, using: &self)) }
    return tree
  }
}

/// Makes a file look older than it is.
func setModified(_ path: String, hoursAgo: Int64) {
  var times = [timespec(), timespec()]
  for at in times.indices { times[at].tv_sec = time_t(currentTime().seconds - hoursAgo * 3600) }
  _ = unsafe utimensat(AT_FDCWD, path, &times, 0)
}

import Glibc
import ObjectStores
import Packing
import Repositories
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import FileTrees

/// A tree on disk, a repository beside it, and what brings one into the other and back.
final class ArchiveFixture {
  let source: WalkFixture
  let holder = StoreTestFolder()
  let repository: Repository
  let events = ArchiveEvents()

  init() throws {
    source = try WalkFixture(isInMemory: true)
    repository = try Repository.create(at: holder.path("repository"))
  }

  /// Not by way of this process's environment: to change that while other tests read it brings them down.
  private func environment() -> @Sendable (String) -> [UInt8]? {
    let cache = Array(holder.path("cache").utf8)
    return { $0 == "SNAP_CACHE_DIR" ? cache : nil }
  }

  @discardableResult
  func save(
    _ version: String, root: [UInt8]? = nil, sources: [ArchivePath] = [.root],
    _ change: (inout SaveRequest) -> Void = { _ in }
  ) throws -> SaveOutcome {
    var request = SaveRequest(
      version: version, input: .tree(root: root ?? source.root, sources: sources), host: "host", user: "user")
    request.environment = environment()
    change(&request)
    return try Archiver.save(request, to: repository, events: events)
  }

  @discardableResult
  func save(_ version: String, stream bytes: [UInt8], name: String = "dump.sql") throws -> SaveOutcome {
    let file = holder.path("stream")
    StoreTestFolder.write(bytes, to: file)
    let descriptor = unsafe open(file, O_RDONLY)
    defer { close(descriptor) }
    var request = SaveRequest(
      version: version, input: .stream(descriptor: descriptor, name: try #require(ArchivePath(name))), host: "host",
      user: "user")
    request.environment = environment()
    return try Archiver.save(request, to: repository, events: events)
  }

  func entries(_ snapshot: Snapshot) throws -> [ManifestEntry] {
    var entries: [ManifestEntry] = []
    try repository.manifest(of: snapshot).forEach { entries.append($0) }
    return entries
  }

  func bytes(_ path: String, in snapshot: Snapshot) throws -> [UInt8] {
    let reader = repository.reader()
    let path = try #require(ArchivePath(path))
    let entry = try #require(try repository.manifest(of: snapshot).entry(at: path))
    return try reader.chunks(of: entry.content).flatMap { try reader.bytes(of: $0) }
  }

  /// Restores into a new folder.
  ///
  /// - Returns: its path.
  func restore(_ snapshot: Snapshot, to name: String) throws -> String {
    let target = holder.path(name)
    _ = unsafe mkdir(target, 0o700)
    let restorer = Restorer(
      target: Array(target.utf8), options: RestoreOptions(), content: repository.reader(), events: RecordedEvents())
    let summary = try restorer.restore(entries(snapshot))
    #expect(summary.faults.isEmpty)
    return target
  }

  /// Bytes of packs on disk.
  func packBytes() throws -> UInt64 { try repository.statistics().bytesPacks }
}

/// Notes what a save tells.
final class ArchiveEvents: SaveEvents {
  private let lines = Mutex<[String]>([])
  private let stops = Mutex(false)
  /// Called on the saving thread when it comes to something that is left out.
  nonisolated(unsafe) var whenIgnored: () -> Void = {}
  var all: [String] { lines.withLock { $0 } }
  func stop(_ value: Bool) { stops.withLock { $0 = value } }
  func note(_ message: String) { lines.withLock { $0.append(message) } }
  func warn(_ message: String) { lines.withLock { $0.append("warning: " + message) } }
  func progress(_ progress: SaveProgress) {}
  func itemFailed(_ path: ArchivePath, _ reason: String) { lines.withLock { $0.append("failed \(path): \(reason)") } }
  func ignored(_ path: ArchivePath, isDirectory: Bool, decision: IgnoreDecision) { unsafe whenIgnored() }
  var shouldStop: Bool { stops.withLock { $0 } }
}

import Glibc
import Indexing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

/// What becomes of an index whose file cannot be written.
struct MemoryIndexTests {
  private let fixture = IndexFixture()
  private let reasons = Reasons()

  private final class Reasons: Sendable {
    let all = Mutex<[IndexError]>([])
  }

  private func open() throws -> RepositoryIndex {
    let reasons = reasons
    return try RepositoryIndex(path: fixture.path, repository: fixture.repository) { reason in
      reasons.all.withLock { $0.append(reason) }
    }
  }

  @Test func `an index on a full disk goes on in memory with all that it held, and says so once`() throws {
    let index = try open()
    let pack = fixture.pack()
    try index.insert([pack])
    var random = SeededGenerator(seed: 3)
    let id = SnapshotID(using: &random)
    try index.setSnapshot(id, record: [1, 2])
    index.limitPages(to: 12)
    let others = (0..<50).map { _ in fixture.pack(frames: 50) }
    try index.insert(others)
    try index.insert([fixture.pack()])
    #expect(reasons.all.withLock { $0 } == [.noSpace])
    #expect(index.reasonNotWritten == .noSpace && !index.isReadOnly)
    #expect(try index.packIDs().count == 52)
    #expect(try index.locate(pack.locations[0].id) == [pack.locations[0].location])
    #expect(try index.locate(others[49].locations[9].id) == [others[49].locations[9].location])
    #expect(try index.snapshotRecords().map(\.1) == [[1, 2]])
    index.close()
    #expect(try fixture.open().packIDs().count == 1, "the file is as it was")
  }

  @Test func `what only spares work is no reason to leave the disk`() throws {
    try fixture.open().close()
    let reasons = reasons
    let index = try RepositoryIndex(readingOnly: fixture.path, repository: fixture.repository) { reason in
      reasons.all.withLock { $0.append(reason) }
    }
    #expect(throws: IndexError.readOnly) { try index.setStamp("packs", 1) }
    #expect(throws: IndexError.readOnly) { try index.setCachedValue("usage", [1]) }
    #expect(reasons.all.withLock { $0.isEmpty })
    try index.insert([fixture.pack()])
    #expect(reasons.all.withLock { $0 } == [.readOnly])
    #expect(index.isReadOnly)
    #expect(try index.packIDs().count == 1)
    #expect(try fixture.open().packIDs().isEmpty)
  }

  @Test func `an index in memory copies a whole file and makes anew what it cannot read`() throws {
    let pack = fixture.pack()
    do {
      let index = try fixture.open()
      try index.insert([pack])
      index.close()
    }
    let copy = try RepositoryIndex(
      inMemory: fixture.repository, path: fixture.path, because: .readOnly, whenOffDisk: { _ in })
    #expect(!copy.isNew)
    #expect(try copy.locate(pack.locations[0].id) == [pack.locations[0].location])
    StoreTestFolder.write([1, 2, 3], to: fixture.path)
    let new = try RepositoryIndex(
      inMemory: fixture.repository, path: fixture.path, because: .readOnly, whenOffDisk: { _ in })
    #expect(new.isNew)
    #expect(try new.packIDs().isEmpty)
    // The first one lives on its own.
    #expect(try copy.packIDs().count == 1)
  }

  @Test func `threads share an index in memory`() throws {
    let index = try RepositoryIndex(
      inMemory: fixture.repository, path: fixture.path, because: .noSpace, whenOffDisk: { _ in })
    let packs = (0..<40).map { _ in fixture.pack() }
    try index.insert(Array(packs.prefix(20)))
    let failures = Mutex(0)
    _ = StoreTestThreads.run(4) { number in
      for (at, pack) in packs.enumerated() {
        do {
          if number == 0, at >= 20 { try index.insert([pack]) }
          if try at < 20 && index.locate(pack.locations[0].id).count != 1 { failures.withLock { $0 += 1 } }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    #expect(failures.withLock { $0 } == 0)
    #expect(try index.packIDs().count == 40)
  }

  @Test func `a discarded file gives its space back, and the index goes on`() throws {
    let index = try open()
    let pack = fixture.pack()
    try index.insert([pack])
    #expect(try index.discardFile() > 4096)
    #expect(StoreTestFolder.names(fixture.folder.path).isEmpty)
    #expect(try index.locate(pack.locations[0].id) == [pack.locations[0].location])
    #expect(try index.discardFile() == 0)
  }

  @Test func `packs that were inserted in part are told until they are removed`() throws {
    let index = try open()
    var pack = fixture.pack()
    pack.isIncomplete = true
    try index.insert([pack, fixture.pack()])
    #expect(try index.incompletePacks() == [pack.id])
    try index.remove(packs: [pack.id])
    #expect(try index.incompletePacks().isEmpty)
  }
}

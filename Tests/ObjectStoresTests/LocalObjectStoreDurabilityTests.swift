import Glibc
import ObjectStores
import SnapshotModel
import Synchronization
import TestSupport
import Testing

struct LocalObjectStoreDurabilityTests {
  let folder = StoreTestFolder()
  let pack = PackID(bytes: [0x7C] + [UInt8](repeating: 1, count: 15))!
  let snapshot = SnapshotID(bytes: [UInt8](repeating: 2, count: 16))!

  func store(_ operations: RecordingFileOperations = .init()) throws -> LocalObjectStore {
    try LocalObjectStore.create(folder: Array(folder.path("r").utf8), operations: operations)
  }

  @Test func `an object is written, synchronized, named and its folder synchronized, in this order`() throws {
    let operations = RecordingFileOperations()
    let store = try store(operations)
    operations.forget()
    let name = ObjectName.snapshot(snapshot)
    try store.create(name, [1, 2, 3])
    #expect(
      operations.log == [
        "create tmp/*", "write tmp/*", "fsync tmp/*", "rename-exclusive tmp/* \(name.path)", "open snapshots",
        "fsync snapshots",
      ])
  }

  @Test func `the first pack of a two-digit folder makes it durable too`() throws {
    let operations = RecordingFileOperations()
    let store = try store(operations)
    operations.forget()
    let name = ObjectName.pack(pack)
    try store.create(name, [1])
    let rename = "rename-exclusive tmp/* \(name.path)"
    #expect(
      operations.log == [
        "create tmp/*", "write tmp/*", "fsync tmp/*", rename, "mkdir packs", "mkdir packs/7c", rename, "open packs/7c",
        "fsync packs/7c", "open packs", "fsync packs",
      ])
    operations.forget()
    try store.create(.pack(PackID(bytes: [0x7C] + [UInt8](repeating: 9, count: 15))!), [1])
    #expect(operations.log.filter { $0.hasPrefix("fsync") } == ["fsync tmp/*", "fsync packs/7c"])
  }

  @Test func `a folder that another process made is synchronized once by each process that uses it`() throws {
    try store().create(.pack(pack), [1])
    let operations = RecordingFileOperations()
    let other = try LocalObjectStore(folder: Array(folder.path("r").utf8), operations: operations)
    try other.create(.pack(PackID(bytes: [0x7C] + [UInt8](repeating: 9, count: 15))!), [1])
    #expect(operations.log.filter { $0.hasPrefix("fsync") } == ["fsync tmp/*", "fsync packs/7c", "fsync packs"])
  }

  @Test func `replacing synchronizes before and after it renames`() throws {
    let operations = RecordingFileOperations()
    let store = try store(operations)
    operations.forget()
    try store.replace(.labels(snapshot), [1])
    #expect(
      operations.log == [
        "create tmp/*", "write tmp/*", "fsync tmp/*", "rename tmp/* \(ObjectName.labels(snapshot).path)",
        "open labels", "fsync labels",
      ])
  }

  @Test func `deleting synchronizes each folder once, after all names are gone`() throws {
    let operations = RecordingFileOperations()
    let store = try store(operations)
    var random = SeededGenerator(seed: 3)
    let names = (0..<3).flatMap { _ in ObjectStoreConformance.names(&random) }
    for name in names { try store.create(name, [1]) }
    operations.forget()
    try store.delete(names)
    let log = operations.log
    let synced = log.filter { $0.hasPrefix("fsync") }
    #expect(Set(synced).count == synced.count)
    #expect(Set(synced) == Set(names.map { "fsync \($0.parentPath)" }))
    let lastUnlink = try #require(log.lastIndex { $0.hasPrefix("unlink") })
    let firstSync = try #require(log.firstIndex { $0.hasPrefix("fsync") })
    #expect(lastUnlink < firstSync)
  }

  @Test(arguments: [EIO, ENOSPC, EDQUOT, EACCES, EROFS, EMFILE])
  func `whichever call fails, nothing lies under the name and nothing in tmp`(_ number: Int32) throws {
    for name in [ObjectName.pack(pack), .snapshot(snapshot), .tomb(CollectionID(bytes: pack.bytes)!)] {
      let dry = RecordingFileOperations()
      _ = try LocalObjectStore.create(folder: Array(folder.path("dry").utf8), operations: dry)
      dry.forget()
      let reference = try LocalObjectStore(folder: Array(folder.path("dry").utf8), operations: dry)
      dry.forget()
      try reference.create(name, [1, 2])
      let count = dry.log.count
      StoreTestFolder.remove(folder.path("dry"))
      for failing in 0..<count {
        let path = folder.path("r\(failing)")
        _ = try LocalObjectStore.create(folder: Array(path.utf8))
        let calls = Counter()
        let operations = RecordingFileOperations { call in
          guard call != "open-root" else { return .none }
          return calls.next() == failing ? .errno(number) : .none
        }
        let store = try LocalObjectStore(folder: Array(path.utf8), operations: operations)
        do {
          try store.create(name, [1, 2])
          Issue.record("call \(failing) of \(name), \(dry.log[failing]), failed unnoticed")
        } catch let error as ObjectStoreError {
          #expect(!"\(error)".isEmpty)
        }
        #expect(try !store.exists(name), "after failing \(operations.log)")
        #expect(StoreTestFolder.names("\(path)/tmp") == [])
        try store.create(name, [3])
        #expect(try store.read(name) == [3])
        StoreTestFolder.remove(path)
      }
    }
  }

  @Test func `a file whose fsync failed is abandoned and never synchronized again`() throws {
    let calls = Counter()
    let operations = RecordingFileOperations { call in
      call == "fsync tmp/*" && calls.next() == 0 ? .errno(EIO) : .none
    }
    let store = try store(operations)
    operations.forget()
    let name = ObjectName.pack(pack)
    #expect(throws: ObjectStoreError.notDurable(path: name.path, errno: EIO)) { try store.create(name, [1]) }
    #expect(operations.log == ["create tmp/*", "write tmp/*", "fsync tmp/*", "unlink tmp/*"])
    try store.create(name, [1])
    #expect(try store.read(name) == [1])
  }

  @Test func `a link that NFS made before losing the answer counts as made`() throws {
    let folder = folder
    let operations = RecordingFileOperations { call in
      guard !call.hasPrefix("rename-exclusive") else { return .errno(EINVAL) }
      guard call.hasPrefix("link ") else { return .none }
      let target = String(call.split(separator: " ")[2])
      let file = StoreTestFolder.names(folder.path("r/tmp"))[0]
      _ = unsafe link(folder.path("r/tmp/\(file)"), folder.path("r/\(target)"))
      return .errno(EEXIST)
    }
    let store = try store(operations)
    try store.create(.snapshot(snapshot), [5])
    #expect(try store.read(.snapshot(snapshot)) == [5])
    #expect(StoreTestFolder.names(folder.path("r/tmp")) == [])
  }

  @Test func `a stale handle is opened again, once`() throws {
    let stale = Counter()
    let operations = RecordingFileOperations { call in
      call.hasPrefix("create") && stale.next() == 0 ? .errno(ESTALE) : .none
    }
    let store = try store(operations)
    try store.create(.snapshot(snapshot), [5])
    #expect(operations.log.filter { $0 == "open-root" }.count == 3)  // create's parent, init, the renewal

    let hopeless = RecordingFileOperations { $0.hasPrefix("open snap") ? .errno(ESTALE) : .none }
    let other = try LocalObjectStore(folder: Array(folder.path("r").utf8), operations: hopeless)
    let error = #expect(throws: ObjectStoreError.self) { try other.read(.snapshot(snapshot)) }
    #expect(error?.fault.message == "stale file handle on \(folder.path("r"))")
    #expect(error?.fault.code == .inputOutput)
  }
}

/// Counts from 0, on any thread.
final class Counter: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}

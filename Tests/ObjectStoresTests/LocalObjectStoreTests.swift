import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

struct LocalObjectStoreTests {
  let folder = StoreTestFolder()
  let snapshot = SnapshotID(bytes: [UInt8](repeating: 2, count: 16))!
  var path: String { folder.path("r") }

  func store(_ operations: any FileOperations = SystemFileOperations()) throws -> LocalObjectStore {
    try LocalObjectStore.create(folder: Array(path.utf8), operations: operations)
  }

  @Test func `a new repository can be read by its owner alone`() throws {
    let store = try store()
    try store.create(.config, [1])
    let pack = ObjectName.pack(PackID(bytes: [UInt8](repeating: 7, count: 16))!)
    try store.create(pack, [1])
    let folders = ObjectFolder.allCases.filter { $0 != .keys && $0 != .writers }.map(\.name)
    #expect(StoreTestFolder.names(path) == ["config"] + folders.sorted().merging("tmp"))
    for (name, mode) in [(".", 0o700), ("packs", 0o700), ("packs/07", 0o700), ("config", 0o600), (pack.path, 0o600)] {
      var status = stat()
      #expect(unsafe stat("\(path)/\(name)", &status) == 0)
      #expect(Int(status.st_mode & 0o777) == mode, "\(name)")
    }
  }

  @Test func `a folder that is moved while open stays the one that was opened`() throws {
    let store = try store()
    #expect(unsafe rename(path, folder.path("moved")) == 0)
    try store.create(.snapshot(snapshot), [1])
    #expect(StoreTestFolder.bytes(folder.path("moved/\(ObjectName.snapshot(snapshot).path)")) == [1])
  }

  @Test func `a repository that is deleted while open is reported as gone`() throws {
    let store = try store()
    StoreTestFolder.remove(path)
    let error = #expect(throws: ObjectStoreError.self) { try store.create(.snapshot(snapshot), [1]) }
    #expect(error?.fault.code == .noRepository)
    #expect(error?.fault.message == "no repository at \(path) (is the disk mounted?)")
    #expect(throws: ObjectStoreError.noFolder(path: path)) { try store.list(.packs) }
  }

  @Test func `a path that is not UTF-8 is opened, and escaped in messages`() throws {
    let bytes = Array(folder.path("r").utf8) + [0xFF]
    let store = try LocalObjectStore.create(folder: bytes)
    try store.create(.config, [1])
    #expect(store.path.hasSuffix("r\\xff"))
    #expect(try LocalObjectStore(folder: bytes).read(.config) == [1])
  }

  @Test func `what is not ours is neither listed nor opened`() throws {
    let store = try store()
    let pack = PackID(bytes: [UInt8](repeating: 0xAB, count: 16))!
    try store.create(.pack(pack), [1])
    let hex = pack.hexadecimal
    StoreTestFolder.write([1], to: "\(path)/packs/ab/\(hex.uppercased())")
    StoreTestFolder.write([1], to: "\(path)/packs/ab/README")
    StoreTestFolder.write([1], to: "\(path)/packs/\(hex)")
    _ = unsafe mkdir("\(path)/packs/cd", 0o700)
    StoreTestFolder.write([1], to: "\(path)/packs/cd/\(hex)")
    _ = unsafe mkdir("\(path)/packs/zz", 0o700)
    _ = unsafe mkdir("\(path)/packs/AB", 0o700)
    #expect(try store.list(.packs) == [.pack(pack)])

    StoreTestFolder.write([1], to: folder.path("secret"))
    let name = ObjectName.snapshot(snapshot)
    _ = unsafe symlink(folder.path("secret"), "\(path)/\(name.path)")
    #expect(throws: ObjectStoreError.notAnObject(name)) { try store.read(name) }
    _ = unsafe unlink("\(path)/\(name.path)")
    _ = unsafe mkfifo("\(path)/\(name.path)", 0o600)
    #expect(throws: ObjectStoreError.notAnObject(name)) { try store.read(name) }
    #expect(throws: ObjectStoreError.exists(name)) { try store.create(name, [1]) }
  }

  @Test func `a truncated object says what was expected`() throws {
    let store = try store()
    let pack = ObjectName.pack(PackID(bytes: [UInt8](repeating: 0xAB, count: 16))!)
    try store.create(pack, [1, 2, 3])
    #expect(throws: ObjectStoreError.truncated(pack, expected: 10, found: 3)) { try store.read(pack, range: 2..<10) }
    #expect(throws: ObjectStoreError.notAnObject(pack)) { try store.read(pack, range: 0..<(1 << 31)) }
  }

  @Test(arguments: [
    (ENOSPC, FaultCode.noSpace, "no space left on R"),
    (EDQUOT, .noSpace, "disk quota exceeded on R"),
    (EACCES, .permission, "cannot write to R/snapshots: Permission denied (owner OWNER)"),
    (EPERM, .permission, "cannot write to R/snapshots: Operation not permitted (owner OWNER)"),
    (EROFS, .permission, "repository is read-only"),
    (EIO, .inputOutput, "I/O error writing snapshots/02020202020202020202020202020202"),
    (EMFILE, .failed, "out of file descriptors (limit LIMIT)"),
    (ENFILE, .failed, "out of file descriptors (limit LIMIT)"),
    (EFBIG, .inputOutput, "cannot write to snapshots/02020202020202020202020202020202: File too large"),
  ])
  func `each failure of the system has its own words`(_ number: Int32, _ code: FaultCode, _ text: String) throws {
    _ = try store()
    let operations = RecordingFileOperations { $0.hasPrefix("write") ? .errno(number) : .none }
    let store = try LocalObjectStore(folder: Array(path.utf8), operations: operations)
    let fault = #expect(throws: ObjectStoreError.self) { try store.create(.snapshot(snapshot), [1]) }?.fault
    let owner = unsafe getpwuid(getuid()).map { unsafe String(cString: $0.pointee.pw_name) } ?? "user \(getuid())"
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let expected = text.replacing("OWNER", with: owner).replacing("LIMIT", with: "\(limit.rlim_cur)")
      .replacing("R/", with: "\(path)/").replacing("on R", with: "on \(path)")
    #expect(fault?.message == expected)
    #expect(fault?.code == code)
  }

  @Test func `a repository that cannot be opened says why`() throws {
    let missing = folder.path("missing")
    #expect(throws: ObjectStoreError.noFolder(path: missing)) { try LocalObjectStore(folder: Array(missing.utf8)) }
    StoreTestFolder.write([1], to: folder.path("file"))
    #expect(throws: ObjectStoreError.noFolder(path: folder.path("file"))) {
      try LocalObjectStore(folder: Array(folder.path("file").utf8))
    }
    #expect(throws: ObjectStoreError.self) { try LocalObjectStore.create(folder: Array("\(missing)/r".utf8)) }
  }

  @Test func `sweeping takes old files of dead processes and leaves all others`() throws {
    let store = try store()
    let boot = String(
      decoding: (StoreTestFolder.bytes("/proc/sys/kernel/random/boot_id") ?? []).prefix(8), as: UTF8.self)
    let old = Int(time(nil)) - 25 * 60 * 60
    // No process has the id 2^22 + 1: it is above the kernel's greatest.
    let dead = "\(boot)-4194305-0123456789abcdef"
    let elsewhere = "00112233-1-0123456789abcdef"
    let ahead = "\(boot)-4194305-0011223344556677"
    let ancient = "\(boot)-4194305-7766554433221100"
    let files: [(name: String, isOld: Bool)] = [
      (dead, true), (elsewhere, true), ("\(boot)-\(getpid())-0123456789abcdef", true),
      (ahead, false), (ancient, true), ("\(boot)-4194305-fedcba9876543210", false),
      ("00112233-1-fedcba9876543210", false),
      ("note.txt", true),
    ]
    for file in files {
      StoreTestFolder.write([1, 2, 3], to: "\(path)/tmp/\(file.name)")
      guard file.isOld || file.name == ahead else { continue }
      let seconds = [ahead: 4_000_000_000, ancient: Int.min][file.name] ?? old
      let time = timespec(tv_sec: seconds, tv_nsec: 0)
      let times = [time, time]
      #expect(unsafe utimensat(AT_FDCWD, "\(path)/tmp/\(file.name)", times, 0) == 0)
    }
    let swept = try store.sweepTemporary()
    #expect(swept.files == 4)
    #expect(swept.byteCount == 12)
    let left = Set(files.map(\.name)).subtracting([dead, elsewhere, ahead, ancient])
    #expect(StoreTestFolder.names("\(path)/tmp") == left.sorted())
  }

  @Test func `a stamp of settled folders stays until a name comes or goes`() throws {
    let store = try store()
    let pack = ObjectName.pack(PackID(bytes: [UInt8](repeating: 7, count: 16))!)
    try store.create(pack, [1])
    #expect(try store.changeStamp(.packs) == 0, "too young to tell")
    func settle() {
      let times = [timespec(tv_sec: 1_000_000, tv_nsec: 5), timespec(tv_sec: 1_000_000, tv_nsec: 5)]
      for folder in ["packs", "packs/07"] { unsafe utimensat(AT_FDCWD, "\(path)/\(folder)", times, 0) }
    }
    settle()
    let stamp = try store.changeStamp(.packs)
    // 0 on a file system that is not known to keep precise times.
    #expect(try store.changeStamp(.packs) == stamp)
    try store.delete([pack])
    #expect(try store.changeStamp(.packs) == 0)
    settle()
    #expect(try store.changeStamp(.packs) == stamp)
    _ = unsafe mkdir("\(path)/packs/08", 0o700)
    settle()
    #expect(try stamp == 0 || store.changeStamp(.packs) != stamp)
  }
}

extension Array where Element == String {
  fileprivate func merging(_ name: String) -> [String] { (self + [name]).sorted() }
}

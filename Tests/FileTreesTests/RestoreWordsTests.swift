import CLinux
import Glibc
import SnapshotModel
import Testing

@testable import FileTrees

/// What a restore says of each error, and how grave it is.
struct RestoreWordsTests {
  private func context(_ target: String = "/srv/app", isDryRun: Bool = false) -> RestoreContext {
    var options = RestoreOptions()
    options.isDryRun = isDryRun
    return RestoreContext(
      target: Array(target.utf8), options: options, content: MemoryContent(), events: SilentRestoreEvents())
  }

  @Test(arguments: [
    (EISDIR, FaultCode.warnings, "a/b is a folder, but none in the snapshot; --overwrite always replaces it"),
    (
      ENOTEMPTY, .warnings,
      "a/b is a folder that holds something, but none in the snapshot; move it away and restore again"
    ), (ENOSPC, .noSpace, "a/b: No space left on device"), (EDQUOT, .noSpace, "a/b: Disk quota exceeded"),
    (EIO, .inputOutput, "a/b: Input/output error"), (ESTALE, .inputOutput, "a/b: Stale file handle"),
    (EACCES, .warnings, "a/b: Permission denied"), (EFBIG, .warnings, "a/b: File too large on target"),
    (ENAMETOOLONG, .warnings, "a/b: File name too long on target"), (99_999, .warnings, "a/b: Unknown error 99999"),
  ])
  func `an error at one item is a fault of that item`(number: Int32, code: FaultCode, message: String) throws {
    let fault = context().fault(try #require(ArchivePath("a/b")), TargetError(number: number))
    #expect(fault.code == code && fault.message == message && fault.path == "a/b")
    // The target's own folder is called by what the user wrote.
    let root = context().fault(.root, TargetError(number: number))
    #expect(root.code == code && root.message == message.replacing("a/b", with: "/srv/app") && root.path == "/srv/app")
  }

  @Test(arguments: [
    (ECANCELED, FaultCode.interrupted, "interrupted; /srv/app is restored in part"),
    (ENOSPC, .noSpace, "no space left on /srv/app; the restore is not complete"),
    (EDQUOT, .noSpace, "disk quota exceeded on /srv/app; the restore is not complete"),
    (EMFILE, .failed, "out of file descriptors; the restore is not complete"),
    (ENFILE, .failed, "out of file descriptors; the restore is not complete"),
    (EROFS, .permission, "cannot write to /srv/app: Read-only file system"),
    (EACCES, .permission, "cannot write to /srv/app: Permission denied"),
    (EPERM, .permission, "cannot write to /srv/app: Operation not permitted"),
    (ENOMEM, .failed, "cannot restore to /srv/app: Cannot allocate memory"),
    (ELOOP, .failed, "cannot restore to /srv/app: Too many levels of symbolic links"),
  ])
  func `an error that ends the restore says what was to be done`(number: Int32, code: FaultCode, message: String) {
    let fault = context().stop(TargetError(number: number))
    #expect(fault.code == code && fault.message == message)
    let rehearsal = context(isDryRun: true).stop(TargetError(number: number))
    #expect(rehearsal.message == (number == ECANCELED ? "interrupted; nothing was restored" : message))
  }

  @Test(arguments: [
    (ENOSPC, true), (EDQUOT, true), (EROFS, true), (EMFILE, true), (ENFILE, true), (ENOMEM, true), (ECANCELED, true),
    (EACCES, false), (EPERM, false), (EIO, false), (ENOENT, false), (ENAMETOOLONG, false), (EBUSY, false), (0, false),
  ])
  func `what every further item would meet ends the restore, and nothing else`(number: Int32, isEnd: Bool) {
    #expect(TargetError(number: number).stopsEverything == isEnd)
  }

  @Test(arguments: [
    ("/srv/app", "a/b", "/srv/app/a/b"), ("/srv/app/", "a/b", "/srv/app/a/b"), ("/", "a", "/a"), (".", "a", "./a"),
    ("/srv/app", "", "/srv/app"), ("/srv/app/", "", "/srv/app/"),
  ])
  func `an item's place is told with one slash`(target: String, path: String, text: String) throws {
    #expect(context(target).text(of: try #require(ArchivePath(path))) == text)
  }

  @Test(arguments: [
    (1, 0, 0, 0, false, ["1 item not restored, in folders that could not be used"]),
    (0, 2, 0, 0, false, ["owners not restored for 2 files (not root)"]),
    (0, 1, 0, 0, true, ["owners not restored for 1 file"]),
    (0, 0, 3, 0, true, ["extended attributes not restored for 3 files"]),
    (
      0, 0, 0, 1, false,
      [
        """
        set-user-id bits, devices and security attributes not restored for 1 file; to have them, run as root with \
        --preserve-privileged
        """
      ]
    ),
    (
      0, 0, 0, 4, true,
      [
        """
        set-user-id bits, devices and security attributes not restored for 4 files; to have them, give \
        --preserve-privileged
        """
      ]
    ), (0, 0, 0, 0, false, []),
  ])
  func `each cause that spared the content has one line`(
    items: Int, owners: Int, attributes: Int, privileges: Int, isRoot: Bool, notes: [String]
  ) {
    var summary = RestoreSummary()
    summary.isRoot = isRoot
    var part = RestoreSummary()
    part.notRestored = items
    part.ownersNotRestored = owners
    part.attributesNotRestored = attributes
    part.privilegesWithheld = privileges
    summary.add(part)
    #expect(summary.notes == notes)
  }

  @Test func `all causes at once have their lines in one order`() {
    var summary = RestoreSummary()
    (summary.notRestored, summary.ownersNotRestored) = (1, 1)
    (summary.attributesNotRestored, summary.privilegesWithheld) = (1, 1)
    let starts = summary.notes.map { $0.prefix(5) }
    #expect(starts == ["1 ite", "owner", "exten", "set-u"])
  }

  @Test(
    arguments: [
      ([], false, nil), ([.warnings], false, .warnings), ([.warnings, .refused], false, .refused),
      ([.refused, .damage], true, .damage), ([], true, .damage), ([.warnings, .damage, .network], true, .damage),
      ([.network, .refused], false, .network), ([.inputOutput, .damage], true, .inputOutput),
      ([.permission], false, .warnings),
    ] as [([FaultCode], Bool, FaultCode?)])
  func `the gravest cause is the outcome`(codes: [FaultCode], isDamaged: Bool, outcome: FaultCode?) throws {
    var summary = RestoreSummary()
    for code in codes { summary.add(SnapFault(code, "x")) }
    if isDamaged { summary.damaged = [try #require(ArchivePath("a"))] }
    #expect(summary.outcome == outcome)
    var joined = RestoreSummary()
    joined.add(summary)
    #expect(joined.outcome == outcome && joined.faultCount == codes.count)
  }

  @Test func `of many faults a thousand are kept and all are counted`() {
    var (summary, other) = (RestoreSummary(), RestoreSummary())
    for number in 0..<700 {
      summary.add(SnapFault(.warnings, "\(number)"))
      other.add(SnapFault(.refused, "\(number)"))
    }
    summary.add(other)
    #expect(summary.faultCount == 1400 && summary.faults.count == 1000 && summary.outcome == .refused)
    for _ in 0..<10 { summary.add(SnapFault(.warnings, "x")) }
    #expect(summary.faultCount == 1410 && summary.faults.count == 1000)
  }

  @Test func `bytes of two summaries never overflow`() {
    var (summary, other) = (RestoreSummary(), RestoreSummary())
    (summary.bytesWritten, other.bytesWritten) = (.max - 1, 2)
    summary.add(other)
    #expect(summary.bytesWritten == .max)
  }

  @Test(
    arguments: [
      (S_IFREG, EntryKind.file), (S_IFDIR, .directory), (S_IFLNK, .symbolicLink), (S_IFIFO, .fifo),
      (S_IFCHR, .characterDevice), (S_IFBLK, .blockDevice), (S_IFSOCK, .socket), (0, nil), (0o030000, nil),
    ] as [(mode_t, EntryKind?)])
  func `the kind is what the mode says, and none for what no snapshot holds`(type: mode_t, kind: EntryKind?) {
    var raw = stat()
    raw.st_mode = type | 0o4751
    raw.st_size = -1
    let status = TargetStatus(raw)
    #expect(status.kind == kind && status.mode == 0o4751 && status.size == 0)
  }

  @Test(arguments: [(0, 0), (1, 3), (8, 1), (4_095, 255), (4_096, 256), (1_048_575, 4_095)] as [(UInt32, UInt32)])
  func `a device's numbers come apart as the system puts them together`(major: UInt32, minor: UInt32) {
    let number =
      UInt64(major & 0xFFF) << 8 | UInt64(major & ~0xFFF) << 32 | UInt64(minor & 0xFF) | UInt64(minor & ~0xFF) << 12
    var raw = stat()
    raw.st_rdev = dev_t(number)
    #expect(TargetStatus(raw).device == DeviceNumber(major: major, minor: minor))
  }

  @Test func `what is not open has no status`() {
    #expect(throws: TargetError(number: EBADF)) { try TargetStatus(of: -1) }
  }
}

struct RestoreQueueTests {
  private let fault = SnapFault(.noSpace, "full")

  @Test func `batches come out in order, and none once it is closed and empty`() throws {
    let queue = RestoreQueue(countMax: 3)
    for _ in 0..<3 { try queue.push([]) }
    queue.close()
    for _ in 0..<3 {
      #expect(queue.pop() != nil)
      queue.finishBatch(nil)
    }
    #expect(queue.pop() == nil && !queue.isStopped)
    try queue.waitUntilIdle()
  }

  @Test func `the first fault comes out wherever somebody waits, and later batches are dropped`() throws {
    let content = MemoryContent()
    let folder = TargetFolder.absent
    let entry = ManifestEntry.file("a", "a", content)
    let job = FileJob(entry: entry, targetPath: entry.path, folder: folder)
    let queue = RestoreQueue(countMax: 4)
    for _ in 0..<3 { try queue.push([job]) }
    #expect(queue.pop()?.count == 1)
    queue.finishBatch(fault)
    #expect(queue.isStopped)
    #expect(queue.pop()?.isEmpty == true)
    queue.finishBatch(SnapFault(.failed, "later"))
    #expect(queue.pop()?.isEmpty == true)
    queue.finishBatch(nil)
    #expect(throws: fault) { try queue.waitUntilIdle() }
    #expect(throws: fault) { try queue.push([job]) }
  }
}

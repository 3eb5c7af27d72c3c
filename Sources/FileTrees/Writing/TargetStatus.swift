import CLinux
import Glibc
import SnapshotModel

/// What a restore needs to know of something that stands in the target.
struct TargetStatus {
  var identity: FileIdentity
  /// `nil` for a kind that no snapshot holds.
  var kind: EntryKind?
  /// The lower twelve bits of `st_mode`.
  var mode: UInt16
  var linkCount: UInt64
  var userID: UInt32
  var groupID: UInt32
  var size: UInt64
  var modified: Timestamp
  var device: DeviceNumber

  init(_ status: stat) {
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFIFO: .fifo
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFSOCK: .socket
      default: nil
      }
    mode = UInt16(status.st_mode & 0o7777)
    linkCount = UInt64(status.st_nlink)
    userID = status.st_uid
    groupID = status.st_gid
    size = UInt64(max(0, status.st_size))
    modified = Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec))
    let number = UInt64(status.st_rdev)
    device = DeviceNumber(
      major: UInt32(truncatingIfNeeded: (number >> 8 & 0xfff) | (number >> 32 & ~0xfff)),
      minor: UInt32(truncatingIfNeeded: (number & 0xff) | (number >> 12 & ~0xff)))
  }

  /// - Parameter descriptor: an open file or folder.
  init(of descriptor: Int32) throws(TargetError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw TargetError(number: errno) }
    self = TargetStatus(status)
  }
}

import CLinux
import Glibc
import SnapshotModel

/// What the file system says about one name, without following a symbolic link.
package struct FileStatus: Hashable, Sendable {
  package var device: UInt64
  package var inode: UInt64
  package var kind: EntryKind
  /// The lower twelve bits of `st_mode`: permissions, set-user-id, set-group-id, sticky.
  package var mode: UInt16
  /// Names of this inode anywhere in its file system.
  package var linkCount: UInt64
  package var userID: UInt32
  package var groupID: UInt32
  /// Logical bytes; of a folder, whatever the file system likes.
  package var size: UInt64
  package var modified: Timestamp
  /// When content or metadata last changed; no program can set it.
  package var changed: Timestamp
  /// Of a character or block device; otherwise 0.
  package var deviceNumber: DeviceNumber
  /// Allocated units of 512 bytes.
  package var blocks: UInt64

  package var identity: FileIdentity { FileIdentity(device: device, inode: inode) }
  /// Whether fewer bytes are allocated than the size: a sparse file, or one that the file system compresses or inlines.
  package var mayHaveHoles: Bool { blocks &* 512 < size }
}

/// Which inode, for as long as it exists.
package struct FileIdentity: Hashable, Sendable {
  package var device: UInt64
  package var inode: UInt64

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

extension FileStatus {
  /// - Returns: `nil` for a kind of file that Linux does not have.
  init?(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .symbolicLink
    case S_IFIFO: kind = .fifo
    case S_IFCHR: kind = .characterDevice
    case S_IFBLK: kind = .blockDevice
    case S_IFSOCK: kind = .socket
    default: return nil
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    mode = UInt16(status.st_mode & 0o7777)
    linkCount = UInt64(status.st_nlink)
    userID = status.st_uid
    groupID = status.st_gid
    size = UInt64(max(status.st_size, 0))
    modified = Timestamp(status.st_mtim)
    changed = Timestamp(status.st_ctim)
    blocks = UInt64(max(status.st_blocks, 0))
    deviceNumber =
      kind == .characterDevice || kind == .blockDevice
      ? DeviceNumber(major: linux_major(UInt64(status.st_rdev)), minor: linux_minor(UInt64(status.st_rdev)))
      : DeviceNumber(major: 0, minor: 0)
  }

  /// Of an open file.
  package init(descriptor: Int32) throws(SystemError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("examine") }
    self = try Self.known(status)
  }

  /// Of `name` in a folder; a symbolic link is not followed.
  ///
  /// - Parameter name: ends in NUL.
  init(folder: Int32, name: UnsafePointer<CChar>) throws(SystemError) {
    var status = stat()
    guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw SystemError("examine") }
    self = try Self.known(status)
  }

  /// As above, with the NUL added.
  init(folder: Int32, name: [UInt8]) throws(SystemError) {
    let result = unsafe (name + [0]).withUnsafeBytes { bytes -> Result<FileStatus, SystemError> in
      // The array ends in NUL and outlives the call.
      let name = unsafe bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
      return Result { () throws(SystemError) in unsafe try FileStatus(folder: folder, name: name) }
    }
    self = try result.get()
  }

  private static func known(_ status: stat) throws(SystemError) -> FileStatus {
    guard let status = FileStatus(status) else { throw SystemError(errno: EINVAL, operation: "examine") }
    return status
  }
}

extension Timestamp {
  init(_ time: timespec) {
    // Some file systems have stored nanoseconds out of range; a timestamp never holds them.
    self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(clamping: min(max(time.tv_nsec, 0), 999_999_999)))
  }
}

import CLinux
import Glibc
import ObjectStores
import SnapshotModel

/// Changed so that a reader sees either the old or the new.
extension SmallFile {
  /// What stands under a name.
  package enum Place: Hashable, Sendable {
    case nothing, file
    /// A link, a folder, a device: nothing that is written here.
    case other(String)
  }

  /// - Throws: `SnapFault` that names the file when the system does not say.
  package static func place(_ path: [UInt8]) throws(SnapFault) -> Place {
    var status = stat()
    guard unsafe lstat(terminated(path), &status) == 0 else {
      if errno == ENOENT { return .nothing }
      throw fault("look at", path, errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFLNK: return .other("a symbolic link")
    case S_IFDIR: return .other("a folder")
    default: return .other("no regular file")
    }
  }

  /// Writes a file beside the one of that name and puts it in its place, durably; a new one gets `mode`.
  ///
  /// - Throws: `SnapFault` that names the file, `.refused` when something other than a regular file is there;
  ///   then it is as it was.
  package static func replace(_ path: [UInt8], with bytes: [UInt8], mode: mode_t = 0o666) throws(SnapFault) {
    var status = stat()
    let exists = unsafe lstat(terminated(path), &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG { throw refusal(path, try place(path)) }
    let partial = path + Array(".snap-\(getpid())".utf8)
    _ = unsafe unlink(terminated(partial))
    let number = unsafe open(terminated(partial), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard number >= 0 else { throw fault("write", path, errno) }
    let descriptor = OwnedDescriptor(adopting: number)
    do throws(SnapFault) {
      if exists {
        // As root the file stays its owner's; otherwise it is one's own anyway.
        _ = fchown(descriptor.number, status.st_uid, status.st_gid)
        guard fchmod(descriptor.number, status.st_mode & 0o7777) == 0 else { throw fault("write", path, errno) }
      }
      try write(bytes, to: descriptor, path)
      guard unsafe rename(terminated(partial), terminated(path)) == 0 else { throw fault("write", path, errno) }
    } catch {
      _ = unsafe unlink(terminated(partial))
      throw error
    }
  }

  package static func refusal(_ path: [UInt8], _ place: Place) -> SnapFault {
    let what = if case .other(let what) = place { what } else { "no regular file" }
    return SnapFault(
      .refused, "'\(displayText(path))' is \(what); not writing there", path: displayText(path))
  }

  static func fault(_ verb: String, _ path: [UInt8], _ number: Int32) -> SnapFault {
    let code: FaultCode =
      switch number {
      case ENOSPC, EDQUOT: .noSpace
      case EACCES, EPERM, EROFS: .permission
      case EIO: .inputOutput
      default: .failed
      }
    return SnapFault(
      code, "cannot \(verb) '\(displayText(path))': \(errorText(number))", path: displayText(path))
  }

  static func terminated(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }
}

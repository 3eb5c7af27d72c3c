import FileTrees
import Glibc
import ObjectStores
import SnapshotModel

/// Files of text that people or scripts write: read whole, and changed so that a reader sees either the old or the new.
package enum SmallFile {
  /// - Returns: `nil` when there is no file of that name.
  /// - Throws: `SnapFault` that names the file when it cannot be read or is larger than `byteCountMax`.
  package static func contents(of path: [UInt8], byteCountMax: Int = 8 << 20) throws(SnapFault) -> [UInt8]? {
    let descriptor = unsafe open(terminated(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
    guard descriptor >= 0 else { throw fault("read", path, errno) }
    let owned = OwnedDescriptor(adopting: descriptor)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(owned.number, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fault("read", path, errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= byteCountMax else {
        let limit = formatted(byteCount: UInt64(byteCountMax))
        throw SnapFault(.failed, "'\(displayText(path))' is larger than \(limit)", path: displayText(path))
      }
    }
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

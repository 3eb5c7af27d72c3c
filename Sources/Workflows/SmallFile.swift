import CLinux
import Glibc
import ObjectStores
import SnapshotModel

/// Files that are read whole because people write them: configuration, not content.
package enum SmallFile {
  package struct Content: Sendable {
    package var bytes: [UInt8]
    package var ownerID: UInt32
    /// Whether everybody may write it.
    package var isWorldWritable: Bool
  }

  /// - Returns: `nil` when there is no such file.
  /// - Throws: `SnapFault` that names the file when it cannot be read; `.usage` when it is no regular file, or larger
  ///   than `byteCountMax`.
  package static func read(_ path: [UInt8], byteCountMax: Int = 8 << 20) throws(SnapFault) -> Content? {
    let shown = displayText(path)
    // Not to hang where a fifo lies.
    let number = unsafe open(terminated(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if number < 0, errno == ENOENT || errno == ENOTDIR { return nil }
    guard number >= 0 else { throw fault("read", path, errno) }
    let file = OwnedDescriptor(adopting: number)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw fault("read", path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SnapFault(.usage, "'\(shown)' is no regular file", path: shown)
    }
    // The size is asked for first, so that nothing is read of a large one; it may grow, and that of /proc is 0.
    var size = Int(status.st_size)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while size <= byteCountMax {
      let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fault("read", path, errno) }
      if count == 0 {
        return Content(bytes: bytes, ownerID: status.st_uid, isWorldWritable: status.st_mode & 0o002 != 0)
      }
      bytes += buffer[..<count]
      size = max(size, bytes.count)
    }
    throw SnapFault(
      .usage,
      "'\(shown)' has \(formatted(byteCount: UInt64(size))); at most "
        + "\(formatted(byteCount: UInt64(byteCountMax))) are read", path: shown)
  }
}

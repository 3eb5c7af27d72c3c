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
  /// - Throws: `SnapFault` that names the file when it cannot be read, is no regular file, or is larger than
  ///   `byteCountMax`.
  package static func read(_ path: [UInt8], byteCountMax: Int = 1 << 20) throws(SnapFault) -> Content? {
    let shown = displayText(path)
    let terminated = path + [0]
    let descriptor = unsafe terminated.withUnsafeBytes {
      // Not to hang where a fifo lies. The array ends in NUL and outlives the call.
      unsafe open(
        $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }
    if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
    guard descriptor >= 0 else { throw SnapFault(.failed, "cannot read '\(shown)': \(errorText(errno))", path: shown) }
    let file = OwnedDescriptor(adopting: descriptor)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw SnapFault(.usage, "'\(shown)' is no regular file", path: shown)
    }
    guard status.st_size <= byteCountMax else {
      throw SnapFault(
        .usage,
        "'\(shown)' has \(formatted(byteCount: UInt64(status.st_size))); at most "
          + "\(formatted(byteCount: UInt64(byteCountMax))) are read", path: shown)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= byteCountMax {
      let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw SnapFault(.inputOutput, "cannot read '\(shown)': \(errorText(errno))", path: shown)
      }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return Content(bytes: bytes, ownerID: status.st_uid, isWorldWritable: status.st_mode & 0o002 != 0)
  }
}

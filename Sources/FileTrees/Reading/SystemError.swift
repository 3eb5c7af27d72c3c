import Glibc
import SnapshotModel

/// A system call that failed.
package struct SystemError: Error, Hashable, Sendable {
  /// The error number, `ENOENT` and the like.
  package let errno: Int32
  /// What was attempted, a verb phrase: `open`, `read folder`.
  package let operation: String

  package init(errno: Int32, operation: String) {
    self.errno = errno
    self.operation = operation
  }

  /// The failure of the system call that has just returned.
  init(_ operation: String) { self.init(errno: Glibc.errno, operation: operation) }
}

extension SystemError {
  /// What a command tells of it that cannot go on without `path`.
  func fault(_ path: [UInt8]) -> SnapFault {
    let code: FaultCode = errno == EACCES || errno == EPERM ? .permission : errno == EIO ? .inputOutput : .failed
    return SnapFault(code, "cannot \(operation) \(displayText(path)): \(self)", path: displayText(path))
  }
}

extension SystemError: CustomStringConvertible {
  /// The reason alone, as the system words it: `Permission denied`.
  package var description: String {
    var text = [UInt8](repeating: 0, count: 256)
    unsafe text.withUnsafeMutableBytes { bytes in
      // The array outlives the call, which writes no more than its size.
      _ = unsafe strerror_r(errno, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }
}

import Glibc
import ObjectStores
import SnapshotModel
import Synchronization
import Workflows

/// Standard output: data only, buffered, and quiet when the reader of a pipe has seen enough.
final class StandardOutput: Sendable {
  private let buffer = Mutex<[UInt8]>([])
  /// 64 KiB: what a pipe takes at once.
  private static let bufferByteCount = 1 << 16

  /// Exit status when the reader is gone: 0 for listings; content that was cut short says so.
  private let closedPipeStatus = Mutex<Int32>(0)

  var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Says that what follows is content, which is worthless when cut short.
  func expectWholeRead() { closedPipeStatus.withLock { $0 = 141 } }

  /// - Throws: `SnapFault` when it cannot be written, for instance because the disk is full.
  func write(_ bytes: some Sequence<UInt8>) throws(SnapFault) {
    let full: [UInt8]? = buffer.withLock { buffer in
      buffer.append(contentsOf: bytes)
      guard buffer.count >= Self.bufferByteCount else { return nil }
      defer { buffer.removeAll(keepingCapacity: true) }
      return buffer
    }
    if let full { try writeNow(full) }
  }

  func line(_ text: String) throws(SnapFault) { try write(Array((text + "\n").utf8)) }

  func flush() throws(SnapFault) {
    let bytes = buffer.withLock { buffer in
      defer { buffer.removeAll(keepingCapacity: true) }
      return buffer
    }
    try writeNow(bytes)
  }

  private func writeNow(_ bytes: [UInt8]) throws(SnapFault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var wait = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&wait, 1, -1)
      case EPIPE: exit(closedPipeStatus.withLock { $0 })
      case ENOSPC, EDQUOT:
        throw SnapFault(.noSpace, "cannot write standard output: \(errorText(errno))")
      default:
        throw SnapFault(.inputOutput, "cannot write standard output: \(errorText(errno))")
      }
    }
  }
}

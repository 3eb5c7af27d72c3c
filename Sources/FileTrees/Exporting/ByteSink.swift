import Glibc

/// Where a stream of bytes goes.
package protocol ByteSink: AnyObject {
  func write(_ bytes: ArraySlice<UInt8>) throws
  /// Hands on what is held back; called once, last. Closes nothing.
  func finish() throws
}

/// Writes to an open file, pipe or socket, in blocks of 256 KiB.
package final class DescriptorSink: ByteSink {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let blockByteCount = 256 << 10

  /// - Parameter descriptor: stays the caller's.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// - Throws: `TargetError`; EPIPE when the reader is gone and SIGPIPE is ignored.
  package func write(_ bytes: ArraySlice<UInt8>) throws {
    buffer += bytes
    if buffer.count >= Self.blockByteCount { try finish() }
  }

  package func finish() throws {
    var failure: Int32 = 0
    // Reads only inside the buffer, which does not change meanwhile.
    unsafe buffer.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
        if count > 0 {
          done += count
        } else if errno != EINTR {
          failure = count == 0 ? EIO : errno
          return
        }
      }
    }
    buffer.removeAll(keepingCapacity: true)
    if failure != 0 { throw TargetError(number: failure) }
  }
}

/// Keeps everything in memory.
package final class MemorySink: ByteSink {
  package private(set) var bytes: [UInt8] = []
  package init() {}
  package func write(_ bytes: ArraySlice<UInt8>) { self.bytes += bytes }
  package func finish() {}
}

import FileTrees
import Glibc
import ObjectStores
import SnapshotModel

/// Hands an archive to standard output.
final class StandardOutputSink: ByteSink {
  private let output: StandardOutput

  init(_ output: StandardOutput) {
    self.output = output
    output.expectWholeRead()
  }

  func write(_ bytes: ArraySlice<UInt8>) throws { try output.write(bytes) }
  func finish() throws { try output.flush() }
}

/// Ends an archive when a signal asks for it.
final class InterruptibleSink: ByteSink {
  private let sink: any ByteSink
  private let path: [UInt8]

  init(to sink: any ByteSink, path: [UInt8]) {
    self.sink = sink
    self.path = path
  }

  func write(_ bytes: ArraySlice<UInt8>) throws {
    try stopIfAsked()
    try sink.write(bytes)
  }

  func finish() throws {
    try stopIfAsked()
    try sink.finish()
  }

  private func stopIfAsked() throws(SnapFault) {
    if Interruption.isRequested {
      throw SnapFault(.interrupted, "interrupted; \(displayText(path)) was not written", path: displayText(path))
    }
  }
}

/// Writes an archive beside its final name, and gives it that name only when it is whole and on the disk.
final class ArchiveFile: ByteSink {
  private let path: [UInt8]
  private let partialPath: [UInt8]
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isFinished = false
  private static let bufferByteCount = 256 << 10

  /// - Throws: `SnapFault`, `.refused` when there is something under that name and `replaces` is false.
  init(at path: [UInt8], replaces: Bool) throws(SnapFault) {
    if !replaces, FileSystemPath.exists(path) {
      throw SnapFault(
        .refused, "\(displayText(path)) exists already", hint: "--force replaces it", path: displayText(path))
    }
    self.path = path
    partialPath = path + Array(".partial".utf8)
    descriptor = unsafe FileSystemPath.withCString(partialPath) {
      unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    }
    guard descriptor >= 0 else { throw Self.fault(path, errno) }
  }

  deinit {
    close(descriptor)
    if !isFinished { _ = unsafe FileSystemPath.withCString(partialPath) { unsafe unlink($0) } }
  }

  func write(_ bytes: ArraySlice<UInt8>) throws {
    buffer += bytes
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  func finish() throws {
    try flush()
    guard fsync(descriptor) == 0 else { throw Self.fault(path, errno) }
    let status = unsafe FileSystemPath.withCString(partialPath) { source in
      unsafe FileSystemPath.withCString(path) { target in unsafe rename(source, target) }
    }
    guard status == 0 else { throw Self.fault(path, errno) }
    isFinished = true
  }

  private func flush() throws(SnapFault) {
    var rest = buffer[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.fault(path, count == 0 ? EIO : errno) }
      rest = rest.dropFirst(count)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func fault(_ path: [UInt8], _ number: Int32) -> SnapFault {
    let code: FaultCode =
      switch number {
      case ENOSPC, EDQUOT: .noSpace
      case EACCES, EPERM, EROFS: .permission
      case EIO: .inputOutput
      default: .failed
      }
    return SnapFault(code, "cannot write \(displayText(path)): \(errorText(number))", path: displayText(path))
  }
}

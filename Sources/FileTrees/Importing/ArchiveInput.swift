import Glibc
import ObjectStores
import SnapshotModel

/// The plain bytes of a file that may be compressed with gzip or zstd, which its first bytes tell.
///
/// Reading it to its end proves the checksums that the compression carries.
final class ArchiveInput {
  static let blockByteCount = 256 << 10

  /// Of the file, when it was opened.
  let status: FileStatus
  private let descriptor: OwnedDescriptor
  private let decoder: (any StreamDecoder)?
  /// Read and not yet decoded.
  private var pending: ArraySlice<UInt8>
  private var isAtEnd = false

  /// - Throws: `ArchiveFault`.
  init(path: [UInt8]) throws(ArchiveFault) {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    let number = unsafe open(terminated, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw .unreadable(SystemError("open").description) }
    descriptor = OwnedDescriptor(adopting: number)
    do throws(SystemError) {
      status = try FileStatus(descriptor: number)
    } catch {
      throw .unreadable(error.description)
    }
    // It is read twice; a pipe could be read once.
    guard status.kind == .file else { throw .unreadable("it is no regular file") }
    pending = try Self.read(number)[...]
    decoder =
      if pending.starts(with: [0x1F, 0x8B]) {
        try GzipDecoder()
      } else if pending.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
        try ZstdDecoder()
      } else {
        nil
      }
    if pending.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) || pending.starts(with: Array("BZh".utf8)) {
      throw .unsupported("it is compressed with xz or bzip2", hint: "unpack it first: unxz FILE, or bunzip2 FILE")
    }
  }

  /// The next bytes; empty at the end, then and ever after.
  ///
  /// - Throws: `ArchiveFault`, `.damaged` when a compressed stream is cut short or does not fit its checksum.
  func nextBlock() throws(ArchiveFault) -> ArraySlice<UInt8> {
    while true {
      if pending.isEmpty, !isAtEnd {
        pending = try Self.read(descriptor.number)[...]
        isAtEnd = pending.isEmpty
      }
      guard let decoder else {
        defer { pending = [] }
        return pending
      }
      let step = try decoder.decode(pending)
      pending = pending.dropFirst(step.byteCountUsed)
      if !step.output.isEmpty { return step.output }
      if pending.isEmpty, isAtEnd {
        guard decoder.isBetweenStreams else { throw .damaged("it is cut short: its compressed stream has no end") }
        return []
      }
    }
  }

  private static func read(_ descriptor: Int32) throws(ArchiveFault) -> [UInt8] {
    do throws(SystemError) {
      return try EntryCapture.read(descriptor, countMax: blockByteCount)
    } catch {
      throw .unreadable(error.description)
    }
  }
}

/// Takes a compressed stream apart, a block at a time.
protocol StreamDecoder: AnyObject {
  /// - Returns: how much of `input` was used, and at most a block of what came out; no output and nothing used means
  ///   that more input is needed.
  func decode(_ input: ArraySlice<UInt8>) throws(ArchiveFault) -> (byteCountUsed: Int, output: ArraySlice<UInt8>)

  /// Whether the input may end here.
  var isBetweenStreams: Bool { get }
}

import CZlib

/// Decodes gzip, one member or several in a row, and checks the checksum of each.
@safe final class GzipDecoder: StreamDecoder {
  // Allocated, as zlib keeps a pointer to it; valid from a successful init to deinit.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var output = [UInt8](repeating: 0, count: ArchiveInput.blockByteCount)
  private(set) var isBetweenStreams = false
  private var isInPadding = false

  init() throws(ArchiveFault) {
    unsafe stream.initialize(to: z_stream())
    // 15: the largest window; +16: with a gzip header.
    let result = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw .unreadable("zlib did not start (\(result))") }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func decode(_ input: ArraySlice<UInt8>) throws(ArchiveFault) -> (byteCountUsed: Int, output: ArraySlice<UInt8>) {
    if isBetweenStreams, let first = input.first {
      // Tapes and some copies pad with zeros, which gzip passes over, too.
      if first == 0 || isInPadding {
        isInPadding = true
        guard input.allSatisfy({ $0 == 0 }) else { throw .damaged("something other than gzip follows its end") }
        return (input.count, [])
      }
      unsafe inflateReset(stream)
      isBetweenStreams = false
    }
    if isBetweenStreams { return (0, []) }
    let (result, used, made) = unsafe zlibStep(stream, input, &output) { unsafe inflate($0, Z_NO_FLUSH) }
    switch result {
    case Z_STREAM_END: isBetweenStreams = true
    case Z_OK, Z_BUF_ERROR: break
    default: throw .damaged("its gzip stream is damaged")
    }
    return (used, output[..<made])
  }
}

import CZlib

/// Compresses as gzip does, without a file name or time in the header: the same bytes give the same stream.
@safe package final class GzipSink: ByteSink {
  private let sink: any ByteSink
  // Allocated, as zlib keeps a pointer to it; valid from a successful init to deinit.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var output = [UInt8](repeating: 0, count: 128 << 10)

  /// - Parameter level: 1 fastest ... 9 smallest.
  package init(to sink: any ByteSink, level: Int32 = 6) throws {
    self.sink = sink
    unsafe stream.initialize(to: z_stream())
    // 15: the largest window; +16: with a gzip header. 8: the default memory level.
    let result = unsafe deflateInit2_(
      stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw CompressionError(description: "zlib did not start (\(result))") }
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  package func write(_ bytes: ArraySlice<UInt8>) throws {
    // zlib counts in 32 bits; tar writes far less at a time, but nothing else promises that.
    var rest = bytes
    while !rest.isEmpty {
      try compress(rest.prefix(1 << 30), flush: Z_NO_FLUSH)
      rest = rest.dropFirst(1 << 30)
    }
  }

  package func finish() throws {
    try compress([], flush: Z_FINISH)
    try sink.finish()
  }

  private func compress(_ bytes: ArraySlice<UInt8>, flush: Int32) throws {
    var input = bytes
    while true {
      let (result, used, made) = unsafe zlibStep(stream, input, &output) { unsafe deflate($0, flush) }
      guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
        throw CompressionError(description: "zlib failed (\(result))")
      }
      input = input.dropFirst(used)
      if made > 0 { try sink.write(output[..<made]) }
      // Room left in the output means that nothing more is held back.
      if flush == Z_FINISH ? result == Z_STREAM_END : input.isEmpty && made < output.count { return }
    }
  }
}

import CZstd

/// Compresses as zstd does, with a checksum, in as many threads as asked where the library can.
///
/// The stream is the same for any number of threads from one up; it differs only from a library without threads.
@safe package final class ZstdSink: ByteSink {
  private let sink: any ByteSink
  // Valid from a successful init to deinit.
  private let context: OpaquePointer
  private var output = [UInt8](repeating: 0, count: 128 << 10)

  /// - Parameter level: 1 fastest ... 19 smallest.
  package init(to sink: any ByteSink, level: Int32 = 3, threadCount: Int32 = 2) throws {
    guard let context = unsafe ZSTD_createCCtx() else {
      throw CompressionError(description: "zstd did not start: out of memory")
    }
    self.sink = sink
    unsafe self.context = unsafe context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    // Refused by a library built without threads, which then works in this one.
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, max(1, threadCount))
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  package func write(_ bytes: ArraySlice<UInt8>) throws { try compress(bytes, ZSTD_e_continue) }

  package func finish() throws {
    try compress([], ZSTD_e_end)
    try sink.finish()
  }

  private func compress(_ bytes: ArraySlice<UInt8>, _ directive: ZSTD_EndDirective) throws {
    var used = 0
    while true {
      var made = 0
      // zstd reads and writes inside both buffers only, and only during the call.
      let left = unsafe bytes.withUnsafeBytes { input in
        unsafe output.withUnsafeMutableBytes { output in
          var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: used)
          var to = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
          let left = unsafe ZSTD_compressStream2(context, &to, &from, directive)
          used = unsafe from.pos
          made = unsafe to.pos
          return left
        }
      }
      guard ZSTD_isError(left) == 0 else {
        throw CompressionError(description: unsafe "zstd failed: \(String(cString: ZSTD_getErrorName(left)))")
      }
      if made > 0 { try sink.write(output[..<made]) }
      if directive == ZSTD_e_end ? left == 0 : used == bytes.count { return }
    }
  }
}

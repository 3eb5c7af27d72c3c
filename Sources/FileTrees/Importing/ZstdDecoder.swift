import CZstd

/// Decodes zstd, one frame or several in a row, and checks the checksums that they have.
@safe final class ZstdDecoder: StreamDecoder {
  // Valid from a successful init to deinit.
  private let context: OpaquePointer
  private var output = [UInt8](repeating: 0, count: ArchiveInput.blockByteCount)
  private(set) var isBetweenStreams = false

  init() throws(ArchiveFault) {
    guard let context = unsafe ZSTD_createDCtx() else { throw .unreadable("zstd did not start: out of memory") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  func decode(_ input: ArraySlice<UInt8>) throws(ArchiveFault) -> (byteCountUsed: Int, output: ArraySlice<UInt8>) {
    if input.isEmpty, isBetweenStreams { return (0, []) }
    var used = 0
    var made = 0
    // zstd reads and writes inside both buffers only, and only during the call.
    let left = unsafe input.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let left = unsafe ZSTD_decompressStream(context, &to, &from)
        used = unsafe from.pos
        made = unsafe to.pos
        return left
      }
    }
    guard ZSTD_isError(left) == 0 else { throw .damaged("its zstd stream is damaged") }
    // 0: a frame has ended and all of it is out.
    isBetweenStreams = left == 0
    return (used, output[..<made])
  }
}

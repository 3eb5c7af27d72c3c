import CZstd

/// One Zstandard compression context with its output buffer, used over and over.
@safe
final class ZstdCompressor {
  // Safety: owned by this object, never handed out, freed once in `deinit`.
  private let context: OpaquePointer
  private var output: [UInt8] = []

  init() {
    guard let context = unsafe ZSTD_createCCtx() else { preconditionFailure("no memory for a Zstandard context") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// How what a prefix has is sought.
  enum Search {
    /// As the level has it.
    case usual
    /// What is shared is short and everywhere: 7 bytes or more are sought, in tables that stay in the processor's cache: within 1 % of the size
    /// that full ones give, in less than half the time.
    case short
    /// In many places, of which the first good one is taken: as small as level 9, in four fifths of the time (docs/decisions/joint-deltas.md).
    case thorough
  }

  /// Compresses `bytes` to one frame without its header, `ZstdFrame`.
  ///
  /// - Parameters:
  ///   - prefix: what the decoder will know before; may be empty.
  ///   - search: how what the prefix has is sought.
  ///   - lengthMax: give up when the result would be longer.
  /// - Returns: `nil` when it did not become short enough. The slice is valid until the next call.
  func compress(
    _ bytes: UnsafeRawBufferPointer, prefix: UnsafeRawBufferPointer, search: Search = .usual, level: Int32,
    lengthMax: Int
  ) throws(PackingError) -> ArraySlice<UInt8>? {
    guard lengthMax > 0 else { return nil }
    try unsafe check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
    try set(ZSTD_c_compressionLevel, level)
    try set(ZSTD_c_dictIDFlag, 0)
    let windowLog = Self.logarithm(bytes.count + prefix.count)
    try set(ZSTD_c_windowLog, windowLog)
    if prefix.count > 0 {
      // The parameter that matters: tables that do not cover prefix and data forget the prefix before it is used,
      // and a delta grows a hundredfold. Small inputs get small tables, or clearing them is what takes the time.
      let tableLog = min(max(windowLog, 12), 22)
      try set(ZSTD_c_hashLog, search == .usual ? tableLog : tableLog - 1)
      try set(ZSTD_c_chainLog, search == .short ? min(tableLog, 17) : tableLog)
      switch search {
      case .usual: break
      case .short: try set(ZSTD_c_minMatch, 7)
      case .thorough:
        try set(ZSTD_c_strategy, Int32(ZSTD_greedy.rawValue))
        try set(ZSTD_c_searchLog, 6)
        try set(ZSTD_c_minMatch, 6)
      }
      try unsafe check(ZSTD_CCtx_refPrefix(context, prefix.baseAddress, prefix.count))
    }
    let capacity = min(ZSTD_compressBound(bytes.count), lengthMax + 18)
    if output.count < capacity { output = [UInt8](repeating: 0, count: max(capacity, 2 * output.count)) }
    let written = unsafe output.withUnsafeMutableBytes { target in
      unsafe ZSTD_compress2(context, target.baseAddress, capacity, bytes.baseAddress, bytes.count)
    }
    if ZSTD_isError(written) != 0 {
      if ZSTD_getErrorCode(written) == ZSTD_error_dstSize_tooSmall { return nil }
      try check(written)
    }
    guard let headerLength = ZstdFrame.replaceableHeaderLength(descriptor: output[4]) else {
      throw .invalidInput("Zstandard wrote a frame header of another form")
    }
    return written - headerLength <= lengthMax ? output[headerLength..<written] : nil
  }

  /// Compresses without a prefix; `nil` when that does not make it shorter.
  func compressed(_ bytes: [UInt8], level: Int32) throws(PackingError) -> ArraySlice<UInt8>? {
    var result: ArraySlice<UInt8>?
    var failure: PackingError?
    // Safety: the buffer is only used inside the closure.
    unsafe bytes.withUnsafeBytes { buffer in
      do throws(PackingError) {
        let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        result = try unsafe compress(buffer, prefix: none, level: level, lengthMax: bytes.count - 1)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }

  /// The least power of two that covers `count`, within what Zstandard takes for a window.
  private static func logarithm(_ count: Int) -> Int32 {
    min(max(Int32(Int.bitWidth - max(count - 1, 0).leadingZeroBitCount), 10), 27)
  }

  private func set(_ parameter: ZSTD_cParameter, _ value: Int32) throws(PackingError) {
    try unsafe check(ZSTD_CCtx_setParameter(context, parameter, value))
  }

  private func check(_ result: Int) throws(PackingError) {
    guard ZSTD_isError(result) == 0 else {
      throw .invalidInput("Zstandard refused to compress: \(unsafe String(cString: ZSTD_getErrorName(result)))")
    }
  }
}

import CZstd

/// Turns frames back into plaintext. One for each thread; not for use by several at once.
///
/// Zstandard keeps no checksum here: who reads a chunk compares its id with the hash of what comes out.
@safe
package final class FrameDecoder {
  // Safety: owned by this object, never handed out, freed once in `deinit`.
  private let context: OpaquePointer
  /// The payload behind the Zstandard header that is not stored.
  private var input: [UInt8] = []

  package init() {
    guard let context = unsafe ZSTD_createDCtx() else { preconditionFailure("no memory for a Zstandard context") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// Decodes a frame's payload.
  ///
  /// - Parameters:
  ///   - payload: the `header.storedLength` bytes behind the header.
  ///   - prefix: the concatenation of the chunks that `header.bases` names; empty for other codecs.
  /// - Returns: exactly `header.rawLength` bytes, unverified.
  /// - Throws: `PackingError.truncated` or `damaged`; holds no memory beyond the raw and the stored length.
  package func decode(
    _ header: FrameHeader, payload: ArraySlice<UInt8>, prefix: ArraySlice<UInt8> = []
  ) throws(PackingError) -> [UInt8] {
    guard payload.count == header.storedLength else { throw .truncated(what: "frame") }
    guard header.codec != .raw else { return Array(payload) }
    return try decompress(
      payload, rawLength: header.rawLength, prefix: header.codec == .zstdPrefix ? prefix : nil, what: "frame")
  }

  /// Undoes `ZstdCompressor`.
  ///
  /// - Throws: `damaged` unless exactly `rawLength` bytes come out of exactly `payload`.
  func decompress(
    _ payload: ArraySlice<UInt8>, rawLength: Int, prefix: ArraySlice<UInt8>?, what: String
  ) throws(PackingError) -> [UInt8] {
    input.removeAll(keepingCapacity: true)
    input.append(contentsOf: ZstdFrame.header(rawLength: rawLength))
    input.append(contentsOf: payload)
    var raw: [UInt8]?
    // Safety: libzstd reads `input` and `prefix` and writes at most `rawLength` bytes, all only during the call.
    unsafe (prefix ?? []).withUnsafeBytes { prefix in
      unsafe input.withUnsafeBytes { input in unsafe raw = decompress(input, rawLength, prefix) }
    }
    guard let raw else { throw .damaged(what: what) }
    return raw
  }

  private func decompress(
    _ input: UnsafeRawBufferPointer, _ rawLength: Int, _ prefix: UnsafeRawBufferPointer
  ) -> [UInt8]? {
    guard unsafe ZSTD_findFrameCompressedSize(input.baseAddress, input.count) == input.count,
      unsafe ZSTD_isError(ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)) == 0
    else { return nil }
    if prefix.count > 0 {
      guard unsafe ZSTD_isError(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count)) == 0 else { return nil }
    }
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: rawLength) { target, count in
      let written = unsafe ZSTD_decompressDCtx(
        context, target.baseAddress, rawLength, input.baseAddress, input.count)
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    return raw.count == rawLength ? raw : nil
  }
}

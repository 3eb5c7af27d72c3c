import COpenSSL
import SnapshotModel

/// HMAC-SHA256 under one key, with a context that is used again. Not for use by several threads at once.
///
/// - SeeAlso: RFC 2104, FIPS 198-1
@safe
final class HMACContext {
  // Safety: owned by this object, never handed out, and freed (which wipes it) once in `deinit`.
  private let context: OpaquePointer

  init(key: SecretBytes) {
    guard let context = unsafe HMAC_CTX_new() else { preconditionFailure("no memory for a hash") }
    unsafe self.context = context
    let isReady = unsafe key.withUnsafeBytes {
      unsafe HMAC_Init_ex(context, $0.baseAddress, Int32($0.count), EVP_sha256(), nil) == 1
    }
    precondition(isReady, "HMAC did not start")
  }

  deinit { unsafe HMAC_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    guard unsafe !bytes.isEmpty else { return }
    precondition(
      unsafe HMAC_Update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) == 1,
      "HMAC did not go on")
  }

  /// The 32 bytes as four big-endian words, and starts afresh under the same key.
  func finish() -> (UInt64, UInt64, UInt64, UInt64) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var count: UInt32 = 0
    // Safety: the tuple is 32 contiguous bytes, which is what HMAC-SHA256 writes.
    unsafe withUnsafeMutableBytes(of: &words) { buffer in
      precondition(
        unsafe HMAC_Final(context, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1
          && HMAC_Init_ex(context, nil, 0, nil, nil) == 1, "HMAC did not finish")
    }
    return (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
  }
}

/// The 32 bytes of the HMAC-SHA256 of `bytes`.
package func hmacSHA256(key: SecretBytes, _ bytes: [UInt8]) -> [UInt8] {
  let context = HMACContext(key: key)
  // Safety: libcrypto reads the buffer only during the call.
  unsafe bytes.withUnsafeBytes { unsafe context.update($0) }
  return ChunkID(context.finish()).bytes
}

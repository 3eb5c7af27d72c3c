import COpenSSL

/// The SHA-256 algorithm of libcrypto with a context that is made once and used again.
///
/// Fetching the algorithm and allocating a context cost four times as much as hashing 32 bytes, so whoever hashes
/// often keeps one of these for each thread.
@safe
final class SHA256Context {
  // Safety: both are owned by this object, never handed out, and freed once in `deinit`.
  private let context: OpaquePointer
  private let fetched: OpaquePointer?
  private let algorithm: OpaquePointer

  init() {
    unsafe fetched = EVP_MD_fetch(nil, "SHA256", nil)
    guard let context = unsafe EVP_MD_CTX_new(), let algorithm = unsafe fetched ?? EVP_sha256() else {
      preconditionFailure("libcrypto offers no SHA-256 or no memory is left")
    }
    unsafe self.context = unsafe context
    unsafe self.algorithm = unsafe algorithm
    start()
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(fetched)
  }

  /// Forgets what was hashed.
  func start() {
    precondition(unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1, "SHA-256 did not start")
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 did not go on")
  }

  /// The 32 bytes as four big-endian words, and starts afresh.
  func finish() -> (UInt64, UInt64, UInt64, UInt64) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    // Safety: the tuple is 32 contiguous bytes, which is what SHA-256 writes.
    unsafe withUnsafeMutableBytes(of: &words) { buffer in
      precondition(
        unsafe EVP_DigestFinal_ex(context, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1,
        "SHA-256 did not finish")
    }
    start()
    return (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
  }
}

/// The 32 bytes of the SHA-256 of `bytes`.
///
/// Makes a context each time (0.4 us): for checksums, not for many small inputs.
package func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes[...]) }

package func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  let stream = SHA256Stream()
  stream.update(bytes)
  return stream.finalize()
}

import COpenSSL

/// The SHA-256 algorithm of libcrypto with a context that is made once and used again.
///
/// These functions compute and do nothing else: an algorithm that is fetched from a provider makes libcrypto read its
/// configuration first, which took a tenth of the start of `snap list`.
/// - SeeAlso: FIPS 180-4; docs/decisions/start-up.md
@safe
final class SHA256Context {
  // Safety: owned by this object, never handed out, and freed once in `deinit`.
  private let context = UnsafeMutablePointer<SHA256_CTX>.allocate(capacity: 1)

  init() {
    unsafe context.initialize(to: SHA256_CTX())
    start()
  }

  deinit { unsafe context.deallocate() }

  /// Forgets what was hashed.
  func start() {
    precondition(unsafe SHA256_Init(context) == 1, "SHA-256 did not start")
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(unsafe SHA256_Update(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 did not go on")
  }

  /// The 32 bytes as four big-endian words, and starts afresh.
  func finish() -> (UInt64, UInt64, UInt64, UInt64) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    // Safety: the tuple is 32 contiguous bytes, which is what SHA-256 writes.
    unsafe withUnsafeMutableBytes(of: &words) { buffer in
      precondition(
        unsafe SHA256_Final(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), context) == 1,
        "SHA-256 did not finish")
    }
    start()
    return (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
  }
}

import COpenSSL

/// Bytes that nobody else may see: in libcrypto's secure heap, which is locked into memory and left out of core dumps,
/// and wiped when the last reference goes. Never copied by Swift, so never left behind in freed memory.
///
/// Where the system grants no locked memory, or the heap is full, the memory is ordinary; it is wiped all the same.
///
/// - SeeAlso: CRYPTO_secure_malloc(3), mlock(2), madvise(2) `MADV_DONTDUMP`
@safe
package final class SecretBytes: Sendable {
  // Safety: owned by this object, handed out for the length of a call only, and freed once in `deinit`. Written before
  // the object is shared.
  nonisolated(unsafe) private let pointer: UnsafeMutableRawPointer
  package let count: Int

  /// 256 KiB are some thousand keys; made once, and never given back.
  private static let heap: Void = { _ = CRYPTO_secure_malloc_init(256 << 10, 32) }()

  /// - Parameter fill: writes all `count` bytes; zeros until then.
  package init<Failure: Error>(
    count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    _ = Self.heap
    // A full secure heap gives none.
    guard
      let memory = unsafe CRYPTO_secure_zalloc(max(count, 1), #file, Int32(#line))
        ?? CRYPTO_zalloc(max(count, 1), #file, Int32(#line))
    else { preconditionFailure("no memory for \(count) bytes") }
    unsafe pointer = memory
    self.count = count
    try unsafe fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
  }

  deinit { unsafe CRYPTO_secure_clear_free(pointer, max(count, 1), #file, Int32(#line)) }

  /// Bytes that nobody can foresee.
  ///
  /// - SeeAlso: RAND_priv_bytes(3)
  package convenience init(randomCount count: Int) {
    unsafe self.init(count: count) { buffer in
      let isFilled = unsafe RAND_priv_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(count)) == 1
      precondition(isFilled, "libcrypto has no random numbers")
    }
  }

  /// Several, one behind the other.
  package convenience init(joining parts: [SecretBytes]) {
    unsafe self.init(count: parts.reduce(0) { $0 + $1.count }) { buffer in
      var at = 0
      for part in parts {
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[at..<at + part.count])
        unsafe part.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
        at += part.count
      }
    }
  }

  /// A part of these.
  package func slice(_ range: Range<Int>) -> SecretBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a slice within the secret")
    return unsafe SecretBytes(count: range.count) { buffer in
      unsafe withUnsafeBytes { unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
  }

  package func withUnsafeBytes<R, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: pointer, count: count))
  }
}

extension SecretBytes {
  /// For tests, and for what is public after all.
  package convenience init(copying bytes: [UInt8]) {
    unsafe self.init(count: bytes.count) { buffer in unsafe buffer.copyBytes(from: bytes) }
  }
}

/// Overwrites what held a secret for a moment.
package func wipe(_ bytes: inout [UInt8]) {
  // Safety: libcrypto writes the array's own bytes; it is not shared, being `inout`.
  unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// Whether both are equal, in a time that does not depend on where they differ.
package func isEqualInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  unsafe a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

extension SecretBytes {
  /// Whether both hold the same.
  package func isEqual(to other: SecretBytes) -> Bool {
    guard count == other.count else { return false }
    return unsafe withUnsafeBytes { a in
      unsafe other.withUnsafeBytes { b in unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
    }
  }
}

/// A SHA-256 of input that comes in pieces. Not for use by several threads at once.
package final class SHA256Stream {
  private let context = SHA256Context()

  package init() {}

  package func update(_ bytes: ArraySlice<UInt8>) {
    // Safety: libcrypto reads the buffer only during the call.
    unsafe bytes.withUnsafeBytes { unsafe context.update($0) }
  }

  package func update(_ bytes: [UInt8]) { update(bytes[...]) }

  /// The 32 bytes of everything since the start or the last `finalize()`; the stream starts afresh.
  package func finalize() -> [UInt8] {
    let words = context.finish()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }
}

/// A hash of 32 bytes, by which they are found again.
enum ContentMark {
  static let byteCount = 32
  /// One mark is kept of so many bytes.
  static let interval = 512
  /// 2^64 over the golden ratio: its products spread (Knuth, The Art of Computer Programming 3, 6.4).
  private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Calls `body` with the mark at each multiple of `interval`.
  static func forEachBlock(of bytes: ArraySlice<UInt8>, _ body: (UInt64) -> Void) {
    forEachMark(in: bytes, every: interval, body)
  }

  /// Calls `body` with the mark at each place.
  static func forEachPlace(in bytes: ArraySlice<UInt8>, _ body: (UInt64) -> Void) {
    forEachMark(in: bytes, every: 1, body)
  }

  /// Of 32 bytes that repeat the same eight, as zeros do, there is none: they are everywhere.
  @inline(__always)
  private static func forEachMark(in bytes: ArraySlice<UInt8>, every step: Int, _ body: (UInt64) -> Void) {
    unsafe bytes.withUnsafeBytes { bytes in
      // Safety: 32 bytes from `at` on are within the buffer.
      for at in stride(from: 0, through: bytes.count - byteCount, by: step) {
        let first = unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let second = unsafe bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
        let third = unsafe bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self)
        let fourth = unsafe bytes.loadUnaligned(fromByteOffset: at + 24, as: UInt64.self)
        guard first != second || second != third || third != fourth else { continue }
        var hash = (first &* multiplier) ^ (second &* (multiplier << 1 | 1))
        hash = (hash ^ (hash >> 29)) &* multiplier
        hash ^= (third &* multiplier) ^ (fourth &* (multiplier << 1 | 1))
        hash = (hash ^ (hash >> 32)) &* multiplier
        body(hash ^ (hash >> 29))
      }
    }
  }
}

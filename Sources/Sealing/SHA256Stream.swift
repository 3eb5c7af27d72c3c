import SnapshotModel

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
    ChunkID(context.finish()).bytes
  }
}

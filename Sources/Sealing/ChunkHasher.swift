import SnapshotModel

/// How chunks get their names: by what they hold, and in an encrypted repository under a key, so that nobody can tell
/// from a name whether a known file is in there.
package enum ChunkNaming: Sendable {
  case sha256
  case hmac(key: SecretBytes)
}

/// Names chunks: SHA-256, or HMAC-SHA256, with a context that is reused (0.1 us a call, 1.9 GB/s).
///
/// One for each thread; not for use by several at once.
package final class ChunkHasher {
  private enum Function {
    case sha256(SHA256Context)
    case hmac(HMACContext)
  }

  private let function: Function

  package init(_ naming: ChunkNaming) {
    function =
      switch naming {
      case .sha256: .sha256(SHA256Context())
      case .hmac(let key): .hmac(HMACContext(key: key))
      }
  }

  package func id(of bytes: ArraySlice<UInt8>) -> ChunkID {
    // Safety: libcrypto reads the buffer only during the call.
    unsafe bytes.withUnsafeBytes { unsafe id(of: $0) }
  }

  package func id(of bytes: [UInt8]) -> ChunkID { id(of: bytes[...]) }

  package func id(of bytes: UnsafeRawBufferPointer) -> ChunkID {
    switch function {
    case .sha256(let context):
      unsafe context.update(bytes)
      return ChunkID(context.finish())
    case .hmac(let context):
      unsafe context.update(bytes)
      return ChunkID(context.finish())
    }
  }
}

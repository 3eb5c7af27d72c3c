import COpenSSL

/// A key of libcrypto that is made of its 32 bytes.
///
/// - SeeAlso: EVP_PKEY_new_raw_private_key(3)
@safe
final class RawKey {
  // Safety: owned by this object, lent for the length of a call only, and freed (which wipes it) once in `deinit`.
  let key: OpaquePointer

  init(secret: SecretBytes, type: Int32) {
    let key = unsafe secret.withUnsafeBytes { bytes in
      unsafe EVP_PKEY_new_raw_private_key(
        type, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    guard let key = unsafe key else { preconditionFailure("a secret key of 32 bytes") }
    unsafe self.key = key
  }

  /// - Returns: `nil` when it cannot be a key.
  init?(publicKey: [UInt8], type: Int32) {
    guard let key = unsafe EVP_PKEY_new_raw_public_key(type, nil, publicKey, publicKey.count) else { return nil }
    unsafe self.key = key
  }

  deinit { unsafe EVP_PKEY_free(key) }

  func publicBytes(count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var length = count
    let isGiven = unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1
    precondition(isGiven && length == count, "a public key of \(count) bytes")
    return bytes
  }
}

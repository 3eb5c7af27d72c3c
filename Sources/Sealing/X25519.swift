import COpenSSL

/// Agreeing on a secret with somebody of whom only a public key is known.
///
/// - SeeAlso: RFC 7748; EVP_PKEY-X25519(7)
package enum X25519 {
  package static let keyByteCount = 32

  /// - Parameter secret: 32 bytes, which need no form.
  package static func publicKey(of secret: SecretBytes) -> [UInt8] {
    RawKey(secret: secret, type: EVP_PKEY_X25519).publicBytes(count: keyByteCount)
  }

  /// The 32 bytes that both sides come to.
  ///
  /// - Returns: `nil` for a public key that nobody should have: 32 bytes of small order, or not 32 bytes.
  /// - SeeAlso: RFC 7748, section 6.1; EVP_PKEY_derive(3)
  package static func agreement(_ secret: SecretBytes, _ publicKey: [UInt8]) -> SecretBytes? {
    guard let other = RawKey(publicKey: publicKey, type: EVP_PKEY_X25519) else { return nil }
    let own = RawKey(secret: secret, type: EVP_PKEY_X25519)
    let context = unsafe EVP_PKEY_CTX_new(own.key, nil)
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_derive_init(context) == 1, unsafe EVP_PKEY_derive_set_peer(context, other.key) == 1 else {
      return nil
    }
    var isAgreed = false
    let agreement = unsafe SecretBytes(count: keyByteCount) { output in
      var length = output.count
      // Safety: libcrypto writes at most `length` bytes, and only during the call.
      isAgreed =
        unsafe EVP_PKEY_derive(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &length) == 1
        && length == keyByteCount
    }
    return isAgreed ? agreement : nil
  }
}

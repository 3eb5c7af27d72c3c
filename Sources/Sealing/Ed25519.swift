import COpenSSL

/// Signatures: who has the public key can tell who wrote something, and cannot write it himself.
///
/// - SeeAlso: RFC 8032, section 5.1; EVP_PKEY-ED25519(7)
package enum Ed25519 {
  package static let keyByteCount = 32
  package static let signatureByteCount = 64

  /// - Parameter secret: 32 bytes.
  package static func publicKey(of secret: SecretBytes) -> [UInt8] {
    RawKey(secret: secret, type: EVP_PKEY_ED25519).publicBytes(count: keyByteCount)
  }

  package static func sign(_ message: [UInt8], with secret: SecretBytes) -> [UInt8] {
    let key = RawKey(secret: secret, type: EVP_PKEY_ED25519)
    let context = unsafe EVP_MD_CTX_new()
    defer { unsafe EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: signatureByteCount)
    var length = signatureByteCount
    let isSigned =
      unsafe EVP_DigestSignInit(context, nil, nil, nil, key.key) == 1
      && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
    precondition(isSigned && length == signatureByteCount, "Ed25519 did not sign")
    return signature
  }

  /// - Returns: `false` also for what is no public key or no signature.
  package static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
    guard signature.count == signatureByteCount, let key = RawKey(publicKey: publicKey, type: EVP_PKEY_ED25519) else {
      return false
    }
    let context = unsafe EVP_MD_CTX_new()
    defer { unsafe EVP_MD_CTX_free(context) }
    return unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key.key) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

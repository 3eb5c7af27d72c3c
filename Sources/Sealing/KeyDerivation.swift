import COpenSSL

/// HKDF with SHA-256, extract and expand.
///
/// - Parameters:
///   - salt: need not be secret.
///   - purpose: the `info` of the RFC; keys of different purposes tell nothing about each other.
///   - count: bytes, at most 8160.
/// - SeeAlso: RFC 5869; EVP_PKEY_CTX_set_hkdf_md(3)
package func hkdf(_ secret: SecretBytes, salt: [UInt8], purpose: [UInt8], count: Int = 32) -> SecretBytes {
  unsafe SecretBytes(count: count) { output in
    let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil)
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var length = count
    // Safety: every pointer is used only during the call, and libcrypto writes `count` bytes.
    let isDerived = unsafe secret.withUnsafeBytes { key in
      unsafe EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
        && EVP_PKEY_CTX_set1_hkdf_salt(context, salt, Int32(salt.count)) == 1
        && EVP_PKEY_CTX_set1_hkdf_key(
          context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(key.count)) == 1
        && EVP_PKEY_CTX_add1_hkdf_info(context, purpose, Int32(purpose.count)) == 1
        && EVP_PKEY_derive(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &length) == 1
    }
    precondition(isDerived && length == count, "HKDF did not derive")
  }
}

/// What scrypt is asked to spend: `128 * r * 2^logN` bytes of memory, and `p` times the work.
///
/// - SeeAlso: RFC 7914, section 2
package struct ScryptCost: Hashable, Sendable {
  package var logN: Int
  package var r: Int
  package var p: Int

  package init(logN: Int, r: Int, p: Int) {
    self.logN = logN
    self.r = r
    self.p = p
  }

  /// 128 MiB, about half a second: what OWASP's password storage cheat sheet asks for.
  package static let standard = ScryptCost(logN: 17, r: 8, p: 1)
  /// Nobody must be kept waiting, or be brought out of memory, by what a hostile repository asks for.
  package static let memoryMax: UInt64 = 1 << 30

  package var memory: UInt64 { 128 * UInt64(r) << UInt64(logN) }

  /// Whether a stored cost is one that a client accepts: not absurd, and not so low that the password is given away.
  package var isAcceptable: Bool {
    (10...20).contains(logN) && (1...16).contains(r) && (1...4).contains(p) && memory <= Self.memoryMax
  }
}

/// Stretches a password.
///
/// - Parameter cost: one that `isAcceptable`, or of a test vector.
/// - Throws: `OutOfMemory`.
/// - SeeAlso: RFC 7914; EVP_PBE_scrypt(3)
package func scrypt(_ password: SecretBytes, salt: [UInt8], cost: ScryptCost, count: Int) throws -> SecretBytes {
  try unsafe SecretBytes(count: count) { output throws(OutOfMemory) in
    // Safety: the buffers are used only during the call. Without a limit of its own libcrypto refuses over 32 MiB.
    let isDerived = unsafe password.withUnsafeBytes { password in
      unsafe EVP_PBE_scrypt(
        password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
        1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p), ScryptCost.memoryMax + (64 << 20),
        output.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
    }
    if !isDerived { throw OutOfMemory(byteCount: cost.memory) }
  }
}

/// A key could not be stretched in the memory there is.
package struct OutOfMemory: Error, Hashable { package var byteCount: UInt64 }

import COpenSSL

/// AES-256 in Galois/Counter Mode under one key: seals, and opens what was sealed, or says that it was changed.
///
/// Not for use by several threads at once. A nonce must never be used twice for sealing under one key.
///
/// - SeeAlso: NIST SP 800-38D; EVP_EncryptInit(3)
@safe
package final class AES256GCM {
  package static let keyByteCount = 32
  package static let nonceByteCount = 12
  package static let tagByteCount = 16

  // Safety: owned by this object, never handed out, and freed (which wipes it) once in `deinit`.
  private let context: OpaquePointer

  /// - Parameter key: 32 bytes.
  package init(key: SecretBytes) {
    precondition(key.count == Self.keyByteCount, "a key of 32 bytes")
    guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher") }
    unsafe self.context = context
    let isReady = unsafe key.withUnsafeBytes { bytes in
      unsafe EVP_CipherInit_ex(
        context, EVP_aes_256_gcm(), nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, 1) == 1
    }
    precondition(isReady, "AES-256-GCM did not start")
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }

  /// Writes the sealed form of `plain`, as long as it, and its tag to `output`.
  ///
  /// - Parameter output: `plain.count + 16` bytes; must not overlap `plain`.
  package func seal(
    _ plain: UnsafeRawBufferPointer, nonce: [UInt8], authenticating context: [UInt8],
    into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count == plain.count + Self.tagByteCount, "room for the tag")
    start(nonce: nonce, isSealing: true, authenticating: context)
    var rest: Int32 = 0
    // Safety: the buffers are as long as was just checked.
    unsafe precondition(
      update(output, plain) && EVP_CipherFinal_ex(self.context, Self.bytes(output, from: plain.count), &rest) == 1
        && EVP_CIPHER_CTX_ctrl(
          self.context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), Self.bytes(output, from: plain.count)) == 1,
      "AES-256-GCM did not seal")
  }

  /// Writes to `output` what was sealed.
  ///
  /// - Parameters:
  ///   - sealed: what `seal` wrote.
  ///   - output: `sealed.count - 16` bytes; of no use when this fails.
  /// - Returns: whether nothing was changed: neither the bytes nor the nonce nor `context`.
  package func open(
    _ sealed: UnsafeRawBufferPointer, nonce: [UInt8], authenticating context: [UInt8],
    into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let count = sealed.count - Self.tagByteCount
    guard count >= 0, output.count == count else { return false }
    start(nonce: nonce, isSealing: false, authenticating: context)
    var rest: Int32 = 0
    var tag = unsafe Array(sealed[count...])
    // Safety: the buffers are as long as was just checked.
    return unsafe update(output, UnsafeRawBufferPointer(rebasing: sealed[..<count]))
      && EVP_CIPHER_CTX_ctrl(self.context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagByteCount), &tag) == 1
      && EVP_CipherFinal_ex(self.context, Self.bytes(output, from: count), &rest) == 1
  }

  private func start(nonce: [UInt8], isSealing: Bool, authenticating context: [UInt8]) {
    precondition(nonce.count == Self.nonceByteCount, "a nonce of 12 bytes")
    var length: Int32 = 0
    unsafe precondition(
      EVP_CipherInit_ex(self.context, nil, nil, nil, nonce, isSealing ? 1 : 0) == 1
        && (context.isEmpty || EVP_CipherUpdate(self.context, nil, &length, context, Int32(context.count)) == 1),
      "AES-256-GCM did not start")
  }

  private func update(_ output: UnsafeMutableRawBufferPointer, _ input: UnsafeRawBufferPointer) -> Bool {
    guard unsafe !input.isEmpty else { return true }
    var length: Int32 = 0
    return unsafe EVP_CipherUpdate(
      context, Self.bytes(output, from: 0), &length, input.baseAddress?.assumingMemoryBound(to: UInt8.self),
      Int32(input.count)) == 1
  }

  private static func bytes(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) -> UnsafeMutablePointer<UInt8>? {
    unsafe buffer.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
  }
}

extension AES256GCM {
  /// The sealed form of a short text, with its tag.
  package func sealing(_ plain: [UInt8], nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8] {
    unsafe plain.withUnsafeBytes { unsafe sealing($0, nonce: nonce, authenticating: context) }
  }

  package func sealing(_ plain: SecretBytes, nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8] {
    unsafe plain.withUnsafeBytes { unsafe sealing($0, nonce: nonce, authenticating: context) }
  }

  private func sealing(
    _ plain: UnsafeRawBufferPointer, nonce: [UInt8], authenticating context: [UInt8]
  ) -> [UInt8] {
    let count = plain.count + Self.tagByteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
      // Safety: the output has room for text and tag.
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(output)[..<count])
      unsafe seal(plain, nonce: nonce, authenticating: context, into: room)
      written = count
    }
  }

  /// What `sealing` sealed; `nil` when it, the nonce or `context` was changed.
  package func opening(_ sealed: ArraySlice<UInt8>, nonce: [UInt8], authenticating context: [UInt8]) -> [UInt8]? {
    openingSecret(sealed, nonce: nonce, authenticating: context).map { secret in
      unsafe secret.withUnsafeBytes { unsafe Array($0) }
    }
  }

  /// As `opening`, for what must not be copied.
  package func openingSecret(
    _ sealed: ArraySlice<UInt8>, nonce: [UInt8], authenticating context: [UInt8]
  ) -> SecretBytes? {
    guard sealed.count >= Self.tagByteCount else { return nil }
    var isOpen = false
    let plain = unsafe SecretBytes(count: sealed.count - Self.tagByteCount) { room in
      // Safety: the room is as long as what was sealed.
      isOpen = unsafe sealed.withUnsafeBytes {
        unsafe open($0, nonce: nonce, authenticating: context, into: room)
      }
    }
    return isOpen ? plain : nil
  }
}

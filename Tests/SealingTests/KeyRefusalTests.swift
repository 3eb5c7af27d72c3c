import Sealing
import SnapshotModel
import Testing

/// Which bytes are no keys, no signatures, no agreement.
struct KeyRefusalTests {
  private func plain(_ secret: SecretBytes) -> [UInt8] { unsafe secret.withUnsafeBytes { unsafe Array($0) } }

  private func secret(_ text: String) throws -> SecretBytes {
    SecretBytes(copying: try #require(bytes(hexadecimal: text)))
  }

  /// RFC 7748, section 6.1.
  @Test(arguments: [
    (
      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    ),
    (
      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    ),
  ])
  func `both sides of the RFC's example agree`(own: String, ownPublic: String, other: String) throws {
    #expect(hexadecimal(X25519.publicKey(of: try secret(own))) == ownPublic)
    let other = try #require(bytes(hexadecimal: other))
    let agreed = try #require(X25519.agreement(secret(own), other))
    #expect(hexadecimal(plain(agreed)) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
  }

  /// RFC 7748, section 5: the three low bits and the highest are cleared, the second highest is set, before a secret is used.
  @Test(arguments: [(0, UInt8(1)), (0, 2), (0, 4), (31, 0x80), (31, 0x40)])
  func `bits of a secret that count for nothing change neither key nor agreement`(at: Int, bit: UInt8) throws {
    let secret = SecretBytes(randomCount: 32)
    var other = plain(secret)
    other[at] ^= bit
    let peer = X25519.publicKey(of: SecretBytes(randomCount: 32))
    #expect(X25519.publicKey(of: SecretBytes(copying: other)) == X25519.publicKey(of: secret))
    let agreed = try #require(X25519.agreement(secret, peer))
    #expect(try #require(X25519.agreement(SecretBytes(copying: other), peer)).isEqual(to: agreed))
  }

  @Test(arguments: [0, 1, 31, 33, 64])
  func `a public key that is not 32 bytes is no key`(count: Int) {
    let bytes = [UInt8](repeating: 9, count: count)
    #expect(X25519.agreement(SecretBytes(randomCount: 32), bytes) == nil)
    let key = SecretBytes(randomCount: 32)
    #expect(!Ed25519.isValid(Ed25519.sign([1], with: key), of: [1], by: bytes))
  }

  @Test(arguments: [0, 1, 63, 65, 128])
  func `a signature that is not 64 bytes is none`(count: Int) {
    let key = SecretBytes(randomCount: 32)
    let signature = Ed25519.sign([1], with: key)
    let cut = Array((signature + signature).prefix(count))
    #expect(!Ed25519.isValid(cut, of: [1], by: Ed25519.publicKey(of: key)))
    #expect(Ed25519.isValid(signature, of: [1], by: Ed25519.publicKey(of: key)))
  }

  @Test func `a secret of 32 bytes makes both kinds of key`() async {
    await #expect(processExitsWith: .success) {
      let secret = SecretBytes(copying: [UInt8](repeating: 1, count: 32))
      #expect(X25519.publicKey(of: secret).count == 32 && Ed25519.publicKey(of: secret).count == 32)
    }
  }

  @Test(arguments: [0, 31, 33])
  func `a secret that is not 32 bytes makes no key`(count: Int) async {
    await #expect(processExitsWith: .failure) { [count = count as Int] in
      _ = X25519.publicKey(of: SecretBytes(copying: [UInt8](repeating: 1, count: count)))
    }
    await #expect(processExitsWith: .failure) { [count = count as Int] in
      _ = Ed25519.publicKey(of: SecretBytes(copying: [UInt8](repeating: 1, count: count)))
    }
  }

  /// RFC 8032, section 7.1, test "SHA(abc)".
  @Test func `Ed25519 signs the RFC's digest as the RFC does`() throws {
    let key = try secret("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    let publicKey = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"
    let message = try #require(
      bytes(
        hexadecimal: """
          ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423\
          643ce80e2a9ac94fa54ca49f
          """))
    let signature = Ed25519.sign(message, with: key)
    #expect(hexadecimal(Ed25519.publicKey(of: key)) == publicKey)
    #expect(
      hexadecimal(signature) == """
        dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c\
        138ac17ad9bef1177331a704
        """)
    #expect(Ed25519.isValid(signature, of: message, by: try #require(bytes(hexadecimal: publicKey))))
  }

  @Test(arguments: [0, 1, 32, 63, 64, 127, 128, 10_000])
  func `a signature is the same every time, and of its message alone`(count: Int) {
    let key = SecretBytes(copying: Array(0..<32))
    let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let signature = Ed25519.sign(message, with: key)
    #expect(signature.count == Ed25519.signatureByteCount && signature == Ed25519.sign(message, with: key))
    #expect(Ed25519.isValid(signature, of: message, by: Ed25519.publicKey(of: key)))
    #expect(!Ed25519.isValid(signature, of: message + [0], by: Ed25519.publicKey(of: key)))
    if count > 0 { #expect(!Ed25519.isValid(signature, of: Array(message.dropLast()), by: Ed25519.publicKey(of: key))) }
  }

  @Test(arguments: 0..<32)
  func `a signature holds for no key that differs in a bit`(at: Int) {
    let key = SecretBytes(copying: Array(0..<32))
    let signature = Ed25519.sign([1, 2, 3], with: key)
    for bit in 0..<8 {
      var other = Ed25519.publicKey(of: key)
      other[at] ^= 1 << UInt8(bit)
      #expect(!Ed25519.isValid(signature, of: [1, 2, 3], by: other), "bit \(bit)")
    }
  }
}

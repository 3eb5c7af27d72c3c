import Sealing
import SnapshotModel
import Testing

struct PublicKeyTests {
  private func secret(_ text: String) throws -> SecretBytes {
    SecretBytes(copying: try #require(bytes(hexadecimal: text)))
  }

  private func plain(_ secret: SecretBytes) -> [UInt8] { unsafe secret.withUnsafeBytes { unsafe Array($0) } }

  /// RFC 7748, section 5.2.
  @Test(arguments: [
    (
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    ),
    (
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
    ),
  ])
  func `X25519 gives what the RFC gives`(scalar: String, point: String, expected: String) throws {
    let point = try #require(bytes(hexadecimal: point))
    let agreed = try #require(X25519.agreement(secret(scalar), point))
    #expect(hexadecimal(plain(agreed)) == expected)
  }

  /// RFC 7748, section 5.2: each result is the next scalar, each scalar the next point.
  @Test func `X25519 applied a thousand times gives what the RFC gives`() throws {
    let start = [9] + [UInt8](repeating: 0, count: 31)
    var (scalar, point) = (start, start)
    for round in 1...1000 {
      let next = plain(try #require(X25519.agreement(SecretBytes(copying: scalar), point)))
      (scalar, point) = (next, scalar)
      if round == 1 {
        #expect(hexadecimal(next) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
      }
    }
    #expect(hexadecimal(scalar) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")
  }

  @Test func `both sides agree`() throws {
    let (a, b) = (SecretBytes(randomCount: 32), SecretBytes(randomCount: 32))
    let agreed = try #require(X25519.agreement(a, X25519.publicKey(of: b)))
    #expect(agreed.isEqual(to: try #require(X25519.agreement(b, X25519.publicKey(of: a)))))
    #expect(X25519.agreement(a, [1, 2, 3]) == nil)
  }

  /// All points of small order, also as numbers above the prime: with them anybody's secret gives the same (RFC 7748, section 7;
  /// the list is that of Bernstein, *Curve25519: a state-of-the-art Diffie-Hellman function*, "How do I validate public keys?").
  @Test(
    arguments: [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ], [UInt8(0), 0x80])
  func `points of small order are refused, whatever the bit is that nobody reads`(text: String, bit: UInt8) throws {
    var point = try #require(bytes(hexadecimal: text))
    point[31] |= bit
    for _ in 0..<4 { #expect(X25519.agreement(SecretBytes(randomCount: 32), point) == nil) }
  }

  /// RFC 8032, section 7.1, tests 1 to 3.
  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      """
      e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
      d25bf5f0595bbe24655141438e7a100b
      """
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      """
      92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
      387b2eaeb4302aeeb00d291612bb0c00
      """
    ),
    (
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      """
      6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
      4a7c15e9716ed28dc027beceea1ec40a
      """
    ),
  ])
  func `Ed25519 gives what the RFC gives`(key: String, publicKey: String, message: String, signature: String) throws {
    let message = try #require(bytes(hexadecimal: message))
    let signed = Ed25519.sign(message, with: try secret(key))
    #expect(hexadecimal(Ed25519.publicKey(of: try secret(key))) == publicKey)
    #expect(hexadecimal(signed) == signature)
    #expect(Ed25519.isValid(signed, of: message, by: try #require(bytes(hexadecimal: publicKey))))
  }

  /// RFC 8032, section 5.1.7: a second signature could be made of each otherwise, by adding the order of the group to its number.
  @Test func `a signature whose number is too large is refused`() throws {
    let order = try #require(
      bytes(hexadecimal: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
    let key = SecretBytes(randomCount: 32)
    var signature = Ed25519.sign([1, 2, 3], with: key)
    #expect(Ed25519.isValid(signature, of: [1, 2, 3], by: Ed25519.publicKey(of: key)))
    for _ in 0..<7 {
      var carry = 0
      for at in order.indices {
        carry += Int(signature[32 + at]) + Int(order[at])
        signature[32 + at] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      #expect(carry == 0)
      #expect(!Ed25519.isValid(signature, of: [1, 2, 3], by: Ed25519.publicKey(of: key)))
    }
  }

  @Test func `a signature holds for its message and its key alone`() {
    let (key, other) = (SecretBytes(randomCount: 32), SecretBytes(randomCount: 32))
    let message = Array("what was said".utf8)
    let signature = Ed25519.sign(message, with: key)
    let publicKey = Ed25519.publicKey(of: key)
    #expect(Ed25519.isValid(signature, of: message, by: publicKey))
    #expect(!Ed25519.isValid(signature, of: message + [0], by: publicKey))
    #expect(!Ed25519.isValid(signature, of: message, by: Ed25519.publicKey(of: other)))
    for at in signature.indices {
      var changed = signature
      changed[at] ^= 1
      #expect(!Ed25519.isValid(changed, of: message, by: publicKey))
    }
    #expect(!Ed25519.isValid([], of: message, by: publicKey))
    #expect(!Ed25519.isValid(signature, of: message, by: [1, 2]))
  }
}

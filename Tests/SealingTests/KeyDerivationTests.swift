import Sealing
import SnapshotModel
import Testing

struct KeyDerivationTests {
  /// RFC 5869, appendix A, the cases for SHA-256.
  @Test(arguments: [
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    ),
    (
      """
      000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
      303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
      """,
      """
      606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f\
      909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf
      """,
      """
      b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf\
      e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
      """,
      """
      b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
      da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
      """
    ),
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    ),
  ])
  func `HKDF gives what the RFC gives`(key: String, salt: String, info: String, expected: String) throws {
    let output = try #require(bytes(hexadecimal: expected))
    let derived = hkdf(
      SecretBytes(copying: try #require(bytes(hexadecimal: key))), salt: try #require(bytes(hexadecimal: salt)),
      purpose: try #require(bytes(hexadecimal: info)), count: output.count)
    #expect(derived.isEqual(to: SecretBytes(copying: output)))
  }

  /// RFC 7914, section 12; the fourth vector takes a gibibyte and is left out.
  @Test(arguments: [
    (
      "", "", ScryptCost(logN: 4, r: 1, p: 1),
      """
      77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17\
      e8d3e0fb2e0d3628cf35e20c38d18906
      """
    ),
    (
      "password", "NaCl", ScryptCost(logN: 10, r: 8, p: 16),
      """
      fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da\
      c727afb94a83ee6d8360cbdfa2cc0640
      """
    ),
    (
      "pleaseletmein", "SodiumChloride", ScryptCost(logN: 14, r: 8, p: 1),
      """
      7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9\
      e61e85dc0d651e40dfcf017b45575887
      """
    ),
  ])
  func `scrypt gives what the RFC gives`(password: String, salt: String, cost: ScryptCost, expected: String) throws {
    let derived = try scrypt(
      SecretBytes(copying: Array(password.utf8)), salt: Array(salt.utf8), cost: cost, count: 64)
    #expect(derived.isEqual(to: SecretBytes(copying: try #require(bytes(hexadecimal: expected)))))
  }

  /// RFC 4231, cases 1, 2, 6.
  @Test(arguments: [
    (
      String(repeating: "0b", count: 20), "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      String(repeating: "aa", count: 131),
      """
      54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579\
      204669727374
      """, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func `HMAC gives what the RFC gives, and a hasher under a key the same`(
    key: String, text: String, expected: String
  ) throws {
    let key = SecretBytes(copying: try #require(bytes(hexadecimal: key)))
    let text = try #require(bytes(hexadecimal: text))
    let hasher = ChunkHasher(.hmac(key: key))
    #expect(hexadecimal(hmacSHA256(key: key, text)) == expected)
    for _ in 0..<2 { #expect(hasher.id(of: text).hexadecimal == expected) }
    #expect(hasher.id(of: []) != ChunkHasher(.sha256).id(of: []))
  }

  @Test func `a cost that is absurd is not accepted`() {
    #expect(ScryptCost.standard.isAcceptable)
    for cost in [
      ScryptCost(logN: 9, r: 8, p: 1), ScryptCost(logN: 21, r: 1, p: 1), ScryptCost(logN: 20, r: 9, p: 1),
      ScryptCost(logN: 17, r: 0, p: 1), ScryptCost(logN: 17, r: 17, p: 1), ScryptCost(logN: 17, r: 8, p: 5),
      ScryptCost(logN: 17, r: 8, p: 0),
    ] { #expect(!cost.isAcceptable, "\(cost)") }
  }

  @Test func `secrets are wiped, compared and cut`() {
    let secret = SecretBytes(copying: [1, 2, 3, 4])
    #expect(secret.isEqual(to: SecretBytes(copying: [1, 2, 3, 4])))
    #expect(!secret.isEqual(to: SecretBytes(copying: [1, 2, 3, 5])))
    #expect(!secret.isEqual(to: SecretBytes(copying: [1, 2, 3])))
    #expect(secret.slice(1..<3).isEqual(to: SecretBytes(copying: [2, 3])))
    #expect(!SecretBytes(randomCount: 32).isEqual(to: SecretBytes(randomCount: 32)))
    var bytes: [UInt8] = [1, 2]
    wipe(&bytes)
    #expect(bytes == [0, 0])
    // More than the secure heap holds.
    let many = (0..<20_000).map { SecretBytes(copying: [UInt8(truncatingIfNeeded: $0)]) }
    #expect(many.indices.allSatisfy { many[$0].isEqual(to: SecretBytes(copying: [UInt8(truncatingIfNeeded: $0)])) })
  }
}

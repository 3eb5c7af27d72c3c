import Sealing
import SnapshotModel
import Testing

struct AES256GCMTests {
  /// McGrew and Viega, *The Galois/Counter Mode of Operation*, appendix B, cases 13 to 16: those of AES-256 with a nonce of
  /// 96 bits, which NIST's SP 800-38D refers to.
  @Test(arguments: [
    ("00", 32, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
      "00", 32, "000000000000000000000000", "00000000000000000000000000000000", "",
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    ),
    (
      "feffe9928665731c6d6a8f9467308308", 2, "cafebabefacedbaddecaf888",
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
      b16aedf5aa0de657ba637b391aafd255
      """, "",
      """
      522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
      c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c
      """
    ),
    (
      "feffe9928665731c6d6a8f9467308308", 2, "cafebabefacedbaddecaf888",
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
      b16aedf5aa0de657ba637b39
      """, "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      """
      522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
      c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b
      """
    ),
  ])
  func `it seals what the vectors seal, and opens it`(
    key: String, repeated: Int, nonce: String, plain: String, context: String, sealed: String
  ) throws {
    let key = try #require(bytes(hexadecimal: String(repeating: key, count: repeated)))
    let cipher = AES256GCM(key: SecretBytes(copying: key))
    let (nonce, plain) = (try #require(bytes(hexadecimal: nonce)), try #require(bytes(hexadecimal: plain)))
    let (context, sealed) = (try #require(bytes(hexadecimal: context)), try #require(bytes(hexadecimal: sealed)))
    for _ in 0..<2 {
      #expect(cipher.sealing(plain, nonce: nonce, authenticating: context) == sealed)
      #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: context) == plain)
    }
  }

  @Test func `nothing that was changed opens`() {
    let cipher = AES256GCM(key: SecretBytes(randomCount: 32))
    let nonce = [UInt8](repeating: 7, count: 12)
    let sealed = cipher.sealing(Array("content".utf8), nonce: nonce, authenticating: [1, 2])
    for bit in 0..<sealed.count * 8 {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(cipher.opening(changed[...], nonce: nonce, authenticating: [1, 2]) == nil)
    }
    for count in 0..<sealed.count {
      #expect(cipher.opening(sealed[..<count], nonce: nonce, authenticating: [1, 2]) == nil)
    }
    #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: [1]) == nil)
    #expect(cipher.opening(sealed[...], nonce: nonce.map { $0 ^ 1 }, authenticating: [1, 2]) == nil)
    let other = AES256GCM(key: SecretBytes(randomCount: 32))
    #expect(other.opening(sealed[...], nonce: nonce, authenticating: [1, 2]) == nil)
    #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: [1, 2]) == Array("content".utf8))
  }
}

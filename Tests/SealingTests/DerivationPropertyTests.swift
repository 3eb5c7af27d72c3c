import Sealing
import SnapshotModel
import Testing

/// What follows from how the derivations are made, and what they refuse.
struct DerivationPropertyTests {
  private let secret = SecretBytes(copying: Array("a secret".utf8))
  private let cheap = ScryptCost(logN: 4, r: 1, p: 1)

  private func plain(_ secret: SecretBytes) -> [UInt8] { unsafe secret.withUnsafeBytes { unsafe Array($0) } }

  /// RFC 5869, section 2.3: the output is the beginning of T(1), T(2) and so on, up to 255 of them.
  @Test(arguments: [1, 31, 32, 33, 64, 100, 2_048, 8_159])
  func `a shorter key is the beginning of the longest`(count: Int) {
    let longest = plain(hkdf(secret, salt: [1, 2], purpose: [3], count: 255 * 32))
    #expect(plain(hkdf(secret, salt: [1, 2], purpose: [3], count: count)) == Array(longest.prefix(count)))
  }

  /// RFC 5869, section 2.3: `L` is at most 255 times the length of the hash.
  @Test func `a key longer than the RFC allows is never made`() async {
    await #expect(processExitsWith: .failure) {
      _ = hkdf(SecretBytes(copying: [1]), salt: [2], purpose: [3], count: 255 * 32 + 1)
    }
  }

  @Test func `secret, salt and purpose each make another key`() {
    let keys = [
      hkdf(secret, salt: [1], purpose: [2]),
      hkdf(SecretBytes(copying: Array("A secret".utf8)), salt: [1], purpose: [2]),
      hkdf(secret, salt: [2], purpose: [2]), hkdf(secret, salt: [1], purpose: [3]),
      hkdf(secret, salt: [1, 2], purpose: []), hkdf(secret, salt: [], purpose: [1, 2]),
      hkdf(secret, salt: [1], purpose: [2, 0]),
    ].map(plain)
    #expect(Set(keys).count == keys.count && keys.allSatisfy { $0.count == 32 })
    #expect(plain(hkdf(secret, salt: [1], purpose: [2])) == keys[0])
  }

  /// RFC 5869, sections 2.2 and 2.3, with HMAC in place of libcrypto's own HKDF: a second way to the same bytes.
  @Test(arguments: [([], []), ([7], []), ([1, 2, 3], [4, 5, 6])] as [([UInt8], [UInt8])])
  func `HKDF is what HMAC makes of it`(salt: [UInt8], purpose: [UInt8]) {
    let key = salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt
    let extracted = SecretBytes(copying: hmacSHA256(key: SecretBytes(copying: key), plain(secret)))
    let first = hmacSHA256(key: extracted, purpose + [1])
    let second = hmacSHA256(key: extracted, first + purpose + [2])
    #expect(plain(hkdf(secret, salt: salt, purpose: purpose, count: 64)) == first + second)
  }

  /// RFC 7914, section 6: the last step is PBKDF2 of one round, whose blocks stand one behind the other.
  @Test(arguments: [1, 31, 32, 33, 63])
  func `a shorter password key is the beginning of a longer`(count: Int) throws {
    let long = plain(try scrypt(secret, salt: [1], cost: cheap, count: 64))
    #expect(plain(try scrypt(secret, salt: [1], cost: cheap, count: count)) == Array(long.prefix(count)))
  }

  @Test func `password, salt and each cost make another key`() throws {
    let keys = try [
      scrypt(secret, salt: [1], cost: cheap, count: 32), scrypt(secret, salt: [2], cost: cheap, count: 32),
      scrypt(SecretBytes(copying: []), salt: [1], cost: cheap, count: 32),
      scrypt(secret, salt: [1], cost: ScryptCost(logN: 5, r: 1, p: 1), count: 32),
      scrypt(secret, salt: [1], cost: ScryptCost(logN: 4, r: 2, p: 1), count: 32),
      scrypt(secret, salt: [1], cost: ScryptCost(logN: 4, r: 1, p: 2), count: 32),
    ].map(plain)
    #expect(Set(keys).count == keys.count)
  }

  /// Over the limit that libcrypto is given; none of this memory is taken.
  @Test(arguments: [
    ScryptCost(logN: 20, r: 9, p: 1), ScryptCost(logN: 24, r: 8, p: 1), ScryptCost(logN: 30, r: 16, p: 1),
  ])
  func `a cost that the memory cannot pay says how much it asked for`(cost: ScryptCost) {
    let needed = UInt64(128 * cost.r) * (1 << UInt64(cost.logN))
    #expect(cost.memory == needed && needed > ScryptCost.memoryMax)
    let error = #expect(throws: OutOfMemory.self) { try scrypt(secret, salt: [1], cost: cost, count: 32) }
    #expect(error?.byteCount == needed)
  }

  @Test(
    arguments: [
      (10, 1, 1, 131_072), (17, 8, 1, 134_217_728), (20, 8, 4, 1_073_741_824), (19, 16, 1, 1_073_741_824),
    ] as [(Int, Int, Int, UInt64)])
  func `a cost is accepted up to a gibibyte`(logN: Int, r: Int, p: Int, memory: UInt64) {
    let cost = ScryptCost(logN: logN, r: r, p: p)
    #expect(cost.memory == memory && cost.isAcceptable)
  }

  /// RFC 4231, cases 3, 4 and 7.
  @Test(arguments: [
    (
      String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      String(repeating: "aa", count: 131),
      hexadecimal(
        Array(
          """
          This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
          hashed before being used by the HMAC algorithm.
          """.utf8)), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ])
  func `HMAC gives what the RFC gives`(key: String, text: String, expected: String) throws {
    let key = SecretBytes(copying: try #require(bytes(hexadecimal: key)))
    let text = try #require(bytes(hexadecimal: text))
    #expect(hexadecimal(hmacSHA256(key: key, text)) == expected)
    #expect(ChunkHasher(.hmac(key: key)).id(of: [0] + text).hexadecimal != expected)
    #expect(ChunkHasher(.hmac(key: key)).id(of: ([0] + text)[1...]).hexadecimal == expected)
  }

  /// RFC 2104, section 2: `H(K XOR opad, H(K XOR ipad, text))`, and a key longer than a block is hashed first.
  @Test(arguments: [0, 1, 63, 64, 65, 200])
  func `HMAC is what its definition makes of SHA-256`(keyByteCount: Int) {
    let key = (0..<keyByteCount).map { UInt8(truncatingIfNeeded: $0 &+ 3) }
    let text = Array("what is said".utf8)
    let short = key.count > 64 ? sha256(key) : key
    let padded = short + [UInt8](repeating: 0, count: 64 - short.count)
    let inner = sha256(padded.map { $0 ^ 0x36 } + text)
    #expect(hmacSHA256(key: SecretBytes(copying: key), text) == sha256(padded.map { $0 ^ 0x5C } + inner))
  }

  /// FIPS 180-4 examples: two blocks of 896 bits; then NIST's CAVP vectors for short messages (SHA256ShortMsg.rsp).
  @Test(arguments: [
    (
      hexadecimal(
        Array(
          """
          abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst\
          nopqrstu
          """.utf8)), "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ), ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
    ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
    ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
  ])
  func `SHA-256 gives what NIST gives`(message: String, digest: String) throws {
    let message = try #require(bytes(hexadecimal: message))
    #expect(hexadecimal(sha256(message)) == digest)
    #expect(hexadecimal(sha256(([1, 2] + message)[2...])) == digest)
  }

  /// Around the ends of a block of 64 bytes, where the padding goes into one more.
  @Test(arguments: [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129])
  func `a stream gives the same whatever pieces it comes in`(count: Int) {
    let bytes = (0..<count).map { UInt8($0) }
    let whole = sha256(bytes)
    let stream = SHA256Stream()
    for piece in [1, 2, 7, 55, 64] {
      for start in stride(from: 0, to: count, by: piece) { stream.update(bytes[start..<min(start + piece, count)]) }
      #expect(stream.finalize() == whole, "pieces of \(piece)")
    }
    #expect(ChunkHasher(.sha256).id(of: bytes).bytes == whole)
  }
}

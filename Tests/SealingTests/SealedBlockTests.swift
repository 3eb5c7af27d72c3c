import Sealing
import TestSupport
import Testing

/// What AES-256-GCM promises whatever the length is.
struct SealedBlockTests {
  private static let lengths = [0, 1, 15, 16, 17, 31, 32, 33, 255, 4_096, 65_537]
  private let cipher = AES256GCM(key: SecretBytes(copying: Array(0..<32)))
  private let nonce = [UInt8](repeating: 3, count: AES256GCM.nonceByteCount)

  private func text(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(count))
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  @Test(arguments: lengths)
  func `what is sealed is longer by the tag alone, and opens again`(count: Int) {
    let plain = text(count)
    let sealed = cipher.sealing(plain, nonce: nonce, authenticating: [9])
    #expect(sealed.count == count + AES256GCM.tagByteCount)
    #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: [9]) == plain)
    // Not all of it stands there in the open: a block and more never does by chance.
    if count >= 16 { #expect(Array(sealed.prefix(count)) != plain) }
  }

  @Test(arguments: lengths)
  func `a secret is sealed as bytes are, and opens as a secret`(count: Int) throws {
    let plain = text(count)
    let secret = SecretBytes(copying: plain)
    let sealed = cipher.sealing(secret, nonce: nonce, authenticating: [])
    #expect(sealed == cipher.sealing(plain, nonce: nonce, authenticating: []))
    let opened = try #require(cipher.openingSecret(sealed[...], nonce: nonce, authenticating: []))
    #expect(opened.isEqual(to: secret))
  }

  @Test(arguments: lengths)
  func `a slice opens as if it stood alone`(count: Int) {
    let plain = text(count)
    let sealed = cipher.sealing(plain, nonce: nonce, authenticating: [1])
    let within = [0xFF, 0xFF, 0xFF] + sealed + [0xFF]
    #expect(cipher.opening(within[3..<3 + sealed.count], nonce: nonce, authenticating: [1]) == plain)
    #expect(cipher.opening(within[3...], nonce: nonce, authenticating: [1]) == nil)
    #expect(cipher.opening(within[..<(3 + sealed.count)], nonce: nonce, authenticating: [1]) == nil)
  }

  @Test(arguments: lengths)
  func `a byte of text, tag, nonce or context that is another one opens nothing`(count: Int) {
    let context: [UInt8] = [5, 6, 7]
    let sealed = cipher.sealing(text(count), nonce: nonce, authenticating: context)
    for at in Set([0, count / 2, max(count - 1, 0), count, sealed.count - 1]) {
      var changed = sealed
      changed[at] ^= 0x10
      #expect(cipher.opening(changed[...], nonce: nonce, authenticating: context) == nil, "byte \(at)")
    }
    for at in nonce.indices {
      var other = nonce
      other[at] ^= 1
      #expect(cipher.opening(sealed[...], nonce: other, authenticating: context) == nil, "nonce \(at)")
    }
    for other in [[], [5, 6], [5, 6, 7, 0], [5, 6, 8]] as [[UInt8]] {
      #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: other) == nil, "\(other)")
    }
  }

  @Test(arguments: 0..<AES256GCM.tagByteCount)
  func `what is shorter than a tag opens nothing`(count: Int) {
    let bytes = [UInt8](repeating: 0, count: count)
    #expect(cipher.opening(bytes[...], nonce: nonce, authenticating: []) == nil)
    #expect(cipher.openingSecret(bytes[...], nonce: nonce, authenticating: []) == nil)
    var room = [UInt8](repeating: 7, count: 4)
    let isOpen = unsafe bytes.withUnsafeBytes { bytes in
      unsafe room.withUnsafeMutableBytes { room in
        unsafe cipher.open(bytes, nonce: nonce, authenticating: [], into: room)
      }
    }
    #expect(!isOpen && room == [7, 7, 7, 7])
  }

  /// Nothing is written where it would not fit, nor where it would leave bytes of before behind it.
  @Test(arguments: [0, 1, 19, 21, 40])
  func `room of another size than the text stays as it was, and nothing opens`(count: Int) {
    let sealed = cipher.sealing(text(20), nonce: nonce, authenticating: [])
    var room = [UInt8](repeating: 0xAB, count: count)
    let isOpen = unsafe sealed.withUnsafeBytes { sealed in
      unsafe room.withUnsafeMutableBytes { room in
        unsafe cipher.open(sealed, nonce: nonce, authenticating: [], into: room)
      }
    }
    #expect(!isOpen && room.allSatisfy { $0 == 0xAB })
  }

  @Test func `a cipher that refused something opens and seals as before`() {
    let sealed = cipher.sealing([1, 2, 3], nonce: nonce, authenticating: [4])
    for count in 0..<sealed.count {
      #expect(cipher.opening(sealed[..<count], nonce: nonce, authenticating: [4]) == nil)
      #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: [4]) == [1, 2, 3])
      #expect(cipher.sealing([1, 2, 3], nonce: nonce, authenticating: [4]) == sealed)
    }
  }

  /// The mode is a stream: two texts under one nonce differ where they differ, so every nonce must be used once.
  @Test(arguments: [1, 16, 100])
  func `another nonce makes another text of the same`(count: Int) {
    let plain = text(count)
    let sealed = (0..<64).map { number in
      cipher.sealing(plain, nonce: [UInt8(number)] + nonce.dropFirst(), authenticating: [])
    }
    #expect(Set(sealed).count == 64)
  }

  /// 32 bytes of key and 12 of nonce: so the children of the two tests below end by what is wrong, and by nothing else.
  @Test func `a key of 32 bytes and a nonce of 12 are used`() async {
    await #expect(processExitsWith: .success) {
      let cipher = AES256GCM(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
      let nonce = [UInt8](repeating: 0, count: 12)
      let sealed = cipher.sealing([1, 2], nonce: nonce, authenticating: [])
      #expect(cipher.opening(sealed[...], nonce: nonce, authenticating: []) == [1, 2])
    }
  }

  @Test(arguments: [0, 16, 24, 31, 33, 64])
  func `a key that is not 32 bytes is never used`(count: Int) async {
    await #expect(processExitsWith: .failure) { [count = count as Int] in
      _ = AES256GCM(key: SecretBytes(copying: [UInt8](repeating: 1, count: count)))
    }
  }

  @Test(arguments: [0, 8, 11, 13, 16])
  func `a nonce that is not 12 bytes is never used`(count: Int) async {
    await #expect(processExitsWith: .failure) { [count = count as Int] in
      let cipher = AES256GCM(key: SecretBytes(copying: [UInt8](repeating: 1, count: 32)))
      _ = cipher.sealing([1, 2], nonce: [UInt8](repeating: 0, count: count), authenticating: [])
    }
  }
}

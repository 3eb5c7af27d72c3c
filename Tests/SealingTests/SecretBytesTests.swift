import Sealing
import Testing

struct SecretBytesTests {
  private struct Refusal: Error, Equatable { var number: Int }

  private func plain(_ secret: SecretBytes) -> [UInt8] { unsafe secret.withUnsafeBytes { unsafe Array($0) } }

  @Test(arguments: [0, 1, 31, 32, 33, 4_096, 100_000, 300_000])
  func `a secret holds what was put into it, and zeros until then`(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
    let secret = SecretBytes(copying: bytes)
    #expect(secret.count == count && plain(secret) == bytes)
    let empty = unsafe SecretBytes(count: count) { _ in }
    #expect(plain(empty) == [UInt8](repeating: 0, count: count))
  }

  /// The memory of a secret goes to the next one, and nothing of the first may be in it.
  @Test func `nothing of a secret is left for the next one`() {
    for _ in 0..<1_000 {
      var first: SecretBytes? = SecretBytes(copying: [UInt8](repeating: 0xEE, count: 64))
      #expect(first?.count == 64)
      first = nil
      let second = unsafe SecretBytes(count: 64) { _ in }
      #expect(plain(second).allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [1, 32])
  func `what fills it may give up, and its error comes out`(count: Int) {
    #expect(throws: Refusal(number: count)) {
      _ = try unsafe SecretBytes(count: count) { buffer throws(Refusal) in
        unsafe buffer[0] = 1
        throw Refusal(number: buffer.count)
      }
    }
    #expect(throws: Refusal(number: 2)) {
      try unsafe SecretBytes(copying: [1, 2]).withUnsafeBytes { bytes throws(Refusal) in
        throw Refusal(number: bytes.count)
      }
    }
  }

  @Test(arguments: [[], [[]], [[1]], [[1, 2], [], [3]], [[], [4, 5, 6], [7], []]] as [[[UInt8]]])
  func `joined secrets stand one behind the other`(parts: [[UInt8]]) {
    let joined = SecretBytes(joining: parts.map { SecretBytes(copying: $0) })
    #expect(plain(joined) == parts.flatMap(\.self))
  }

  @Test(arguments: [0..<0, 0..<1, 0..<8, 3..<3, 3..<5, 7..<8, 8..<8])
  func `a slice is a copy of its bytes`(range: Range<Int>) {
    let bytes: [UInt8] = [10, 11, 12, 13, 14, 15, 16, 17]
    #expect(plain(SecretBytes(copying: bytes).slice(range)) == Array(bytes[range]))
  }

  @Test(arguments: [-1..<2, 0..<9, 8..<9, 9..<9])
  func `a slice reaches no further than the secret`(range: Range<Int>) async {
    await #expect(processExitsWith: .failure) { [low = range.lowerBound as Int, high = range.upperBound as Int] in
      _ = SecretBytes(copying: [1, 2, 3, 4, 5, 6, 7, 8]).slice(low..<high)
    }
  }

  @Test(
    arguments: [
      ([], [], true), ([1], [1], true), ([1, 2], [1, 2], true), ([], [0], false), ([0], [], false), ([1], [2], false),
      ([1, 2], [2, 2], false), ([1, 2], [1, 3], false), ([1, 2], [1], false), ([1, 2], [1, 2, 0], false),
    ] as [([UInt8], [UInt8], Bool)])
  func `two are equal when length and bytes are, as secrets and in the open`(a: [UInt8], b: [UInt8], isEqual: Bool) {
    #expect(SecretBytes(copying: a).isEqual(to: SecretBytes(copying: b)) == isEqual)
    #expect(isEqualInConstantTime(a, b) == isEqual)
  }

  @Test(arguments: 0..<32)
  func `one bit anywhere makes them unequal`(at: Int) {
    let bytes = [UInt8](repeating: 0x55, count: 32)
    for bit in 0..<8 {
      var other = bytes
      other[at] ^= 1 << UInt8(bit)
      #expect(!isEqualInConstantTime(bytes, other))
      #expect(!SecretBytes(copying: bytes).isEqual(to: SecretBytes(copying: other)))
    }
  }

  @Test(arguments: [0, 1, 32, 5_000])
  func `a wiped array is zeros, of the same length`(count: Int) {
    var bytes = [UInt8](repeating: 0xA5, count: count)
    let copy = bytes
    wipe(&bytes)
    #expect(bytes == [UInt8](repeating: 0, count: count))
    // The copy is somebody else's: wiping one array never changes another.
    #expect(copy.allSatisfy { $0 == 0xA5 })
  }

  @Test(arguments: [16, 32, 64])
  func `random secrets never repeat`(count: Int) {
    let many = Set((0..<200).map { _ in plain(SecretBytes(randomCount: count)) })
    #expect(many.count == 200 && many.allSatisfy { $0.count == count })
    #expect(SecretBytes(randomCount: 0).count == 0)
  }
}

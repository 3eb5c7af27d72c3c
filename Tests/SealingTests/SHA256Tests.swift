import Sealing
import SnapshotModel
import Testing

struct SHA256Tests {
  /// FIPS 180-4 examples, and a million `a` from the same source.
  @Test(arguments: [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `known answers hold in every form`(text: String, repetitions: Int, digest: String) {
    let bytes = Array(String(repeating: text, count: repetitions).utf8)
    let hasher = ChunkHasher(.sha256)
    #expect(hexadecimal(sha256(bytes)) == digest)
    #expect(hasher.id(of: bytes).hexadecimal == digest)
    #expect(hasher.id(of: [9] + bytes).hexadecimal != digest)
    #expect(hasher.id(of: ([9] + bytes)[1...]).hexadecimal == digest)
    let stream = SHA256Stream()
    var rest = bytes[...]
    while !rest.isEmpty {
      stream.update(rest.prefix(70_001))
      rest = rest.dropFirst(70_001)
    }
    #expect(hexadecimal(stream.finalize()) == digest)
    stream.update(bytes)
    #expect(hexadecimal(stream.finalize()) == digest)
  }

  @Test func `random numbers and ids differ`() {
    var random = SecureRandom()
    let ids = Set((0..<1000).map { _ in PackID(using: &random) })
    #expect(ids.count == 1000)
    #expect(Set(random.bytes(256)).count > 100)
    #expect(random.bytes(0).isEmpty)
  }
}

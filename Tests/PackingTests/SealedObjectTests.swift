import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

struct SealedObjectTests {
  private let keys: KeyRing
  private let context: SealingContext

  init() {
    var random = SecureRandom()
    keys = KeyRing(newFor: RepositoryID(using: &random))
    context = SealingContext(.pack, repository: keys.repository, name: PackID(using: &random).bytes)
  }

  private func open(_ stored: [UInt8], isStrict: Bool = false) throws -> [UInt8] {
    try ObjectKey.openWhole(stored, keys: keys, context: context, isStrict: isStrict, what: "object").content
  }

  @Test(arguments: [0, 1, 511, 512, 513, 16_383, 16_384, 16_385, 32_768, 40_000, 200_000])
  func `what was sealed opens, whole and in any part`(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let content = random.bytes(count)
    let stored = ObjectKey.seal(content, keys: keys, context: context)
    #expect(UInt64(stored.count) == SealedObjectLayout.storedByteCount(ofContent: UInt64(count)))
    #expect(try open(stored, isStrict: true) == content)
    for header in [
      stored.prefix(SealedObjectLayout.headerByteCount), stored.suffix(SealedObjectLayout.headerByteCount),
    ] {
      let key = try ObjectKey(opening: header, keys: keys, context: context, what: "object")
      #expect(key.contentByteCount == UInt64(count))
      #expect(key.storedRange(of: 0..<UInt64(count) + 1) == nil)
      for _ in 0..<40 {
        let (a, b) = (Int.random(in: 0...count, using: &random), Int.random(in: 0...count, using: &random))
        let range = UInt64(min(a, b))..<UInt64(max(a, b))
        let place = try #require(key.storedRange(of: range))
        let blocks = stored[Int(place.lowerBound)..<Int(place.upperBound)]
        #expect(try key.open(blocks, of: range, what: "object") == Array(content[min(a, b)..<max(a, b)]))
      }
    }
  }

  @Test func `no changed byte gives another content, and a strict reader sees each`() throws {
    var random = SeededGenerator(seed: 3)
    let content = random.bytes(20_000)
    let stored = ObjectKey.seal(content, keys: keys, context: context)
    var cases = 0
    for at in Array(stride(from: 0, to: stored.count, by: 13)) + Array(0..<104)
      + Array(stored.count - 104..<stored.count)
    {
      var changed = stored
      changed[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      #expect(throws: PackingError.self) { try open(changed, isStrict: true) }
      if let opened = try? open(changed) { #expect(opened == content, "byte \(at)") }
      cases += 1
    }
    #expect(cases > 1500)
  }

  @Test func `no cut or longer object opens where all of it is asked for`() throws {
    var random = SeededGenerator(seed: 4)
    let stored = ObjectKey.seal(random.bytes(20_000), keys: keys, context: context)
    for count in stride(from: 0, to: stored.count, by: 7) {
      #expect(throws: PackingError.self) { try open(Array(stored[..<count]), isStrict: true) }
      _ = try? open(Array(stored[..<count]))
    }
    #expect(throws: PackingError.self) { try open(stored + [0], isStrict: true) }
  }

  @Test func `one damaged block costs itself only`() throws {
    var random = SeededGenerator(seed: 5)
    let content = random.bytes(70_000)
    var stored = ObjectKey.seal(content, keys: keys, context: context)
    stored[104 + 16_400 + 50] ^= 1
    let key = try ObjectKey(opening: stored.prefix(104), keys: keys, context: context, what: "object")
    let all = 0..<UInt64(content.count)
    let place = try #require(key.storedRange(of: all))
    let blocks = stored[Int(place.lowerBound)..<Int(place.upperBound)]
    #expect(throws: PackingError.damaged(what: "block 1 of object")) { try key.open(blocks, of: all, what: "object") }
    var expected = content
    expected.replaceSubrange(16_384..<32_768, with: [UInt8](repeating: 0, count: 16_384))
    #expect(try key.open(blocks, of: all, salvaging: true, what: "object") == expected)
  }

  @Test func `an object opens under its own name, class, repository and keys only, and its blocks in their order`()
    throws
  {
    var random = SeededGenerator(seed: 6)
    let content = random.bytes(60_000)
    let stored = ObjectKey.seal(content, keys: keys, context: context)
    let name = PackID(using: &random).bytes
    let foreign = RepositoryID(using: &random)
    for other in [
      SealingContext(.pack, repository: keys.repository, name: name),
      SealingContext(.record, repository: keys.repository, name: name),
      SealingContext(.pack, repository: foreign, name: name),
    ] {
      #expect(throws: PackingError.damaged(what: "x")) {
        try ObjectKey.openWhole(stored, keys: keys, context: other, what: "x").content
      }
    }
    let others = KeyRing(newFor: keys.repository)
    #expect(throws: PackingError.damaged(what: "x")) {
      try ObjectKey.openWhole(stored, keys: others, context: context, what: "x").content
    }
    var swapped = stored
    swapped.replaceSubrange(104..<104 + 16_400, with: stored[104 + 16_400..<104 + 32_800])
    swapped.replaceSubrange(104 + 16_400..<104 + 32_800, with: stored[104..<104 + 16_400])
    #expect(throws: PackingError.damaged(what: "block 0 of object")) { try open(swapped) }
    // Of two objects of one content nothing is equal but what says the format.
    let again = ObjectKey.seal(content, keys: keys, context: context)
    #expect(again[..<16] == stored[..<16])
    #expect(zip(again, stored).dropFirst(104).dropLast(104).count { $0 == $1 } < stored.count / 100)
  }

  /// Nikitin et al.: at most 12 %; and a few of the lengths themselves.
  @Test func `lengths tell little`() {
    var lengths: Set<UInt64> = []
    for count in UInt64(512)..<100_000 {
      let stored = SealedObjectLayout.storedByteCount(ofContent: count)
      lengths.insert(stored)
      #expect(stored >= count && Double(stored) < Double(count) * 1.125 + 2 * 104 + 16 * Double(count / 16_384 + 1))
    }
    #expect(lengths.count < 200)
    #expect(SealedObjectLayout.storedByteCount(ofContent: 0) == SealedObjectLayout.storedByteCount(ofContent: 512))
    #expect(SealedObjectLayout.storedByteCount(ofContent: 512) == 512 + 16 + 208)
    #expect(SealedObjectLayout.storedByteCount(ofContent: 513) == 544 + 16 + 208)
    #expect(SealedObjectLayout.storedByteCount(ofContent: 32 << 20) == (32 << 20) + 2048 * 16 + 208)
  }
}

import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

struct KeySlotTests {
  private let ring: KeyRing
  private let created = Timestamp(seconds: 1_795_268_635, nanoseconds: 12_345_678)
  /// A millisecond; what a password costs otherwise is `ScryptCost.standard`.
  private let cost = ScryptCost(logN: 10, r: 1, p: 1)

  init() {
    var random = SecureRandom()
    ring = KeyRing(newFor: RepositoryID(using: &random))
  }

  private func slot(_ secret: SlotSecret, label: String = "laptop") throws -> KeySlot {
    try KeySlot(sealing: ring, under: secret, label: label, created: created, cost: cost)
  }

  private static func secrets(_ text: String) -> [SlotSecret] {
    let bytes = SecretBytes(copying: Array(text.utf8))
    return [.password(bytes), .keyFile(bytes), .recoveryCode(bytes)]
  }

  @Test func `a slot opens with its secret, also from what is stored, and with no other`() throws {
    for secret in Self.secrets("correct horse") {
      let made = try slot(secret)
      let stored = try KeySlot(decoding: made.encoded())
      #expect(stored == made && stored.label == "laptop" && stored.created == created && stored.kind == secret.kind)
      #expect(try stored.open(with: secret)?.encoded.isEqual(to: ring.encoded) == true)
      for other in Self.secrets("correct horse") where other.kind != secret.kind {
        #expect(try stored.open(with: other)?.repository == nil)
      }
      #expect(try stored.open(with: Self.secrets("battery staple")[Int(secret.kind.rawValue) - 1])?.repository == nil)
    }
  }

  @Test func `a changed slot does not decode, or does not open, and never opens as something else`() throws {
    let secret = SlotSecret.keyFile(SecretBytes(randomCount: 32))
    let stored = try slot(secret).encoded()
    for bit in 0..<stored.count * 8 {
      var changed = stored
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: PackingError.self) { try KeySlot(decoding: changed) }
      // As a forger would do it, with a right checksum.
      let forged = changed.dropLast(32) + sha256(Array(changed.dropLast(32)))
      guard let slot = try? KeySlot(decoding: Array(forged)) else { continue }
      if let opened = try? slot.open(with: secret) { #expect(bit / 8 >= stored.count - 32, "bit \(bit): \(opened)") }
    }
    for count in 0..<stored.count {
      #expect(throws: PackingError.self) { try KeySlot(decoding: Array(stored[..<count])) }
    }
  }

  @Test func `the right secret in a changed slot is damage, a wrong one is not`() throws {
    let secret = SlotSecret.keyFile(SecretBytes(randomCount: 32))
    let made = try slot(secret).encoded()
    var changed = Array(made.dropLast(32))
    changed[changed.count - 1] ^= 1
    let damaged = try KeySlot(decoding: changed + sha256(changed))
    #expect(throws: PackingError.damaged(what: "key slot")) { try damaged.open(with: secret) }
    #expect(try damaged.open(with: .keyFile(SecretBytes(randomCount: 32)))?.repository == nil)
  }

  /// 2^31 blocks of 128 r bytes would be 2 TiB.
  @Test(arguments: [(31, 8, 1), (21, 1, 1), (9, 8, 1), (17, 17, 1), (17, 8, 5), (20, 16, 1), (63, 16, 4)])
  func `a cost that nobody should pay is refused before it is paid`(logN: Int, r: Int, p: Int) throws {
    let made = try slot(.password(SecretBytes(copying: [1]))).encoded()
    // The field is tag 6, three bytes long: 10, 1, 1.
    let at = try #require((0..<made.count - 5).first { made[$0..<$0 + 5] == [6, 3, 10, 1, 1] })
    var changed = Array(made.dropLast(32))
    changed.replaceSubrange(at + 2..<at + 5, with: [UInt8(logN), UInt8(r), UInt8(p)])
    let error = #expect(throws: PackingError.self) { try KeySlot(decoding: changed + sha256(changed)) }
    guard case .overLimit? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a ring keeps its older keys, seals under the newest, and names chunks as ever`() throws {
    var random = SecureRandom()
    let context = SealingContext(.labels, repository: ring.repository, name: SnapshotID(using: &random).bytes)
    let old = ObjectKey.seal([1, 2, 3], keys: ring, context: context)
    let rotated = try KeyRing(decoding: ring.withNewEpoch().encoded)
    #expect(rotated.newestEpochNumber == 1)
    #expect(try ObjectKey.openWhole(old, keys: rotated, context: context, what: "x").content == [1, 2, 3])
    let new = ObjectKey.seal([4], keys: rotated, context: context)
    #expect(throws: PackingError.damaged(what: "x")) {
      try ObjectKey.openWhole(new, keys: ring, context: context, what: "x").content
    }
    #expect(ChunkHasher(rotated.chunkNaming).id(of: [1]) == ChunkHasher(ring.chunkNaming).id(of: [1]))
    #expect(rotated.gearWords == ring.gearWords && Set(ring.gearWords).count == 256)
  }

  @Test func `a ring of other bytes does not decode`() throws {
    let plain = unsafe ring.encoded.withUnsafeBytes { unsafe Array($0) }
    for count in 0..<plain.count {
      #expect(throws: PackingError.self) { try KeyRing(decoding: SecretBytes(copying: Array(plain[..<count]))) }
    }
    for at in [0, 8, 57, 58] {
      var changed = plain
      changed[at] ^= 0xFF
      #expect(throws: PackingError.self) { try KeyRing(decoding: SecretBytes(copying: changed)) }
    }
    #expect(throws: PackingError.self) { try KeyRing(decoding: SecretBytes(copying: plain + [0])) }
  }

  @Test func `a recovery code is read as people write it, and no other is`() throws {
    for _ in 0..<50 {
      let code = RecoveryCode()
      let text = code.text
      #expect(text.count == 63 && text.split(separator: "-").allSatisfy { $0.count == 7 })
      let written = [
        text, text.lowercased(), text.replacing("-", with: " "), text.replacing("-", with: ""),
        text.replacing("0", with: "O").replacing("1", with: "l"),
      ]
      for form in written {
        let read = RecoveryCode(reading: SecretBytes(copying: Array(form.utf8)))
        #expect(read?.secret.isEqual(to: code.secret) == true, "\(form)")
      }
      var wrong = Array(text.utf8)
      wrong[10] = wrong[10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(RecoveryCode(reading: SecretBytes(copying: wrong)) == nil)
      #expect(RecoveryCode(reading: SecretBytes(copying: Array((text + "0").utf8))) == nil)
      #expect(RecoveryCode(reading: SecretBytes(copying: Array(text.dropLast().utf8))) == nil)
    }
    #expect(RecoveryCode(reading: SecretBytes(copying: [])) == nil)
  }

  @Test func `a key file is read back, and a changed one is not`() throws {
    let file = KeyFile(newFor: ring.repository)
    let bytes = file.encoded()
    let read = try KeyFile(decoding: SecretBytes(copying: bytes))
    #expect(read.repository == ring.repository && read.secret.isEqual(to: file.secret))
    for at in bytes.indices {
      var changed = bytes
      changed[at] ^= 1
      #expect(throws: PackingError.damaged(what: "key file")) { try KeyFile(decoding: SecretBytes(copying: changed)) }
    }
    for count in bytes.indices {
      #expect(throws: PackingError.self) { try KeyFile(decoding: SecretBytes(copying: Array(bytes[..<count]))) }
    }
  }

  @Test func `an export holds the slots as they are`() throws {
    let slots = try ["a", "b"].map { try slot(.keyFile(SecretBytes(randomCount: 32)), label: $0) }
    let bytes = KeyExport.encode(slots.map { $0.encoded() })
    #expect(try KeyExport.decode(bytes) == slots)
    for at in bytes.indices {
      var changed = bytes
      changed[at] ^= 1
      #expect(throws: PackingError.self) { try KeyExport.decode(changed) }
    }
  }
}

import Sealing
import SnapshotModel

/// What opens a slot.
package enum SlotSecret: Sendable {
  case password(SecretBytes)
  /// The 32 bytes of a key file.
  case keyFile(SecretBytes)
  /// The 32 bytes of a recovery code.
  case recoveryCode(SecretBytes)

  package var kind: KeySlot.Kind {
    switch self {
    case .password: .password
    case .keyFile: .keyFile
    case .recoveryCode: .recoveryCode
    }
  }
}

/// A repository's key ring, sealed under one secret.
///
/// - SeeAlso: docs/format/keys.md
package struct KeySlot: Hashable, Sendable {
  package enum Kind: UInt64, Sendable, CaseIterable { case password = 1, keyFile, recoveryCode }

  package let id: KeySlotID
  package let repository: RepositoryID
  package let label: String
  package let created: Timestamp
  package let kind: Kind
  /// Of a password.
  package let cost: ScryptCost?
  /// The newest keys that it opens.
  package let epoch: UInt16
  private let salt: [UInt8]
  private let head: [UInt8]
  private let commitment: [UInt8]
  private let sealedRing: [UInt8]

  /// As many as a repository may have.
  package static let countMax = 32
  private static let what = "key slot"
  private static let magic = "SNAPSLOT"
  private static let formatVersion: UInt8 = 1
  private static let nonce = [UInt8](repeating: 0, count: AES256GCM.nonceByteCount)

  private enum Tag {
    static let repository: UInt64 = 1
    static let id: UInt64 = 2
    static let label: UInt64 = 3
    static let created: UInt64 = 4
    static let kind: UInt64 = 5
    static let cost: UInt64 = 6
    static let salt: UInt64 = 7
    static let epoch: UInt64 = 8
    static let commitment: UInt64 = 9
    static let ring: UInt64 = 10
  }

  /// Seals a ring; a password costs what `cost` says.
  ///
  /// - Throws: `OutOfMemory`.
  package init(
    sealing ring: KeyRing, under secret: SlotSecret, label: String, created: Timestamp,
    cost: ScryptCost = .standard
  ) throws {
    var random = SecureRandom()
    id = KeySlotID(using: &random)
    repository = ring.repository
    self.label = label
    self.created = created
    kind = secret.kind
    self.cost = secret.kind == .password ? cost : nil
    salt = random.bytes(32)
    var record = TaggedRecordWriter(magic: Self.magic, version: Self.formatVersion)
    record.append(tag: Tag.repository, repository.bytes)
    record.append(tag: Tag.id, id.bytes)
    record.append(tag: Tag.label, label)
    var time = ByteWriter()
    time.append(created)
    record.append(tag: Tag.created, time.bytes)
    var number = ByteWriter()
    number.append(varint: kind.rawValue)
    record.append(tag: Tag.kind, number.bytes)
    if let cost = self.cost {
      var numbers = ByteWriter()
      for value in [cost.logN, cost.r, cost.p] { numbers.append(varint: value) }
      record.append(tag: Tag.cost, numbers.bytes)
    }
    record.append(tag: Tag.salt, salt)
    epoch = ring.newestEpochNumber
    var epochNumber = ByteWriter()
    epochNumber.append(varint: UInt64(epoch))
    record.append(tag: Tag.epoch, epochNumber.bytes)
    head = record.body
    let keys = try Self.keys(of: secret, salt: salt, cost: self.cost)
    commitment = hmacSHA256(key: keys.committing, head)
    sealedRing = AES256GCM(key: keys.sealing).sealing(
      ring.encoded, nonce: Self.nonce, authenticating: head + commitment)
  }

  /// The ring.
  ///
  /// - Returns: `nil` when the secret is another one.
  /// - Throws: `PackingError` when the secret is right, and the slot was changed; `OutOfMemory`.
  package func open(with secret: SlotSecret) throws -> KeyRing? {
    guard secret.kind == kind else { return nil }
    let keys = try Self.keys(of: secret, salt: salt, cost: cost)
    guard isEqualInConstantTime(hmacSHA256(key: keys.committing, head), commitment) else { return nil }
    guard
      let plain = AES256GCM(key: keys.sealing).openingSecret(
        sealedRing[...], nonce: Self.nonce, authenticating: head + commitment)
    else { throw PackingError.damaged(what: Self.what) }
    let ring = try KeyRing(decoding: plain)
    guard ring.repository == repository, ring.newestEpochNumber == epoch else {
      throw PackingError.damaged(what: Self.what)
    }
    return ring
  }

  private static func keys(
    of secret: SlotSecret, salt: [UInt8], cost: ScryptCost?
  ) throws -> (sealing: SecretBytes, committing: SecretBytes) {
    let both =
      switch secret {
      case .password(let password):
        try scrypt(password, salt: salt, cost: cost ?? .standard, count: 64)
      case .keyFile(let key), .recoveryCode(let key):
        hkdf(key, salt: salt, purpose: Array("snap1 slot".utf8), count: 64)
      }
    return (both.slice(0..<32), both.slice(32..<64))
  }
}

extension KeySlot {
  package func encoded() -> [UInt8] {
    var record = TaggedRecordWriter(continuing: head)
    record.append(tag: Tag.commitment, commitment)
    record.append(tag: Tag.ring, sealedRing)
    return record.finish()
  }

  /// - Throws: `PackingError`: `overLimit` for a cost that nobody should pay.
  package init(decoding bytes: [UInt8]) throws(PackingError) {
    let damaged = PackingError.damaged(what: Self.what)
    guard bytes.count <= 1 << 20 else {
      throw .overLimit(what: "\(Self.what) length", value: UInt64(bytes.count), limit: 1 << 20)
    }
    let record = try TaggedRecord(bytes, magic: Self.magic, version: Self.formatVersion, what: Self.what)
    guard let repository = try record.value(Tag.repository).flatMap({ RepositoryID(bytes: $0) }),
      let id = try record.value(Tag.id).flatMap({ KeySlotID(bytes: $0) }),
      var kindReader = try record.reader(Tag.kind), var time = try record.reader(Tag.created),
      let salt = try record.value(Tag.salt), salt.count == 32, var epochReader = try record.reader(Tag.epoch),
      let commitment = try record.value(Tag.commitment), commitment.count == 32,
      let ring = try record.value(Tag.ring)
    else { throw damaged }
    guard let kind = Kind(rawValue: try kindReader.varint()) else { throw damaged }
    guard let epoch = UInt16(exactly: try epochReader.varint()) else { throw damaged }
    self.id = id
    self.repository = repository
    self.kind = kind
    self.epoch = epoch
    label = try record.text(Tag.label)
    created = try time.timestamp()
    if kind == .password {
      guard var cost = try record.reader(Tag.cost) else { throw damaged }
      self.cost = try ScryptCost(reading: &cost)
    } else {
      cost = nil
    }
    self.salt = Array(salt)
    self.commitment = Array(commitment)
    sealedRing = Array(ring)
    // The head is all that stands before the commitment's field: a byte of tag, one of length.
    head = Array(bytes[..<(commitment.startIndex - 2)])
    guard record.fields.first(where: { $0.tag >= Tag.commitment })?.tag == Tag.commitment,
      encoded() == bytes
    else { throw damaged }
  }
}

extension ScryptCost {
  /// - Throws: `PackingError.overLimit` for one that is not acceptable.
  fileprivate init(reading reader: inout ByteReader) throws(PackingError) {
    let (logN, r, p) = (
      try reader.varint(limit: 64, of: "log2 N"), try reader.varint(limit: 1 << 20, of: "r"),
      try reader.varint(limit: 1 << 20, of: "p")
    )
    try reader.expectEnd()
    self.init(logN: logN, r: r, p: p)
    guard isAcceptable else {
      let (product, isOver) = UInt64(128 * r * p).multipliedReportingOverflow(by: UInt64(1) << UInt64(min(logN, 63)))
      throw .overLimit(what: "key slot memory", value: isOver ? .max : product, limit: Self.memoryMax)
    }
  }
}

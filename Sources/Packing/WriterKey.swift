import Sealing
import SnapshotModel

/// What a machine has that may save into an encrypted repository, and neither read nor sign for others: a text file.
///
/// - SeeAlso: docs/format/writers.md
package struct WriterKey: Sendable {
  package let repository: RepositoryID
  package let writer: WriterID
  /// What its versions' names begin with.
  package let name: String
  /// Of the keys that will open what it seals.
  package let epoch: UInt16
  /// The SHA-256 of the object `config`.
  package let configHash: [UInt8]
  /// To which objects are sealed.
  let publicKey: [UInt8]
  private let secrets: SecretBytes

  /// Where in the secrets each stands.
  private enum Part {
    static let shared = 0..<32
    static let chunkNaming = 32..<64
    static let signing = 64..<96
    static let chunker = 96..<128
    static let byteCount = chunker.upperBound
  }

  /// A new one, of a ring's newest keys.
  package init(newFor ring: KeyRing, name: String, config: RepositoryConfig) {
    var random = SecureRandom()
    let receiving = ring.newestReceiver
    repository = ring.repository
    writer = WriterID(using: &random)
    self.name = name
    epoch = ring.newestEpochNumber
    configHash = sha256(config.encoded())
    publicKey = receiving.publicKey
    secrets = SecretBytes(joining: [
      receiving.shared, ring.chunkNamingKey, SecretBytes(randomCount: 32), ring.chunkerKey,
    ])
  }

  var shared: SecretBytes { secrets.slice(Part.shared) }
  package var chunkNaming: ChunkNaming { .hmac(key: secrets.slice(Part.chunkNaming)) }
  package var gearWords: [UInt64] { KeyRing.gearWords(secrets.slice(Part.chunker), of: repository) }
  private var signingKey: SecretBytes { secrets.slice(Part.signing) }

  package func sign(_ message: [UInt8]) -> [UInt8] { Ed25519.sign(message, with: signingKey) }
  /// By which others know what it signed.
  var verifyingKey: [UInt8] { Ed25519.publicKey(of: signingKey) }
}

extension WriterKey {
  private static let what = "write-only key"
  private static let heading = "snap write-only key\n"

  /// Whether a key file says that it is one.
  package static func isOne(_ bytes: SecretBytes) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe $0.starts(with: heading.utf8) }
  }

  /// The file's bytes; to be wiped once they are written.
  package func encoded() -> [UInt8] {
    var body = Array(
      """
      repository: \(repository)
      writer: \(writer)
      name: \(name)
      epoch: \(epoch)
      config: \(hexadecimal(configHash))
      public: \(hexadecimal(publicKey))
      secret: \n
      """.utf8.dropLast())
    unsafe secrets.withUnsafeBytes { body += unsafe Array(hexadecimal($0).utf8) }
    return CheckedText.encode(heading: Self.heading, body + [UInt8(ascii: "\n")])
  }

  /// - Throws: `PackingError.damaged` when it is no write-only key, or was changed.
  package init(decoding bytes: SecretBytes) throws(PackingError) {
    let text = try CheckedText(decoding: bytes, heading: Self.heading, what: Self.what)
    func value(_ name: String, byteCount: Int) throws(PackingError) -> [UInt8] {
      guard let value = text.hexadecimalValue(name), value.count == byteCount else { throw .damaged(what: Self.what) }
      return value
    }
    guard let repository = RepositoryID(bytes: try value("repository", byteCount: RepositoryID.byteCount)),
      let writer = WriterID(bytes: try value("writer", byteCount: WriterID.byteCount)),
      let name = text.text("name"), let epoch = text.text("epoch").flatMap({ UInt16($0) })
    else { throw .damaged(what: Self.what) }
    self.repository = repository
    self.writer = writer
    self.name = name
    self.epoch = epoch
    configHash = try value("config", byteCount: 32)
    publicKey = try value("public", byteCount: X25519.keyByteCount)
    // With one of small order anybody could read what is sealed to it.
    guard X25519.agreement(SecretBytes(randomCount: X25519.keyByteCount), publicKey) != nil else {
      throw .damaged(what: Self.what)
    }
    var secret = try value("secret", byteCount: Part.byteCount)
    defer { wipe(&secret) }
    secrets = SecretBytes(copying: secret)
  }
}

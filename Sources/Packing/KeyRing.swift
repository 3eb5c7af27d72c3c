import Sealing
import SnapshotModel

/// The keys of one encrypted repository, all in locked memory.
///
/// - SeeAlso: docs/format/keys.md
package final class KeyRing: Sendable {
  package let repository: RepositoryID
  /// The form that slots seal.
  package let encoded: SecretBytes
  let chunkNamingKey: SecretBytes
  private let identity: SecretBytes
  /// By ascending number; never empty.
  private let epochs: [(number: UInt16, secret: SecretBytes)]

  private enum Layout {
    static let magic = Array("SnapRing".utf8)
    static let version: UInt8 = 1
    static let secretByteCount = 32
    static let identityStart = 25
    static let countStart = 57
    static let epochsStart = 59
    static let epochByteCount = 34
    static let epochCountMax = 1024
  }

  /// New keys.
  package convenience init(newFor repository: RepositoryID) {
    self.init(
      repository: repository, identity: SecretBytes(randomCount: Layout.secretByteCount),
      epochs: [(0, SecretBytes(randomCount: Layout.secretByteCount))])
  }

  /// These keys and one more epoch, under which whatever comes from now on is sealed.
  ///
  /// - Throws: `PackingError.overLimit` after 1024 of them.
  package func withNewEpoch() throws(PackingError) -> KeyRing {
    guard epochs.count < Layout.epochCountMax, newestEpoch.number < .max else {
      throw .overLimit(what: "key epochs", value: UInt64(epochs.count) + 1, limit: UInt64(Layout.epochCountMax))
    }
    let new = (newestEpoch.number + 1, SecretBytes(randomCount: Layout.secretByteCount))
    return KeyRing(repository: repository, identity: identity, epochs: epochs + [new])
  }

  /// - Throws: `PackingError` when it is not what `encoded` was.
  package convenience init(decoding bytes: SecretBytes) throws(PackingError) {
    let what = "key ring"
    guard bytes.count >= Layout.epochsStart else { throw .truncated(what: what) }
    // The head holds no secret but the identity.
    func plain(_ range: Range<Int>) -> [UInt8] { unsafe bytes.withUnsafeBytes { unsafe Array($0[range]) } }
    func fixed16(at offset: Int) -> UInt16 {
      let bytes = plain(offset..<offset + 2)
      return UInt16(bytes[0]) | UInt16(bytes[1]) << 8
    }
    guard plain(0..<8) == Layout.magic else { throw .damaged(what: what) }
    let version = plain(8..<9)[0]
    guard version <= Layout.version else { throw .newerFormat(what: what, version: UInt64(version)) }
    let count = Int(fixed16(at: Layout.countStart))
    guard let repository = RepositoryID(bytes: plain(9..<25)), (1...Layout.epochCountMax).contains(count),
      bytes.count == Layout.epochsStart + count * Layout.epochByteCount
    else { throw .damaged(what: what) }
    var epochs: [(number: UInt16, secret: SecretBytes)] = []
    for start in stride(from: Layout.epochsStart, to: bytes.count, by: Layout.epochByteCount) {
      let number = fixed16(at: start)
      guard epochs.last.map({ $0.number < number }) ?? true else { throw .damaged(what: what) }
      epochs.append((number, bytes.slice(start + 2..<start + Layout.epochByteCount)))
    }
    self.init(
      repository: repository,
      identity: bytes.slice(Layout.identityStart..<Layout.identityStart + Layout.secretByteCount), epochs: epochs)
  }

  private init(repository: RepositoryID, identity: SecretBytes, epochs: [(number: UInt16, secret: SecretBytes)]) {
    self.repository = repository
    self.identity = identity
    self.epochs = epochs
    chunkNamingKey = Self.derived("chunk id", from: identity, of: repository)
    var head = ByteWriter(capacity: Layout.identityStart)
    head.append(Layout.magic)
    head.append(Layout.version)
    head.append(repository.bytes)
    encoded = unsafe SecretBytes(count: Layout.epochsStart + epochs.count * Layout.epochByteCount) { output in
      func put(_ secret: SecretBytes, at offset: Int) {
        unsafe secret.withUnsafeBytes {
          unsafe UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + $0.count]).copyMemory(from: $0)
        }
      }
      func put(_ value: UInt16, at offset: Int) {
        unsafe output[offset] = UInt8(truncatingIfNeeded: value)
        unsafe output[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
      }
      unsafe output.copyBytes(from: head.bytes)
      put(identity, at: Layout.identityStart)
      put(UInt16(epochs.count), at: Layout.countStart)
      for (at, epoch) in epochs.enumerated() {
        let start = Layout.epochsStart + at * Layout.epochByteCount
        put(epoch.number, at: start)
        put(epoch.secret, at: start + 2)
      }
    }
  }

  var newestEpoch: (number: UInt16, secret: SecretBytes) { epochs[epochs.count - 1] }
  package var newestEpochNumber: UInt16 { newestEpoch.number }

  func objectSecret(epoch: UInt16) -> SecretBytes? { epochs.first { $0.number == epoch }?.secret }

  // MARK: What follows from an epoch

  /// What those need who write without reading, and the secret that opens what they wrote.
  struct Receiver {
    var secret: SecretBytes
    /// Without which nobody writes.
    var shared: SecretBytes

    var publicKey: [UInt8] { X25519.publicKey(of: secret) }
  }

  func receiver(epoch: UInt16) -> Receiver? { objectSecret(epoch: epoch).map(receiver) }
  var newestReceiver: Receiver { receiver(newestEpoch.secret) }

  private func receiver(_ secret: SecretBytes) -> Receiver {
    let both = Self.derived("writers", from: secret, of: repository, count: 64)
    return Receiver(secret: both.slice(0..<32), shared: both.slice(32..<64))
  }

  // MARK: What follows from the identity

  /// Vouches for the configuration.
  package var configKey: SecretBytes { derived("config") }
  /// Vouches for the list of who may write.
  var writersKey: SecretBytes { derived("writers") }
  /// Seals what the index holds of records.
  package var indexKey: SecretBytes { derived("index") }

  package var chunkNaming: ChunkNaming { .hmac(key: chunkNamingKey) }

  /// 256 words of the gear hash.
  package var gearWords: [UInt64] { Self.gearWords(chunkerKey, of: repository) }
  var chunkerKey: SecretBytes { derived("chunker") }

  static func gearWords(_ chunkerKey: SecretBytes, of repository: RepositoryID) -> [UInt64] {
    let bytes = derived("gear table", from: chunkerKey, of: repository, count: 2048)
    return unsafe bytes.withUnsafeBytes { bytes in
      (0..<256).map { unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
  }

  private func derived(_ purpose: String, count: Int = 32) -> SecretBytes {
    Self.derived(purpose, from: identity, of: repository, count: count)
  }

  private static func derived(
    _ purpose: String, from identity: SecretBytes, of repository: RepositoryID, count: Int = 32
  ) -> SecretBytes {
    hkdf(identity, salt: repository.bytes, purpose: Array("snap1 \(purpose)".utf8), count: count)
  }
}

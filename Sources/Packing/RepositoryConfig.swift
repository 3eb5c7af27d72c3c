import Sealing
import SnapshotModel

/// What holds for a whole repository: the object `config`, a short text that people may read.
///
/// - SeeAlso: docs/format/config.md
package struct RepositoryConfig: Hashable, Sendable {
  /// Lengths in bytes, as `Chunking.ChunkerParameters` has them.
  package struct ChunkLengths: Hashable, Sendable {
    package var minimum: Int
    package var average: Int
    package var maximum: Int
    package var longFrom: UInt64?

    /// What new repositories are made with (docs/decisions: the chunker's parameters).
    package static let standard = ChunkLengths(
      minimum: 16 << 10, average: 64 << 10, maximum: 256 << 10, longFrom: 4 << 20)

    package init(minimum: Int, average: Int, maximum: Int, longFrom: UInt64? = nil) {
      self.minimum = minimum
      self.average = average
      self.maximum = maximum
      self.longFrom = longFrom
    }
  }

  package var formatVersion: Int
  package var id: RepositoryID
  /// What a program must know to touch the repository, in ascending order.
  package var features: [String]
  package var chunkLengths: ChunkLengths
  package var created: Timestamp
  /// Only with the feature `sealed`.
  private var seal: Seal?

  /// What the keys vouch for: the lines before the seal, as they were stored.
  private struct Seal: Hashable, Sendable {
    var text: String
    var code: [UInt8]
  }

  package var isSealed: Bool { features.contains(Self.sealedFeature) }

  /// The version that this program writes, and the newest that it reads.
  package static let currentFormatVersion = 1
  /// Objects are sealed: docs/format/sealing.md.
  package static let sealedFeature = "sealed"
  /// What this program knows.
  package static let knownFeatures: Set<String> = [sealedFeature]

  package init(
    formatVersion: Int = RepositoryConfig.currentFormatVersion, id: RepositoryID, features: [String] = [],
    chunkLengths: ChunkLengths, created: Timestamp
  ) {
    self.formatVersion = formatVersion
    self.id = id
    self.features = features
    self.chunkLengths = chunkLengths
    self.created = created
  }
}

extension RepositoryConfig {
  private static let what = "config"
  private static let heading = "snap repository"
  private static let sealKey = "seal: "
  private static let checksumKey = "checksum: "
  private static let bytesMax = 64 << 10

  package func encoded() -> [UInt8] {
    let body = seal.map { $0.text + Self.sealKey + hexadecimal($0.code) + "\n" } ?? text
    return Array((body + Self.checksumKey + hexadecimal(sha256(Array(body.utf8))) + "\n").utf8)
  }

  /// The configuration of an encrypted repository, vouched for by its keys.
  package func sealed(with keys: KeyRing) -> RepositoryConfig {
    var sealed = self
    sealed.features = Array(Set(features + [Self.sealedFeature])).sorted()
    let text = sealed.text
    sealed.seal = Seal(text: text, code: hmacSHA256(key: keys.configKey, Array(text.utf8)))
    return sealed
  }

  /// Whether the keys vouch for all of it; a key that can only save knows which one it was made for.
  package func isVouchedFor(by keys: RepositoryKeys) -> Bool {
    switch keys {
    case .all(let ring):
      guard let seal else { return false }
      return isEqualInConstantTime(seal.code, hmacSHA256(key: ring.configKey, Array(seal.text.utf8)))
    case .writing(let key): return sha256(encoded()) == key.configHash
    }
  }

  private var text: String {
    var lines = [
      Self.heading,
      "format: \(formatVersion)",
      "id: \(id)",
      "created: \(created.rfc3339())",
      "chunk-minimum: \(chunkLengths.minimum)",
      "chunk-average: \(chunkLengths.average)",
      "chunk-maximum: \(chunkLengths.maximum)",
    ]
    if let longFrom = chunkLengths.longFrom { lines.append("chunk-long-from: \(longFrom)") }
    if !features.isEmpty { lines.append("features: \(features.sorted().joined(separator: " "))") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// - Throws: `damaged` when the checksum does not fit, else `newerFormat`, else `unknownFeature`, else `damaged`.
  package init(decoding bytes: [UInt8]) throws(PackingError) {
    let damaged = PackingError.damaged(what: Self.what)
    guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self) else { throw damaged }
    let checksumLine = Self.checksumKey.utf8.count + 65
    guard bytes.count > checksumLine else { throw .truncated(what: Self.what) }
    let body = Array(bytes.dropLast(checksumLine))
    guard text.hasSuffix("\n" + Self.checksumKey + hexadecimal(sha256(body)) + "\n") else { throw damaged }
    let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    guard lines.first.map({ $0.elementsEqual(Self.heading.utf8) }) ?? false else { throw damaged }
    var values: [String: String] = [:]
    for line in lines.dropFirst() {
      let line = String(decoding: line, as: UTF8.self)
      guard let colon = line.firstIndex(of: ":"), line[colon...].hasPrefix(": ") else { throw damaged }
      let value = String(line[colon...].dropFirst(2))
      guard values.updateValue(value, forKey: String(line[..<colon])) == nil else { throw damaged }
    }
    guard let format = values["format"].flatMap(UInt64.init), format > 0 else { throw damaged }
    guard format <= UInt64(Self.currentFormatVersion) else { throw .newerFormat(what: Self.what, version: format) }
    let features = (values["features"] ?? "").split(separator: " ").map(String.init)
    if let unknown = features.first(where: { !Self.knownFeatures.contains($0) }) { throw .unknownFeature(unknown) }
    guard let id = values["id"].flatMap({ RepositoryID(hexadecimal: $0) }),
      let minimum = values["chunk-minimum"].flatMap(Int.init), let average = values["chunk-average"].flatMap(Int.init),
      let maximum = values["chunk-maximum"].flatMap(Int.init), minimum > 0, minimum <= average, average <= maximum,
      maximum <= ChunkReference.lengthMax, let created = values["created"].flatMap({ Timestamp(rfc3339: $0) })
    else { throw damaged }
    let longFrom = try values["chunk-long-from"].map { text throws(PackingError) in
      guard let offset = UInt64(text), offset > 0 else { throw damaged }
      return offset
    }
    self.init(
      formatVersion: Int(format), id: id, features: features,
      chunkLengths: ChunkLengths(minimum: minimum, average: average, maximum: maximum, longFrom: longFrom),
      created: created)
    if isSealed {
      guard let line = lines.last.map({ String(decoding: $0, as: UTF8.self) }), line.hasPrefix(Self.sealKey),
        let code = SnapshotModel.bytes(hexadecimal: line.dropFirst(Self.sealKey.count)), code.count == 32
      else { throw damaged }
      seal = Seal(text: String(decoding: body.dropLast(line.utf8.count + 1), as: UTF8.self), code: code)
    }
  }
}

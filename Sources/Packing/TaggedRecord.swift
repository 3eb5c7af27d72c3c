import Sealing
import SnapshotModel

/// The envelope of the small objects: tagged fields that a reader may not know, under a checksum.
///
///     magic, 8 bytes · version u8 · fields (tag varint, length varint, value) by ascending tag · SHA-256 of all before
///
/// - SeeAlso: docs/format/snapshot.md
struct TaggedRecordWriter {
  private var writer = ByteWriter(capacity: 512)

  init(magic: String, version: UInt8) {
    writer.append(Array(magic.utf8))
    writer.append(version)
  }

  /// Tags must not descend; a tag may repeat.
  mutating func append(tag: UInt64, _ value: [UInt8]) {
    writer.append(varint: tag)
    writer.append(counted: value)
  }

  /// Leaves the field out when `text` is empty, which is what a missing field reads as.
  mutating func append(tag: UInt64, _ text: String) {
    if !text.isEmpty { append(tag: tag, Array(text.utf8)) }
  }

  /// Goes on behind fields that were encoded before.
  init(continuing body: [UInt8]) { writer.append(body) }

  /// All so far, without the checksum.
  var body: [UInt8] { writer.bytes }

  func finish() -> [UInt8] { writer.bytes + sha256(writer.bytes) }
}

/// The fields of a tagged record whose magic, version and checksum were right.
struct TaggedRecord {
  let fields: [(tag: UInt64, value: ArraySlice<UInt8>)]
  let what: String

  static let bytesMax = 64 << 20

  init(_ bytes: [UInt8], magic: String, version: UInt8, what: String) throws(PackingError) {
    guard bytes.count <= Self.bytesMax else {
      throw .overLimit(what: "\(what) length", value: UInt64(bytes.count), limit: UInt64(Self.bytesMax))
    }
    guard bytes.count >= magic.utf8.count + 33 else { throw .truncated(what: what) }
    let body = bytes[..<(bytes.count - 32)]
    guard body.starts(with: magic.utf8), sha256(body)[...] == bytes[body.endIndex...] else {
      throw .damaged(what: what)
    }
    var reader = ByteReader(body.dropFirst(magic.utf8.count), what: what)
    let stored = try reader.byte()
    guard stored <= version else { throw .newerFormat(what: what, version: UInt64(stored)) }
    var fields: [(tag: UInt64, value: ArraySlice<UInt8>)] = []
    while !reader.isAtEnd {
      let tag = try reader.varint()
      guard tag >= fields.last?.tag ?? 0 else { throw .damaged(what: what) }
      fields.append((tag, try reader.counted()))
    }
    self.fields = fields
    self.what = what
  }

  /// - Returns: `nil` when there is no such field.
  /// - Throws: `damaged` when there are several.
  func value(_ tag: UInt64) throws(PackingError) -> ArraySlice<UInt8>? {
    let values = values(tag)
    guard values.count <= 1 else { throw .damaged(what: what) }
    return values.first
  }

  func values(_ tag: UInt64) -> [ArraySlice<UInt8>] { fields.filter { $0.tag == tag }.map(\.value) }

  func reader(_ tag: UInt64) throws(PackingError) -> ByteReader? {
    try value(tag).map { ByteReader($0, what: what) }
  }

  /// The text of a field, empty when it is missing.
  func text(_ tag: UInt64) throws(PackingError) -> String { try Self.text(value(tag) ?? [], what: what) }

  func texts(_ tag: UInt64) throws(PackingError) -> [String] {
    var texts: [String] = []
    for value in values(tag) { texts.append(try Self.text(value, what: what)) }
    return texts
  }

  static func text(_ bytes: ArraySlice<UInt8>, what: String) throws(PackingError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .damaged(what: what) }
    return text
  }
}

extension ByteReader {
  /// A counted run of bytes that must be UTF-8.
  mutating func countedText() throws(PackingError) -> String {
    try TaggedRecord.text(try counted(), what: what)
  }
}

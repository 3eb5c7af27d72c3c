import SnapshotModel

/// A tomb as bytes: the packs that one run of the collector condemned.
///
/// - SeeAlso: docs/format/tomb.md
package enum TombCoder {
  private enum Tag {
    static let packs: UInt64 = 1
  }

  private static let what = "tomb"
  private static let magic = "SNAPTOMB"
  private static let formatVersion: UInt8 = 1

  /// Order and repetitions in `packs` do not matter.
  package static func encode(_ packs: [PackID]) -> [UInt8] {
    var record = TaggedRecordWriter(magic: magic, version: formatVersion)
    var value: [UInt8] = []
    for pack in Set(packs).sorted() { pack.append(to: &value) }
    record.append(tag: Tag.packs, value)
    return record.finish()
  }

  /// - Returns: the condemned packs in ascending order.
  /// - Throws: `PackingError`.
  package static func decode(_ bytes: [UInt8]) throws(PackingError) -> [PackID] {
    let record = try TaggedRecord(bytes, magic: magic, version: formatVersion, what: what)
    guard var reader = try record.reader(Tag.packs) else { throw .damaged(what: what) }
    var packs: [PackID] = []
    packs.reserveCapacity(reader.rest.count / PackID.byteCount)
    while !reader.isAtEnd {
      guard let pack = PackID(bytes: try reader.bytes(PackID.byteCount)), packs.last.map({ $0 < pack }) ?? true else {
        throw .damaged(what: what)
      }
      packs.append(pack)
    }
    return packs
  }
}

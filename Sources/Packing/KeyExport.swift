import SnapshotModel

/// A copy of a repository's key slots in one file: the slots as they are stored, and as locked.
///
/// - SeeAlso: docs/format/keys.md
package enum KeyExport {
  private static let magic = "SNAPKEYS"
  private static let formatVersion: UInt8 = 1
  private static let slotTag: UInt64 = 1

  package static func encode(_ slots: [[UInt8]]) -> [UInt8] {
    var record = TaggedRecordWriter(magic: magic, version: formatVersion)
    for slot in slots { record.append(tag: slotTag, slot) }
    return record.finish()
  }

  /// - Throws: `PackingError` when it is no export, or any slot in it is damaged.
  package static func decode(_ bytes: [UInt8]) throws(PackingError) -> [KeySlot] {
    let record = try TaggedRecord(bytes, magic: magic, version: formatVersion, what: "key export")
    var slots: [KeySlot] = []
    for value in record.values(slotTag) { slots.append(try KeySlot(decoding: Array(value))) }
    return slots
  }
}

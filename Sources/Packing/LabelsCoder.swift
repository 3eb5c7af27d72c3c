import SnapshotModel

/// The labels of a snapshot as bytes; canonical.
///
/// - SeeAlso: docs/format/labels.md
package enum LabelsCoder {
  private enum Tag {
    static let label: UInt64 = 1
    static let note: UInt64 = 2
    static let hold: UInt64 = 3
    static let suspect: UInt64 = 4
  }

  private static let what = "labels"
  private static let magic = "SNAPLABL"
  private static let formatVersion: UInt8 = 1

  package static func encode(_ labels: SnapshotLabels) -> [UInt8] {
    var record = TaggedRecordWriter(magic: magic, version: formatVersion)
    for label in labels.tags { record.append(tag: Tag.label, Array(label.utf8)) }
    record.append(tag: Tag.note, labels.note)
    let names = labels.holds.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for name in names {
      var hold = ByteWriter()
      hold.append(counted: Array(name.utf8))
      hold.append(counted: Array((labels.holds[name] ?? "").utf8))
      record.append(tag: Tag.hold, hold.bytes)
    }
    record.append(tag: Tag.suspect, labels.suspect)
    return record.finish()
  }

  /// - Throws: `PackingError`.
  package static func decode(_ bytes: [UInt8]) throws(PackingError) -> SnapshotLabels {
    let record = try TaggedRecord(bytes, magic: magic, version: formatVersion, what: what)
    var labels = SnapshotLabels()
    labels.tags = try record.texts(Tag.label)
    labels.note = try record.text(Tag.note)
    labels.suspect = try record.text(Tag.suspect)
    for value in record.values(Tag.hold) {
      var reader = ByteReader(value, what: what)
      let name = try reader.countedText()
      let reason = try reader.countedText()
      guard labels.holds.updateValue(reason, forKey: name) == nil else { throw .damaged(what: what) }
    }
    return labels
  }
}

import SnapshotModel
import Testing

@testable import Packing

struct LabelsCoderTests {
  private var labels: SnapshotLabels {
    var labels = SnapshotLabels()
    labels.tags = ["prod", "ä"]
    labels.note = "as shipped"
    labels.holds = ["audit": "until June", "b": "", "": "nameless"]
    labels.suspect = "too many files changed"
    return labels
  }

  @Test func `labels come back as they were, full or empty`() throws {
    for labels in [labels, SnapshotLabels()] {
      #expect(try LabelsCoder.decode(LabelsCoder.encode(labels)) == labels)
    }
  }

  @Test func `equal labels are equal bytes whatever the order of the holds`() {
    var other = SnapshotLabels()
    for name in ["x", "", "b", "audit"] { other.holds[name] = labels.holds[name] }
    other.tags = labels.tags
    other.note = labels.note
    other.suspect = labels.suspect
    #expect(LabelsCoder.encode(other) == LabelsCoder.encode(labels))
  }

  @Test func `labels cut short or flipped anywhere are refused`() {
    let bytes = LabelsCoder.encode(labels)
    for at in bytes.indices {
      #expect(throws: PackingError.self) { try LabelsCoder.decode(Array(bytes[..<at])) }
      var damaged = bytes
      damaged[at] ^= 1 << UInt8(at % 8)
      #expect(throws: PackingError.self) { try LabelsCoder.decode(damaged) }
    }
  }

  @Test func `a hold that stands twice, or half, is refused`() {
    for holds in [[[1, 97, 0], [1, 97, 0]], [[1, 97]], [[5, 97]]] as [[[UInt8]]] {
      var record = TaggedRecordWriter(magic: "SNAPLABL", version: 1)
      for hold in holds { record.append(tag: 3, hold) }
      #expect(throws: PackingError.self) { try LabelsCoder.decode(record.finish()) }
    }
  }
}

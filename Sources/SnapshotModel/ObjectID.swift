/// A random 128-bit name of one object of a kind.
///
/// Random and never derived from the content: a pack that is deleted and stored again must not get its old name back,
/// or a collector that condemned the old one would delete the new one.
package struct ObjectID<Kind>: Hashable, Sendable {
  package static var byteCount: Int { 16 }

  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Parameter text: exactly 32 hexadecimal digits; `nil` otherwise.
  package init?(hexadecimal text: some StringProtocol) {
    guard let bytes = SnapshotModel.bytes(hexadecimal: text) else { return nil }
    self.init(bytes: bytes)
  }

  package init(using generator: inout some RandomNumberGenerator) {
    high = generator.next()
    low = generator.next()
  }

  package var hexadecimal: String { SnapshotModel.hexadecimal(bytes) }
  /// The first eight digits: what people see and type.
  package var short: String { String(hexadecimal.prefix(8)) }
}

extension ObjectID: Comparable, CustomStringConvertible {
  package static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
  package var description: String { hexadecimal }
}

/// Tags that keep the ids of different kinds of objects apart at compile time.
package enum PackKind {}
package enum SnapshotKind {}
package enum RepositoryKind {}
package enum CollectionKind {}
package enum KeySlotKind {}
package enum WriterKind {}

package typealias PackID = ObjectID<PackKind>
package typealias SnapshotID = ObjectID<SnapshotKind>
package typealias RepositoryID = ObjectID<RepositoryKind>
/// Names the tomb of one run of the collector.
package typealias CollectionID = ObjectID<CollectionKind>
/// Names what opens an encrypted repository: one password, key file or recovery code.
package typealias KeySlotID = ObjectID<KeySlotKind>
/// Names a machine that may save into an encrypted repository, and not read it.
package typealias WriterID = ObjectID<WriterKind>

import Sealing
import SnapshotModel

/// How long the stored form of an object is, and where its parts are.
///
/// - SeeAlso: docs/format/sealing.md
package enum SealedObjectLayout {
  static let magic = Array("SnapSeal".utf8)
  static let formatVersion: UInt8 = 1
  /// What key and blocks are bound to.
  static let boundByteCount = 80
  package static let headerByteCount = 104
  static let blockByteCount = 16 << 10
  static let storedBlockByteCount = blockByteCount + AES256GCM.tagByteCount
  private static let paddedByteCountMin: UInt64 = 512
  /// No object is longer: 1 TiB, so that sums cannot overflow.
  static let contentByteCountMax: UInt64 = 1 << 40

  /// The length of the file for a content of `count` bytes.
  package static func storedByteCount(ofContent count: UInt64) -> UInt64 {
    let padded = paddedByteCount(count)
    let blocks = (padded + UInt64(blockByteCount) - 1) / UInt64(blockByteCount)
    return padded + blocks * UInt64(AES256GCM.tagByteCount) + 2 * UInt64(headerByteCount)
  }

  /// Padmé: tells about the length no more than an exponent and some leading bits.
  ///
  /// - SeeAlso: Nikitin et al., PETS 2019, section 4
  static func paddedByteCount(_ count: UInt64) -> UInt64 {
    let count = max(count, paddedByteCountMin)
    let exponent = 63 - UInt64(count.leadingZeroBitCount)
    let mantissaBits = 64 - UInt64(exponent.leadingZeroBitCount)
    let mask = (UInt64(1) << (exponent - mantissaBits)) - 1
    return (count + mask) & ~mask
  }
}

/// What an object is, where it belongs, and what it is called: it opens under no other name.
package struct SealingContext: Sendable {
  package enum Class: UInt8, Sendable { case pack = 1, record, labels, tomb, operation }

  let objectClass: Class
  let bytes: [UInt8]

  package init(_ objectClass: Class, repository: RepositoryID, name: [UInt8]) {
    var writer = ByteWriter(capacity: 40)
    writer.append(objectClass.rawValue)
    writer.append(repository.bytes)
    writer.append(counted: name)
    bytes = writer.bytes
    self.objectClass = objectClass
  }

  /// Whether who may write and not read makes objects of this kind.
  package var mayBeWritten: Bool { objectClass == .pack || objectClass == .record }
}

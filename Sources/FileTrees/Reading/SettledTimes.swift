import CLinux
import ObjectStores
import SnapshotModel

/// Tells which files had not changed for so long when a walk began that any change since would show in the change time.
///
/// - SeeAlso: docs/format/stat-cache.md
package struct SettledTimes: Sendable {
  /// The coarsest tick that a file system keeps, FAT's.
  package static let tickSecondsMax: Int64 = 2

  /// A file system of which more is known.
  private struct Precise: Sendable {
    var device: UInt64
    var before: Timestamp
  }

  private let before: Timestamp
  private let precise: Precise?

  /// Asked before the first file is examined.
  ///
  /// - Parameter root: whose file system may keep precise times.
  package init(root: [UInt8]) {
    let stamped = timeOfStamps()
    let device = (try? DirectoryHandle(root: root)).flatMap { folder in
      let type = try? folder.withDescriptor { FileSystemType(snap_filesystem_type($0)) }
      return type?.keepsPreciseTimes == true ? folder.identity.device : nil
    }
    self.init(before: stamped, preciseOn: device)
  }

  /// - Parameter device: one whose file system keeps precise times.
  package init(before time: Timestamp, preciseOn device: UInt64? = nil) {
    before = Timestamp(seconds: time.seconds - Self.tickSecondsMax, nanoseconds: time.nanoseconds)
    precise = device.map { Precise(device: $0, before: time) }
  }

  package func contains(_ status: FileStatus) -> Bool {
    guard let precise, status.device == precise.device, status.changed.nanoseconds != 0 else {
      return status.changed < before
    }
    return status.changed < precise.before
  }
}

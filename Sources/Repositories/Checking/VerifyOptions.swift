import SnapshotModel

/// How thorough a check shall be.
package struct VerifyOptions: Sendable {
  package enum ReadData: Sendable {
    /// Structure only.
    case none
    case all
    /// The `part`-th (from 1) of `count` equal parts of the packs.
    case part(Int, of: Int)
    case percent(Double)
    /// About so many bytes of packs.
    case bytes(UInt64)
  }

  package var readData = ReadData.none
  package var maxDurationSeconds: Double?
  /// Those to check; `nil` for all.
  package var snapshots: [SnapshotID]?

  package init() {}
}

/// What a check found.
package struct VerifyReport: Sendable {
  package var packs = 0
  package var chunks = 0
  package var snapshots = 0
  /// Bytes of packs that were read and whose every chunk was hashed.
  package var bytesRead: UInt64 = 0
  /// One a damaged object, with the files and versions that it takes along.
  package var problems: [SnapFault] = []
  /// Whether the time was up before all was checked.
  package var wasCutShort = false

  package init() {}
}

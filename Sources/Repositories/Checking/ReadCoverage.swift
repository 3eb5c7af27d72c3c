import Indexing
import ObjectStores
import SnapshotModel

/// How much of the store some check has read and found sound, and since when.
package struct ReadCoverage: Hashable, Sendable {
  package var bytesTotal: UInt64 = 0
  /// Of packs that were read since they came.
  package var bytesRead: UInt64 = 0
  /// When the first of these was read; `nil` when none was.
  package var oldest: Timestamp?

  package init() {}
}

extension Repository {
  /// What is known of earlier checks; kept in the index, so losing it costs reading again.
  package func readCoverage() throws -> ReadCoverage {
    try asFault {
      var coverage = ReadCoverage()
      let times = try packReadTimes()
      for (pack, byteCount) in try index.packIDs() {
        coverage.bytesTotal += byteCount
        guard let time = times[pack] else { continue }
        coverage.bytesRead += byteCount
        coverage.oldest = min(coverage.oldest ?? time, time)
      }
      return coverage
    }
  }

  /// When each pack was last read whole and found sound.
  func packReadTimes() throws -> [PackID: Timestamp] {
    try index.packReadTimes().mapValues { Timestamp(seconds: $0) }
  }

  /// Notes that packs were read just now, and forgets those that are gone.
  func rememberRead(_ packs: Set<PackID>) throws {
    do {
      try index.setPackReadTime(packs, machine.now().seconds)
    } catch IndexError.noSpace {}  // The next check reads them again.
  }
}

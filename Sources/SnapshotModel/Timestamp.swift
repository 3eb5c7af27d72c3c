/// A point in time as file systems keep it: seconds since 1970-01-01T00:00:00Z and nanoseconds after them.
package struct Timestamp: Hashable, Sendable {
  package var seconds: Int64
  /// `0..<1_000_000_000`, counted forward also before 1970.
  package var nanoseconds: UInt32

  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Whole seconds from `earlier` to here; the nearest number where 64 bits do not hold them, as a record may claim any time.
  package func seconds(since earlier: Timestamp) -> Int64 {
    let (difference, overflows) = seconds.subtractingReportingOverflow(earlier.seconds)
    return overflows ? (seconds < earlier.seconds ? .min : .max) : difference
  }
}

extension Timestamp: Comparable {
  package static func < (a: Self, b: Self) -> Bool { (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds) }
}

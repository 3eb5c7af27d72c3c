import Glibc
import SnapshotModel

/// The machine's clock and time zone.
package enum LocalClock {
  package static func now() -> Timestamp {
    var time = timespec()
    // Cannot fail: the clock exists and the pointer is ours.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
  }

  /// Seconds that never run backwards, for measuring how long something took.
  package static func monotonicSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Seconds east of Greenwich that clocks here show at `time`; 0 for years that the C library cannot express.
  package static func utcOffsetSeconds(at time: Timestamp) -> Int32 {
    var seconds = time_t(time.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return Int32(unsafe parts.tm_gmtoff)
  }
}

import Repositories
import SnapshotModel

/// How much of the data earlier checks have read, and within how many days.
enum CoverageText {
  /// - Returns: `nil` when nothing was ever read.
  static func line(_ coverage: ReadCoverage, now: Timestamp) -> String? {
    guard let oldest = coverage.oldest, coverage.bytesTotal > 0 else { return nil }
    let days = max(1, (now.seconds - oldest.seconds + 86_399) / 86_400)
    let within = days == 1 ? "within a day" : "within \(formatted(count: Int(days))) days"
    if coverage.bytesRead == coverage.bytesTotal { return "all data read \(within)" }
    let percent = Int((Double(coverage.bytesRead) / Double(coverage.bytesTotal) * 100).rounded(.down))
    let rest = formatted(byteCount: coverage.bytesTotal - coverage.bytesRead)
    return "\(percent)% of the data read \(within), \(rest) never"
  }

  static func json(_ coverage: ReadCoverage) -> JSONObject {
    JSONObject([
      "bytes_total": .unsigned(coverage.bytesTotal), "bytes_read": .unsigned(coverage.bytesRead),
      "oldest_read": coverage.oldest.map { .time($0) } ?? .null,
    ])
  }
}

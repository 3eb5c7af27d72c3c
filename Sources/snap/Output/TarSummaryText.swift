import FileTrees
import SnapshotModel

/// What an export came to, for programs and for people.
extension TarSummary {
  func object(of version: Snapshot) -> JSONObject {
    JSONObject([
      "message_type": "summary", "version": .string(version.version), "members": .count(members),
      "bytes_processed": .unsigned(contentBytes), "damaged": .count(damaged.count),
      "sockets_skipped": .count(skippedSockets.count),
    ])
  }

  func line(of version: Snapshot, target: [UInt8]) -> String {
    "exported \(version.version) to \(displayText(target)): \(counted(members, "member")), "
      + formatted(byteCount: contentBytes)
  }
}

import Repositories
import SnapshotModel
import Workflows

/// Tells what becomes of each archive, and in the end what all of them take here and there.
struct ImportReport {
  private let session: Session
  private let isDryRun: Bool
  private var counts: [String: Int] = [:]
  private var archiveBytes: UInt64 = 0
  private var storedBytes: UInt64 = 0
  private var codes: Set<FaultCode> = []
  /// Files that are no archives by their names.
  var passedOver: [[UInt8]] = []

  init(session: Session, isDryRun: Bool) {
    self.session = session
    self.isDryRun = isDryRun
  }

  /// Of the statuses that came up, the one that says most.
  var outcome: FaultCode? {
    [.damage, .refused, .versionExists, .suspect, .warnings].first { codes.contains($0) }
  }

  /// - Parameter snapshot: the version, where it exists.
  mutating func add(_ backup: OldBackup, _ result: ImportRun.Result, _ snapshot: Snapshot?) throws {
    let path = displayText(backup.path)
    let word: String
    var line = "\(backup.version)\t"
    var reason: String?
    switch result {
    case .imported, .suspect:
      word = "imported"
      archiveBytes += backup.byteCount
      storedBytes += snapshot?.statistics.bytesStored ?? 0
      line += "imported: \(size(of: snapshot)), equal to the archive"
    case .alreadyThere:
      word = "unchanged"
      line += "already there, equal to the archive"
    case .wouldImport:
      word = "would_import"
      archiveBytes += backup.byteCount
      let time = backup.time.rfc3339(fraction: false)
      line += "would import: \(formatted(byteCount: backup.byteCount)) of \(time)\(commit(of: backup))"
    case .different(let difference):
      word = "different"
      codes.insert(.damage)
      reason = "version \(backup.version) is not equal to '\(path)': \(difference)"
    case .refused(let code, let text):
      word = "refused"
      codes.insert(code)
      reason = "not imported: '\(path)': \(text)"
    }
    counts[word, default: 0] += 1
    if case .suspect(let why) = result {
      codes.insert(.suspect)
      session.console.warn("\(backup.version) is imported, but suspect: \(why)")
    }
    if let reason { session.console.itemFailed(path: backup.path, message: reason) }
    if session.isJSON {
      try session.json(json(backup, word, reason, snapshot))
    } else if reason == nil, !session.isQuiet {
      try session.output.line("\(line)\t\(path)")
    }
  }

  func finish() throws {
    func count(_ word: String) -> Int { counts[word] ?? 0 }
    let failed = count("refused") + count("different")
    if session.isJSON {
      return try session.json(
        JSONObject([
          "message_type": "summary", "dry_run": .boolean(isDryRun), "imported": .count(count("imported")),
          "would_import": .count(count("would_import")), "unchanged": .count(count("unchanged")),
          "refused": .count(count("refused")), "different": .count(count("different")),
          "passed_over": .strings(passedOver.map { displayText($0) }), "bytes_archives": .unsigned(archiveBytes),
          "bytes_stored": .unsigned(storedBytes),
        ]))
    }
    if session.isQuiet { return }
    let done = isDryRun ? count("would_import") : count("imported")
    var parts = ["\(isDryRun ? "would import" : "imported") \(counted(done, "version"))"]
    if count("unchanged") > 0 { parts.append("\(formatted(count: count("unchanged"))) already there") }
    if failed > 0 { parts.append("\(formatted(count: failed)) not imported") }
    guard done > 0 else { return try session.output.line(parts.joined(separator: ", ")) }
    let sizes =
      isDryRun
      ? "\(formatted(byteCount: archiveBytes)) of archives"
      : "archives of \(formatted(byteCount: archiveBytes)) took \(formatted(byteCount: storedBytes)) in the repository"
    try session.output.line("\(parts.joined(separator: ", ")): \(sizes)")
  }

  private func size(of snapshot: Snapshot?) -> String {
    guard let statistics = snapshot?.statistics else { return "" }
    return "\(counted(statistics.fileCount, "file")), \(formatted(byteCount: statistics.bytesLogical)), "
      + "\(formatted(byteCount: statistics.bytesStored)) new"
  }

  private func commit(of backup: OldBackup) -> String {
    let place = [backup.branch, String(backup.commit.prefix(7))].filter { !$0.isEmpty }.joined(separator: " @ ")
    return place.isEmpty ? "" : ", \(displayText(place.utf8))"
  }

  private func json(_ backup: OldBackup, _ word: String, _ reason: String?, _ snapshot: Snapshot?) -> JSONObject {
    var object = JSONObject([
      "message_type": "import", "result": .string(word), "version": .string(backup.version),
      "time": .time(backup.time), "commit": .string(backup.commit), "branch": .string(backup.branch),
      "archive_size": .unsigned(backup.byteCount),
      "snapshot_id": snapshot.map { .string($0.id.hexadecimal) } ?? .null,
      "bytes_stored": .unsigned(word == "imported" ? snapshot?.statistics.bytesStored ?? 0 : 0),
    ])
    object.setPath(named: "archive", backup.path)
    if let reason { object["reason"] = .string(reason) }
    return object
  }
}

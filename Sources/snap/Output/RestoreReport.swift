import FileTrees
import SnapshotModel

/// The last words of a restore, or of one that was taken back.
struct RestoreReport {
  enum Subject {
    case restored(Snapshot)
    /// What was taken back, and the version that gave back what had been overwritten, if any had.
    case undone(String, safety: Snapshot?)
  }

  private let summary: RestoreSummary
  private let target: [UInt8]
  private let seconds: Double
  /// What was saved first.
  var safety: Snapshot?
  /// What undoing had to leave.
  var left: [ArchivePath] = []
  /// The short id of the incident that was recorded.
  var incident: String?
  /// Whether standard output is a listing: then the last words go to standard error.
  var followsListing = false

  init(_ summary: RestoreSummary, target: [UInt8], seconds: Double) {
    self.summary = summary
    self.target = target
    self.seconds = seconds
  }

  func write(_ subject: Subject, in session: Session) throws {
    if session.isJSON { return try session.json(json(subject)) }
    for note in summary.notes { session.console.note(note) }
    if summary.faultCount > 0 {
      let them = summary.faultCount == 1 ? "it" : "them"
      let version =
        switch subject {
        case .restored(let version): version.version
        case .undone(_, let safety): safety?.version ?? "the version"
        }
      session.console.warn("\(counted(summary.faultCount, "item")) not restored as \(version) has \(them)")
    }
    if !left.isEmpty {
      let named = left.prefix(3).map(\.description).joined(separator: ", ") + (left.count > 3 ? ", …" : "")
      session.console.warn(
        "\(counted(left.count, "item")) left, changed since the restore made \(left.count == 1 ? "it" : "them"): \(named)"
      )
    }
    guard !session.isQuiet else { return }
    for line in lines(subject) {
      if followsListing { session.console.write(line) } else { try session.output.line(line) }
    }
  }

  private func lines(_ subject: Subject) -> [String] {
    var lines = ["Files:   \(figures)"]
    if let safety { lines.append("Before:  saved as \(safety.version); snap undo goes back to it") }
    if let incident { lines.append("Report:  snap incident \(incident)") }
    let elapsed = TimeText.elapsed(seconds)
    switch subject {
    case .restored(let version):
      let verb = summary.isDryRun ? "would restore" : "restored"
      lines.append("\(verb) \(version.version) to \(displayText(target))  in \(elapsed)")
    case .undone(let what, _): lines.append("undone: \(what)  in \(elapsed)")
    }
    return lines
  }

  private var figures: String {
    let isDryRun = summary.isDryRun
    let written = "\(isDryRun ? "to write" : "written") (\(formatted(byteCount: summary.bytesWritten)))"
    var parts = ["\(counted(summary.files, "file")) \(written)"]
    let others = summary.symbolicLinks + summary.hardLinks + summary.specialFiles
    if others > 0 { parts.append(counted(others, "link or node", "links and nodes")) }
    if summary.adjusted > 0 {
      parts.append("\(formatted(count: summary.adjusted)) \(isDryRun ? "to correct" : "corrected")")
    }
    parts.append("\(formatted(count: summary.unchanged)) unchanged")
    if summary.kept > 0 { parts.append("\(formatted(count: summary.kept)) kept") }
    if summary.deleted > 0 {
      parts.append("\(formatted(count: summary.deleted)) \(isDryRun ? "to delete" : "deleted")")
    }
    return parts.joined(separator: ", ")
  }

  private func json(_ subject: Subject) -> JSONObject {
    var object = JSONObject(["message_type": "summary", "dry_run": .boolean(summary.isDryRun)])
    let version: Snapshot?
    switch subject {
    case .restored(let restored): version = restored
    case .undone(let what, let safety):
      version = safety
      object["undone"] = "restore"
      object["operation"] = .string(what)
      object["items_left"] = .strings(left.map(\.description))
    }
    object["version"] = version.map { .string($0.version) } ?? .null
    object["snapshot_id"] = version.map { .string($0.id.hexadecimal) } ?? .null
    for (name, count) in [
      ("files_restored", summary.files), ("dirs_restored", summary.folders),
      ("links_restored", summary.symbolicLinks + summary.hardLinks), ("others_restored", summary.specialFiles),
      ("files_adjusted", summary.adjusted), ("files_unchanged", summary.unchanged), ("files_skipped", summary.kept),
      ("files_deleted", summary.deleted),
    ] { object[name] = .count(count) }
    object["bytes_restored"] = .unsigned(summary.bytesWritten)
    object["errors"] = .count(summary.faultCount)
    object["total_duration"] = .number(seconds)
    object.setPath(named: "target", target)
    object["safety_version"] = safety.map { .string($0.version) } ?? .null
    object["incident"] = incident.map { .string($0) } ?? .null
    object["notes"] = .strings(summary.notes)
    return object
  }
}

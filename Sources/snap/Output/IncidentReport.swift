import Repositories
import SnapshotModel
import Workflows

/// What is known of one incident: the record, and what the repository tells of the days around it.
struct IncidentReport {
  let incident: Incident
  /// What had happened, as the user said.
  let text: String
  private let operation: OperationRecord
  private let repository: Repository

  /// How far from the restore the timeline reaches, before and after.
  private static let timelineSeconds: Int64 = 86_400

  init(_ operation: OperationRecord, _ incident: Incident, _ repository: Repository) {
    self.operation = operation
    self.incident = incident
    self.repository = repository
    text = operation.summary
  }

  /// A page for people: facts, timeline, and the commands that look further.
  func markdown() throws -> String {
    let versions = (try repository.snapshots() + repository.trashed()).map(\.snapshot)
    var lines = ["# Incident \(incident.id.short): \(Self.escaped(text))", ""]
    lines += facts(versions).map { "- **\($0):** \($1)" }
    lines += ["", "## Timeline", ""]
    lines += try timeline(versions).map { "- \(time($0.time)): \($0.text)" }
    let commands = commands(versions)
    if !commands.isEmpty { lines += ["", "## Looking further", ""] + commands.map { "- `\($0)` \($1)" } }
    return lines.joined(separator: "\n") + "\n"
  }

  private func facts(_ versions: [Snapshot]) -> [(String, String)] {
    var facts = [
      ("When", time(incident.began)), ("Who", Self.escaped("\(incident.user) on \(incident.host)")),
      ("Restored", restored(versions)),
      ("What", incident.patterns.isEmpty ? "everything" : incident.patterns.map(Self.code).joined(separator: ", ")),
    ]
    if incident.command.isEmpty {
      let place = operation.target.isEmpty ? "the project" : Self.code(ArgumentText.display(operation.target))
      facts.append(("Into", place))
      let safety = incident.safetyVersion
      facts.append(
        (
          "State before",
          safety.isEmpty
            ? "nothing was overwritten" : "\(Self.code(safety)), held as \(Self.code(incident.holdName))"
        ))
    } else {
      facts.append(("Into", Self.code(incident.command)))
    }
    facts.append(("Result", result))
    return facts
  }

  private func restored(_ versions: [Snapshot]) -> String {
    let name = Self.code(incident.version)
    guard let version = versions.first(where: { $0.id == operation.snapshots.first }) else {
      return "\(name), which is gone since"
    }
    let age = TimeText.rough(max(0, incident.began.seconds(since: version.created)))
    return "\(name) (\(version.id.short)), saved \(time(version.created)), \(age) before"
  }

  private var result: String {
    let seconds = TimeText.elapsed(Double(incident.durationMilliseconds) / 1000)
    let bytes = formatted(byteCount: incident.bytes)
    let figures: String
    if incident.command.isEmpty {
      let deleted = incident.deleted > 0 ? ", \(formatted(count: incident.deleted)) deleted" : ""
      figures = "\(counted(incident.files, "file")) written (\(bytes))\(deleted)"
    } else {
      figures = "\(bytes) piped"
    }
    let reason = incident.reason.isEmpty ? "" : ": \(Self.escaped(incident.reason))"
    switch incident.outcome {
    case .restored, .partial: return "\(incident.outcome.words), \(figures), in \(seconds)\(reason)"
    case .failed: return "failed after \(seconds)\(reason)"
    case .unfinished: return "the restore has not ended, or was killed"
    }
  }

  /// In order of time.
  private func timeline(_ versions: [Snapshot]) throws -> [(time: Timestamp, text: String)] {
    let began = incident.began.seconds
    let end = max(began, operation.time.seconds) + Self.timelineSeconds
    func isNear(_ time: Timestamp) -> Bool { (began - Self.timelineSeconds...end).contains(time.seconds) }
    var events = versions.filter { isNear($0.created) || $0.id == operation.snapshots.first }.map { version in
      let message =
        version.message.split(whereSeparator: \.isNewline).first.map { ": " + Self.escaped(String($0)) } ?? ""
      return (time: version.created, text: "saved \(Self.code(version.version))\(message)")
    }
    for other in try OperationLog.operations(in: repository) where isNear(other.time) && other.kind != .incident {
      events.append((other.time, "\(other.kindName): \(Self.escaped(other.summary))"))
    }
    for (other, incident) in try OperationLog.incidents(in: repository) where isNear(incident.began) {
      let name = incident.id == self.incident.id ? "**this restore**" : "incident \(incident.id.short)"
      events.append((incident.began, "\(name) began: \(Self.code(incident.version))"))
      if incident.outcome != .unfinished { events.append((other.time, "\(name) ended: \(incident.outcome.words)")) }
    }
    // Stable: what has one time stays in the order above.
    return events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private func commands(_ versions: [Snapshot]) -> [(String, String)] {
    let names = Set(versions.map(\.version))
    let safety = incident.safetyVersion
    guard !safety.isEmpty, names.contains(safety) else { return [] }
    var commands: [(String, String)] = []
    if names.contains(incident.version) {
      commands.append(
        (
          "snap diff \(shellWord(incident.version)) \(shellWord(safety))",
          "what the restore has changed, the other way round"
        ))
    }
    commands.append(("snap restore \(shellWord(safety))", "puts back what the restore has overwritten"))
    commands.append(
      ("snap release \(shellWord(safety)) \(incident.holdName)", "lets the retention rules have that version again"))
    return commands
  }

  private func time(_ time: Timestamp) -> String {
    time.rfc3339(utcOffsetSeconds: utcOffsetSeconds(at: time), fraction: false)
  }

  /// Text whose signs mean nothing in Markdown.
  private static func escaped(_ text: String) -> String {
    displayText(text.utf8).map { "\\`*_[]<>#|".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  /// A code span; one that holds a backtick has longer fences.
  private static func code(_ text: String) -> String {
    let text = displayText(text.utf8)
    return text.contains("`") ? "`` \(text) ``" : "`\(text)`"
  }

  var json: JSONObject {
    var object = JSONObject([
      "message_type": "incident", "id": .string(incident.id.hexadecimal), "text": .string(text),
      "time": .time(incident.began), "user": .string(incident.user), "host": .string(incident.host),
      "result": .string(incident.outcome.words), "version": .string(incident.version),
    ])
    object["snapshot_id"] = operation.snapshots.first.map { .string($0.hexadecimal) } ?? .null
    object["safety_version"] = incident.safetyVersion.isEmpty ? .null : .string(incident.safetyVersion)
    object["paths"] = .strings(incident.patterns)
    object["target"] = .string(ArgumentText.display(operation.target))
    object["command"] = incident.command.isEmpty ? .null : .string(incident.command)
    object["files_restored"] = .unsigned(incident.files)
    object["bytes_restored"] = .unsigned(incident.bytes)
    object["files_deleted"] = .unsigned(incident.deleted)
    object["total_duration"] = .number(Double(incident.durationMilliseconds) / 1000)
    object["reason"] = .string(incident.reason)
    return object
  }
}

extension Incident.Outcome {
  var words: String {
    switch self {
    case .restored: "restored"
    case .partial: "restored in part"
    case .failed: "failed"
    case .unfinished: "not finished"
    }
  }
}

import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// What `status` tells.
struct ProjectState {
  struct Changes {
    var added = 0
    var removed = 0
    var modified = 0

    var count: Int { added + removed + modified }
  }

  let repository: Repository
  let writer: String?
  let versions: [ListedSnapshot]
  let trashedCount: Int
  let byteCount: UInt64
  let now = currentTime()
  /// Since the last version; `nil` when nobody looked.
  let changes: Changes?
  /// Of the last version, and not of `snap.yml`.
  private let droppedDumps: [String]

  /// The newest version that is no mere safety copy of a restore.
  let last: ListedSnapshot?
  /// The same among those that are not dated in the future: such a one says nothing about when anything was saved.
  let lastInPast: ListedSnapshot?
  /// The newest that is neither, nor suspect.
  var lastTrusted: Snapshot? {
    versions.last { !$0.isSuspect && !$0.isSafetyCopy && $0.snapshot.created <= soon }?.snapshot
  }
  private let soon: Timestamp
  /// The newest drill.
  let lastDrill: OperationRecord?
  /// The newest drill that passed.
  let lastGoodDrill: OperationRecord?
  private let coverage: ReadCoverage

  private static func newest(of versions: [ListedSnapshot]) -> ListedSnapshot? {
    versions.last { !$0.isSafetyCopy } ?? versions.last
  }

  /// - Parameter writer: whose versions are meant, of those who can only save; otherwise the project's own.
  init(_ repository: Repository, _ session: Session, readsTree: Bool, writer: String? = nil) throws {
    self.repository = repository
    self.writer = writer
    versions = try session.versions(of: writer, in: repository)
    trashedCount = try repository.trashed().count
    byteCount = try repository.statistics().bytesTotal
    (lastDrill, lastGoodDrill) = try OperationLog.lastDrills(in: repository)
    coverage = try repository.readCoverage()
    soon = Timestamp(seconds: currentTime().seconds + 60)
    last = Self.newest(of: versions)
    lastInPast = Self.newest(of: versions.filter { [soon] in $0.snapshot.created <= soon })
    let base = session.base(of: repository)
    let configuration = writer == nil ? try session.configuration(of: repository) : nil
    let dumps = configuration?.dumps ?? []
    droppedDumps =
      writer != nil
      ? []
      : last?.snapshot.droppedDumps(from: Set(dumps.map(\.name)), paths: Set(dumps.map(\.path))) ?? []
    guard readsTree, writer == nil, let last, last.snapshot.root == base, last.snapshot.sources == [.root] else {
      changes = nil
      return
    }
    var options = try configuration?.walkOptions(root: base) ?? WalkOptions()
    options.neverEnter = repository.neverEnter
    var found = Changes()
    try WorkTreeDiffer.forEachChange(
      from: repository.manifest(of: last.snapshot), of: last.snapshot, root: base, options: options, in: repository
    ) { change in
      // The time of a folder changes with every file in it: that is no change of the project.
      guard change.kind != .metadata, (change.new ?? change.old)?.kind != .directory else { return }
      switch change.kind {
      case .added: found.added += 1
      case .removed: found.removed += 1
      default: found.modified += 1
      }
    }
    changes = found
  }

  var problems: [String] {
    var problems: [String] = []
    if repository.isReadOnly { problems.append("repository is read-only") }
    for version in versions where version.isSuspect {
      problems.append("\(version.snapshot.version) is suspect: \(version.labels.suspect)")
    }
    if let last, last.snapshot.statistics.itemsWithErrors > 0 {
      let count = counted(last.snapshot.statistics.itemsWithErrors, "item")
      problems.append("\(last.snapshot.version) was saved with \(count) that could not be read or changed meanwhile")
    }
    if let last {
      for name in droppedDumps {
        problems.append(
          "dump '\(name)' of \(last.snapshot.version) is not in \(ProjectConfiguration.fileName) any more")
      }
    }
    if let result = lastDrill?.drill, !result.hasPassed { problems.append("the last drill failed: \(result.reason)") }
    return problems
  }

  var text: String {
    let project = displayText(PathText.path(of: repository.projectRoot ?? repository.folder))
    var lines = [("Project", "\(project)  (repository \(repository.id.short), \(formatted(byteCount: byteCount)))")]
    if let last {
      let snapshot = last.snapshot
      let git = snapshot.git.map { ", \($0.branch.isEmpty ? "detached" : $0.branch) @ \($0.shortText)" } ?? ""
      lines.append(
        (
          "Last",
          "\(snapshot.version)  \(TimeText.age(of: snapshot.created, at: now))  (\(TimeText.minute(snapshot))\(git))"
        ))
    } else {
      lines.append(("Last", writer.map { "no version of \(ArgumentText.display($0)) yet" } ?? "no version yet"))
    }
    lines.append(
      ("Versions", formatted(count: versions.count) + (trashedCount > 0 ? ", \(trashedCount) forgotten" : "")))
    if let changes, let last {
      lines.append(
        (
          "Tree",
          changes.count == 0
            ? "unchanged since \(last.snapshot.version)"
            : "\(formatted(count: changes.modified)) changed, \(formatted(count: changes.added)) new, "
              + "\(formatted(count: changes.removed)) removed since \(last.snapshot.version)"
        ))
    }
    if let lastDrill { lines.append(("Drill", "\(lastDrill.summary), \(TimeText.age(of: lastDrill.time, at: now))")) }
    if let read = CoverageText.line(coverage, now: now) { lines.append(("Verified", read)) }
    lines.append(("Health", problems.isEmpty ? "no problem known" : problems.joined(separator: "; ")))
    return labelledLines(lines) + hints.map { "hint: \($0)\n" }.joined()
  }

  private var hints: [String] {
    var hints: [String] = []
    if last == nil, writer == nil { hints.append("snap save v1 saves the first version") }
    if let changes, changes.count > 0 { hints.append("snap diff shows the changes, snap save NAME saves them") }
    if trashedCount > 0 { hints.append("snap undo takes back the last forget, snap gc frees its space") }
    return hints
  }

  var json: JSONObject {
    var object = JSONObject([
      "message_type": "project_status",
      "repository_id": .string(repository.id.hexadecimal), "total_size": .unsigned(byteCount),
      "snapshots_count": .count(versions.count), "forgotten_count": .count(trashedCount),
      "read_only": .boolean(repository.isReadOnly), "problems": .strings(problems),
    ])
    object.setPath(named: "repository", PathText.path(of: repository.folder))
    object["project"] = .null
    if let root = repository.projectRoot { object.setPath(named: "project", PathText.path(of: root)) }
    object["latest"] = last.map { .object($0.json(exclusiveBytes: nil)) } ?? .null
    object["latest_age_seconds"] = last.map { .integer(now.seconds(since: $0.snapshot.created)) } ?? .null
    object["latest_drill"] = lastDrill.map { .object($0.drillJSON) } ?? .null
    object["latest_good_drill"] = lastGoodDrill.map { .object($0.drillJSON) } ?? .null
    object["coverage"] = .object(CoverageText.json(coverage))
    object["changes"] =
      changes.map {
        .object(
          JSONObject(["added": .count($0.added), "removed": .count($0.removed), "modified": .count($0.modified)]))
      } ?? .null
    return object
  }
}

extension OperationRecord {
  fileprivate var drillJSON: JSONObject {
    JSONObject([
      "time": .time(time), "snapshot_id": snapshots.first.map { .string($0.hexadecimal) } ?? .null,
      "passed": .boolean(drill?.hasPassed ?? false),
      "total_duration": .number(Double(drill?.durationMilliseconds ?? 0) / 1000),
      "files_restored": .unsigned(drill?.files ?? 0), "bytes_restored": .unsigned(drill?.bytes ?? 0),
      "reason": .string(drill?.reason ?? ""),
    ])
  }
}

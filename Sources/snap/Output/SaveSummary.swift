import FileTrees
import Repositories
import SnapshotModel

/// The last words of a save.
struct SaveSummary {
  var outcome: SaveOutcome
  var isDryRun: Bool
  /// Those that were, or with a dry run would be, run.
  var dumps: [SavedDump]
  /// Those that would be run; of a save that was done nobody needs to be told.
  var hooks: [String] = []
  /// Why the version is marked as suspect.
  var suspicions: [String] = []
  /// Of an encrypted repository: what `--expect-head` takes.
  var head: String?

  /// - Returns: why the exit status is not 0 although the version is saved.
  func report(to session: Session) throws -> FaultCode? {
    let snapshot = outcome.snapshot
    let console = session.console
    if outcome.chunksHealed > 0 { console.note("healed \(counted(outcome.chunksHealed, "chunk")) from source") }
    if outcome.wasSaved, fileCount == 0 { console.note("there was nothing to read: the version holds no files") }
    if session.isJSON {
      try session.json(json)
    } else if !session.isQuiet {
      try session.output.write(text.utf8)
    }
    if !outcome.secretFiles.isEmpty, outcome.wasSaved || isDryRun {
      console.warn(
        "\(secretFilesText) in a repository that is not encrypted; leave such files out (.snapignore), or use an "
          + "encrypted repository (snap init --encrypt)")
    }
    let unread = outcome.errors.filter { !SaveOutcome.isSavedAsRead($0.reason) }.count
    if unread > 0 {
      let total = formatted(count: fileCount + UInt64(unread))
      console.warn(
        "\(formatted(count: unread)) of \(total) files could not be read; \(snapshot.version) saved without them")
    }
    if let reason = outcome.indexFailure {
      console.warn("\(snapshot.version) is saved; the index could not be updated (\(reason)) and will be rebuilt")
    }
    if !suspicions.isEmpty {
      console.warn("\(snapshot.version) is saved, but suspect: \(suspicions.joined(separator: "; "))")
      console.hint(
        "snap diff latest \(snapshot.version) shows what changed; snap trust \(snapshot.version) takes the mark away")
      return .suspect
    }
    return outcome.errors.isEmpty && outcome.indexFailure == nil ? nil : .warnings
  }

  private static let secretFilesShownMax = 3

  /// `v2 holds secrets of .env, deploy/id_rsa and 4 others`.
  private var secretFilesText: String {
    var names = outcome.secretFiles.prefix(Self.secretFilesShownMax).map(\.description)
    let left = outcome.secretFiles.count - names.count
    if left > 0 { names.append("\(formatted(count: left)) \(left == 1 ? "other" : "others")") }
    let last = names.count > 1 ? " and \(names.removeLast())" : ""
    let verb = isDryRun ? "would hold" : "holds"
    return "\(outcome.snapshot.version) \(verb) the secrets of \(names.joined(separator: ", "))\(last)"
  }

  private var statistics: SnapshotStatistics { outcome.snapshot.statistics }
  private var fileCount: UInt64 { statistics.fileCount }

  private var text: String {
    let snapshot = outcome.snapshot
    if !outcome.wasSaved, !isDryRun { return "unchanged since \(snapshot.version); nothing saved\n" }
    func count(_ number: UInt64) -> String { formatted(count: number) }
    var lines = [
      "Files:   \(count(statistics.filesNew)) new, \(count(statistics.filesChanged)) changed, "
        + "\(count(statistics.filesUnmodified)) unmodified, \(count(statistics.filesRemoved)) removed",
      "Stored:  \(formatted(byteCount: statistics.bytesStored)) new for "
        + "\(formatted(byteCount: statistics.bytesLogical))  (\(spared))",
    ]
    if let git = snapshot.git {
      let place = git.branch.isEmpty ? "(detached)" : git.branch
      let commit = git.commit.isEmpty ? "no commit yet" : String(git.commit.prefix(7))
      let describe = git.describe.isEmpty ? "" : " (\(git.describe))"
      lines.append(
        "Git:     \(place) @ \(commit)\(describe), "
          + (git.isDirty ? "\(counted(git.dirtyFileCount, "file")) dirty" : "clean"))
    }
    if !dumps.isEmpty { lines.append("Dumps:   \(dumpText)") }
    if !hooks.isEmpty { lines.append("Hooks:   would run \(hooks.joined(separator: ", "))") }
    if let head { lines.append("Head:    \(head)") }
    if let ignored { lines.append("Ignored: \(ignored)") }
    let seconds = TimeText.elapsed(Double(statistics.durationMilliseconds) / 1000)
    lines.append(
      isDryRun
        ? "would save \(snapshot.version)  in \(seconds); nothing was written"
        : "saved \(snapshot.version)  id \(snapshot.id.short)  in \(seconds)")
    return lines.map { $0 + "\n" }.joined()
  }

  /// What each step spared, in the unit of the logical size: the four add up to it.
  private var spared: String {
    let deduplicated = statistics.bytesLogical - min(statistics.bytesNew, statistics.bytesLogical)
    let left = statistics.bytesNew - min(statistics.bytesNew, statistics.bytesSavedByDelta)
    let compressed = left - min(left, statistics.bytesStored)
    func text(_ bytes: UInt64) -> String { Self.number(bytes, inUnitOf: statistics.bytesLogical) }
    return "dedup \(text(deduplicated)), delta \(text(statistics.bytesSavedByDelta)), zstd \(text(compressed))"
  }

  private static func number(_ bytes: UInt64, inUnitOf reference: UInt64) -> String {
    var divisor = 1.0
    while Double(reference) / divisor >= 1023.95 { divisor *= 1024 }
    return divisor == 1 ? String(bytes) : formatted(tenthsOf: Double(bytes) / divisor)
  }

  /// `dumps/app.sql, dumps/users.json`.
  private var dumpText: String {
    let shown = isDryRun ? dumps : outcome.snapshot.dumps
    let text = shown.isEmpty ? "none" : shown.map(\.path.description).joined(separator: ", ")
    return isDryRun ? "would run \(dumps.map(\.name).joined(separator: ", ")), as \(text)" : text
  }

  /// `node_modules/ 3, .git/ 1 (built-in; --no-ignore saves them), 12 by ignore rules`.
  private var ignored: String? {
    let builtIn = outcome.ignoredByDefault.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    var parts = builtIn.isEmpty ? [] : ["\(builtIn.joined(separator: ", ")) (built-in; --no-ignore saves them)"]
    if outcome.ignoredByRules > 0 { parts.append("\(formatted(count: outcome.ignoredByRules)) by ignore rules") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var json: JSONObject {
    let snapshot = outcome.snapshot
    var object = JSONObject(["message_type": "summary", "dry_run": .boolean(isDryRun)])
    for member in statistics.json.members { object[member.name] = member.value }
    object["backup_start"] = .time(snapshot.created, utcOffsetSeconds: snapshot.utcOffsetSeconds)
    object["snapshot_id"] = isDryRun ? .null : .string(snapshot.id.hexadecimal)
    object["version"] = .string(snapshot.version)
    object["saved"] = .boolean(outcome.wasSaved)
    object["git"] = snapshot.git.map { .object($0.json) } ?? .null
    let ignored = outcome.ignoredByDefault.sorted { $0.key < $1.key }
    object["ignored_by_default"] = .object(ignored.reduce(into: JSONObject()) { $0[$1.key] = .count($1.value) })
    object["ignored_by_rules"] = .count(outcome.ignoredByRules)
    let shown = isDryRun ? dumps : snapshot.dumps
    object["dumps"] = .array(shown.map(\.json))
    object["suspect"] = .string(suspicions.joined(separator: "; "))
    object["secret_files"] = .count(outcome.secretFiles.count)
    object["errors"] = .count(outcome.errors.count)
    if let head { object["head"] = .string(head) }
    return object
  }
}

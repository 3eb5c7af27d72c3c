import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct LogCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Every version of one file or folder, folded where identical.",
    discussion: """
      Newest first. Successive versions in which the path is the same stand in one line. With --keys or --patch what \
      changed stands below it, as snap diff shows it.
      """)
  static let page = HelpPage(
    [
      "snap log src/main.c": "when it changed",
      "snap log --keys .env": "when which setting changed",
      "snap log --json config/": "one object for each stretch",
    ], statuses: [10: "no repository", 21: "no version has the path"])

  @Argument(help: ArgumentHelp("A file or folder, as the shell completes it.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("Only these versions.", valueName: "a..b"))
  var range: String?

  @Flag(name: [.customLong("patch"), .customShort("u")], help: "The changed lines, as a unified diff.") var patch =
    false
  @OptionGroup var keyed: KeyedDiffOptions
  @OptionGroup var global: GlobalOptions

  func check() throws {
    if patch, keyed.isWanted { throw SnapFault(.usage, "--patch and --keys cannot be combined") }
    if patch, global.json { throw SnapFault(.usage, "--patch and --json cannot be combined") }
    try keyed.check()
  }

  /// Successive versions in which the path is the same.
  private struct Stretch {
    var versions: [Snapshot]
    var entry: ManifestEntry?
    /// Of a folder: a digest of all that is in it.
    var fingerprint: Int
    var byteCount: UInt64
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let versions = try versions(in: repository, session)
    let path = try session.archivePath(ofFile: path, in: repository)
    var stretches: [Stretch] = []
    for version in versions {
      let stretch = try Self.stretch(at: path, version.snapshot, repository)
      if let last = stretches.last, last.fingerprint == stretch.fingerprint {
        stretches[stretches.count - 1].versions.append(version.snapshot)
      } else {
        stretches.append(stretch)
      }
    }
    while let first = stretches.first, first.entry == nil { stretches.removeFirst() }
    guard !stretches.isEmpty else {
      guard let newest = versions.last?.snapshot else { throw SnapFault(.notFound, "there are no versions yet") }
      var fault = session.notInVersion(path, newest, try repository.manifest(of: newest))
      fault.message = fault.message.replacing("is not in version \(newest.version)", with: "is in no version")
      throw fault
    }
    if session.isJSON {
      for (at, stretch) in stretches.enumerated().reversed() {
        try session.json(json(stretch, path, at))
        try writeChanges(at, stretches, path, repository, session)
      }
    } else {
      var lines = lines(stretches, session)[...]
      if lines.count > stretches.count, let title = lines.popFirst() { try session.output.line(title) }
      for (line, at) in zip(lines, stretches.indices.reversed()) {
        try session.output.line(line)
        try writeChanges(at, stretches, path, repository, session)
      }
    }
    return nil
  }

  /// What changed with the stretch at `at`, where that was asked for; what a range begins with is shown without.
  private func writeChanges(
    _ at: Int, _ stretches: [Stretch], _ path: ArchivePath, _ repository: Repository, _ session: Session
  ) throws {
    guard patch || keyed.isWanted, at > 0 || range == nil else { return }
    let sides = DiffSides(reader: repository.reader(), workTree: nil, isReversed: false)
    let printer = DiffPrinter(form: patch ? .patch : .keys(keyed.style(indent: "  ")), session: session, sides: sides)
    let old = at > 0 ? stretches[at - 1].versions.last : nil
    let before = try old.map { try repository.manifest(of: $0) } ?? Manifest(emptyWith: repository.reader())
    try ManifestDiffer.forEachChange(from: before, to: repository.manifest(of: stretches[at].versions[0])) { change in
      // When a folder was touched says nothing.
      let isTouchedFolder = change.kind == .metadata && change.new?.kind == .directory
      if path.contains(change.path), !isTouchedFolder { try printer.write(change) }
    }
  }

  private func versions(in repository: Repository, _ session: Session) throws -> [ListedSnapshot] {
    let all = try repository.snapshots()
    guard let range else { return all }
    guard let (first, last) = RevisionRange.split(range) else {
      throw SnapFault(.usage, "--range: '\(ArgumentText.display(range))' is not a range (A..B)")
    }
    let ends = try (session.resolve(first, in: repository), session.resolve(last, in: repository))
    let bounds = [ends.0.snapshot.created, ends.1.snapshot.created].sorted()
    return all.filter { (bounds[0]...bounds[1]).contains($0.snapshot.created) }
  }

  private static func stretch(at path: ArchivePath, _ version: Snapshot, _ repository: Repository) throws -> Stretch {
    let manifest = try repository.manifest(of: version)
    var hasher = Hasher()
    var byteCount: UInt64 = 0
    var entry = try manifest.entry(at: path)
    if entry?.kind == .directory || path.isRoot {
      try manifest.forEach(below: path) { inner in
        if entry == nil { entry = inner }
        hasher.combine(inner)
        byteCount = saturatingSum(byteCount, inner.size)
      }
    } else {
      hasher.combine(entry)
      byteCount = entry?.size ?? 0
    }
    return Stretch(versions: [version], entry: entry, fingerprint: hasher.finalize(), byteCount: byteCount)
  }

  /// One for each, newest first; on a terminal the title before them.
  private func lines(_ stretches: [Stretch], _ session: Session) -> [String] {
    var table = Table([
      .init(title: "VERSION"), .init(title: "SAVED"), .init(title: "CHANGE"), .init(title: "SIZE", alignment: .right),
      .init(title: "MODIFIED"),
    ])
    for (at, stretch) in stretches.enumerated().reversed() {
      let modified = stretch.entry?.metadata.modified
      table.append([
        Self.names(of: stretch), TimeText.minute(stretch.versions[0]), Self.change(stretches, at),
        stretch.entry == nil
          ? "" : session.output.isTerminal ? formatted(byteCount: stretch.byteCount) : String(stretch.byteCount),
        modified.map { TimeText.minute($0, utcOffsetSeconds: utcOffsetSeconds(at: $0)) } ?? "",
      ])
    }
    let text = session.output.isTerminal ? table.aligned : table.tabSeparated
    return text.split(separator: "\n").map(String.init)
  }

  private func json(_ stretch: Stretch, _ path: ArchivePath, _ at: Int) -> JSONObject {
    var object = stretch.entry?.json(messageType: "log") ?? JSONObject(["message_type": "log"])
    object.setPath(path.bytes)
    object["present"] = .boolean(stretch.entry != nil)
    object["total_size"] = .unsigned(stretch.byteCount)
    object["versions"] = .strings(stretch.versions.reversed().map(\.version))
    object["time"] = .time(stretch.versions[0].created, utcOffsetSeconds: stretch.versions[0].utcOffsetSeconds)
    return object
  }

  /// `v1.4` or `v1.2..v1.4 (3)`.
  private static func names(of stretch: Stretch) -> String {
    let (first, last) = (stretch.versions[0].version, stretch.versions[stretch.versions.count - 1].version)
    return stretch.versions.count == 1 ? first : "\(first)..\(last) (\(stretch.versions.count))"
  }

  private static func change(_ stretches: [Stretch], _ at: Int) -> String {
    if stretches[at].entry == nil { return "removed" }
    return at == 0 || stretches[at - 1].entry == nil ? "added" : "changed"
  }
}

/// `A..B`; version names never hold two dots in a row.
enum RevisionRange {
  /// - Returns: `nil` when it is no range; an empty end means `latest`.
  static func split(_ text: String) -> (first: String, last: String)? {
    let characters = Array(text)
    var depth = 0
    for at in characters.indices.dropLast() {
      if characters[at] == "{" { depth += 1 }
      if characters[at] == "}" { depth -= 1 }
      if depth == 0, characters[at] == ".", characters[at + 1] == "." {
        let (first, last) = (String(characters[..<at]), String(characters[(at + 2)...]))
        return (first.isEmpty ? "latest" : first, last.isEmpty ? "latest" : last)
      }
    }
    return nil
  }
}

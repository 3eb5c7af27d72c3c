import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct ShowCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what a version is: time, git state, counts, sizes, labels.",
    discussion: """
      --manifest prints the MANIFEST: the head and every path with its size and, for files, the SHA-256 of the whole \
      content. `sha256sum -c` accepts it as it is, from inside a restored copy. --uncommitted prints what the version's \
      tracked files have over the commit, as a patch: `git apply` makes of the commit's files those of the version.
      """,
    aliases: ["info"])
  static let page = HelpPage(
    [
      "snap show latest": "the newest version",
      "snap show v1.2.0 --manifest > MANIFEST": "every path with size and hash",
      "snap show v1.2.0 --manifest | (cd copy && sha256sum -c)": "check a copy",
      "snap show v1.2.0 --uncommitted | git apply": "on a checkout of its commit",
    ],
    statuses: [
      3: "--uncommitted: the patch was too large to be kept; its files were printed", 10: "no repository",
      21: "no such version",
    ])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev"))
  var revision = "latest"

  @Flag(help: "Print the whole manifest as text.")
  var manifest = false

  @Flag(help: "Print what was not committed when it was saved.")
  var uncommitted = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if manifest, uncommitted { throw SnapFault(.usage, "--manifest and --uncommitted cannot be combined") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let version = try session.resolve(revision, in: repository)
    if manifest {
      try printManifest(of: version, repository, session)
      return nil
    }
    if uncommitted { return try printUncommitted(of: version.snapshot, repository, session) }
    let exclusive = try repository.exclusiveBytes()[version.snapshot.id]
    let head = try repository.headText(of: version.snapshot.id)
    if session.isJSON {
      var object = version.json(exclusiveBytes: exclusive)
      if let head { object["head"] = .string(head) }
      try session.json(object)
    } else {
      try session.output.write(Self.text(of: version, exclusive, head: head).utf8)
    }
    return nil
  }

  private static func text(of version: ListedSnapshot, _ exclusive: UInt64?, head: String?) -> String {
    let snapshot = version.snapshot
    let statistics = snapshot.statistics
    var lines: [(String, String)] = [
      ("Version", snapshot.version), ("Id", snapshot.id.hexadecimal),
      ("Saved", snapshot.created.rfc3339(utcOffsetSeconds: snapshot.utcOffsetSeconds, fraction: false)),
      ("Host", snapshot.host), ("User", snapshot.user), ("Folder", displayText(snapshot.root)),
    ]
    let paths = snapshot.sources.filter { !$0.isRoot }
    if !paths.isEmpty { lines.append(("Paths", paths.map(\.description).joined(separator: ", "))) }
    if let git = snapshot.git {
      lines.append(("Commit", git.commit + (git.isDirty ? " (\(counted(git.dirtyFileCount, "file")) dirty)" : "")))
      if let changes = snapshot.uncommitted { lines.append(("Changes", changes.text)) }
      lines.append(("Branch", git.branch.isEmpty ? "(detached)" : displayText(git.branch.utf8)))
      lines.append(("Describe", git.describe))
      if !git.remote.isEmpty { lines.append(("Remote", git.remote)) }
    }
    lines += [
      (
        "Files",
        "\(formatted(count: statistics.fileCount)) (\(formatted(count: statistics.filesNew)) new, "
          + "\(formatted(count: statistics.filesChanged)) changed, "
          + "\(formatted(count: statistics.filesUnmodified)) unmodified, "
          + "\(formatted(count: statistics.filesRemoved)) removed)"
      ),
      ("Folders", formatted(count: statistics.directories)), ("Size", formatted(byteCount: statistics.bytesLogical)),
      ("Added", formatted(byteCount: statistics.bytesStored)),
    ]
    if !snapshot.dumps.isEmpty {
      lines.append(("Dumps", snapshot.dumps.map { "\($0.name) (\($0.path))" }.joined(separator: ", ")))
    }
    if !snapshot.databases.isEmpty {
      lines.append(("SQLite", snapshot.databases.map(\.description).joined(separator: ", ")))
    }
    if let exclusive { lines.append(("Frees", "\(formatted(byteCount: exclusive)) when deleted alone")) }
    if statistics.itemsWithErrors > 0 { lines.append(("Errors", formatted(count: statistics.itemsWithErrors))) }
    if !version.tags.isEmpty { lines.append(("Tags", version.tags.joined(separator: ", "))) }
    if !snapshot.message.isEmpty { lines.append(("Message", Self.indented(snapshot.message))) }
    if !version.labels.note.isEmpty { lines.append(("Note", Self.indented(version.labels.note))) }
    for (name, reason) in version.labels.holds.sorted(by: { $0.key < $1.key }) {
      lines.append(("Held", reason.isEmpty ? name : "\(name): \(reason)"))
    }
    if !version.labels.suspect.isEmpty { lines.append(("Suspect", version.labels.suspect)) }
    if let head { lines.append(("Head", head)) }
    lines.append(("Saved by", "snap \(snapshot.toolVersion)"))
    return labelledLines(lines)
  }

  /// Further lines below the first; control characters escaped.
  private static func indented(_ text: String) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map { displayText($0.utf8) }
    return lines.joined(separator: "\n" + String(repeating: " ", count: labelWidth))
  }

  private func printManifest(of version: ListedSnapshot, _ repository: Repository, _ session: Session) throws {
    let manifest = try repository.manifest(of: version.snapshot)
    let reader = repository.reader()
    if !session.isJSON {
      try session.output.write(ManifestText.head(of: version, entryCount: manifest.entryCount))
    }
    try manifest.forEach { entry in
      let digest = try EntryContent.digest(of: entry, from: reader)
      if session.isJSON {
        var object = entry.json()
        object["sha256"] = digest.map { .string($0) } ?? .null
        try session.json(object)
      } else {
        try session.output.write(ManifestText.lines(of: entry, digest: digest))
      }
    }
  }
}

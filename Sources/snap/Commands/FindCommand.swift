import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

struct FindCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "find", abstract: "Find files by name or path in all versions.",
    discussion: """
      A pattern without a slash matches the name at any depth, one with a slash the path from the root. Each line is \
      REV:PATH, ready for snap cat.
      """)
  static let page = HelpPage(
    [
      "snap find '*.json'": "in every version, newest first",
      "snap find -l 'config/**' --in v1.2.0": "in one version, with sizes and times",
    ], statuses: [10: "no repository", 21: "nothing matches"])

  @Argument(help: ArgumentHelp("Globs or paths.", valueName: "pattern"))
  var patterns: [String]

  @Option(name: .customLong("in"), help: ArgumentHelp("Only in this version; may be repeated.", valueName: "rev"))
  var revisions: [String] = []

  @Flag(name: .shortAndLong, help: "With mode, size and time.")
  var long = false

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let versions =
      revisions.isEmpty
      ? try repository.snapshots().reversed() : try revisions.map { try session.resolve($0, in: repository) }
    var count = 0
    for version in versions {
      let selection = try session.selection(patterns, root: version.snapshot.root, in: repository)
      try repository.manifest(of: version.snapshot).forEach { entry in
        guard !entry.path.isRoot, selection.names(entry.path, isFolder: entry.kind == .directory) else { return }
        count += 1
        try write(entry, version.snapshot, session)
      }
    }
    if count == 0 {
      let shown = patterns.map { "'\(ArgumentText.display($0))'" }.joined(separator: ", ")
      throw SnapFault(.notFound, "nothing matches \(shown) in \(counted(versions.count, "version"))")
    }
    return nil
  }

  private func write(_ entry: ManifestEntry, _ version: Snapshot, _ session: Session) throws {
    if session.isJSON {
      var object = entry.json(messageType: "match")
      object["version"] = .string(version.version)
      object["snapshot"] = .string(version.id.hexadecimal)
      return try session.json(object)
    }
    var line = "\(version.version):"
    if long {
      let time = entry.metadata.modified
      let size = String(entry.size)
      line =
        "\(entry.modeText) " + String(repeating: " ", count: max(0, 11 - size.count)) + size
        + " \(TimeText.minute(time, utcOffsetSeconds: utcOffsetSeconds(at: time))) " + line
    }
    let path = session.output.isTerminal ? Array(entry.path.description.utf8) : entry.path.bytes
    try session.output.write(Array(line.utf8) + path + [UInt8(ascii: "\n")])
  }
}

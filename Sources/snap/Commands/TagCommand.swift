import ArgumentParser
import Repositories
import SnapshotModel

struct TagCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Show, add or remove tags of a version.",
    discussion: "Without tags it prints those that the version has, one a line.")
  static let page = HelpPage(
    [
      "snap tag v1.2.0 prod": "add a tag; tag:prod now names it",
      "snap tag v1.2.0 --remove prod": "take it away",
      "snap tag v1.2.0": "show the tags",
    ], statuses: [10: "no repository", 18: "the tag was given on saving", 21: "no such version"])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision: String
  @Argument(help: ArgumentHelp("Tags to add.", valueName: "tag")) var tags: [String] = []

  @Option(help: ArgumentHelp("A tag to add; the same as naming it.", valueName: "tag")) var add: [String] = []
  @Option(name: [.customShort("d"), .long], help: ArgumentHelp("A tag to take away.", valueName: "tag"))
  var remove: [String] = []

  @OptionGroup var global: GlobalOptions

  func check() throws {
    for tag in tags + add { try TagName.check(tag, "tag") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var version = try session.resolve(revision, in: repository)
    let added = (tags + add).flatMap { TagName.split($0) }
    if !added.isEmpty || !remove.isEmpty {
      for tag in remove {
        if version.snapshot.tags.contains(tag) {
          throw SnapFault(.refused, "tag '\(tag)' was given on saving \(version.snapshot.version) and stays")
        }
        guard version.labels.tags.contains(tag) else {
          throw SnapFault(.notFound, "\(version.snapshot.version) has no tag '\(ArgumentText.display(tag))'")
        }
      }
      version.labels.tags.removeAll { remove.contains($0) }
      for tag in added where !version.tags.contains(tag) { version.labels.tags.append(tag) }
      version.labels.tags.sort()
      try repository.setLabels(version.labels, of: version.snapshot.id)
      let words = added.map { "+\($0)" } + remove.map { "-\($0)" }
      try OperationLog.append(
        .tag, "\(version.snapshot.version): \(words.joined(separator: " "))", [version.snapshot.id], in: repository)
      if !session.isJSON {
        session.console.note("tags of \(version.snapshot.version): \(version.tags.joined(separator: ", "))")
        return nil
      }
    }
    if session.isJSON {
      try session.json(LabelsJSON.object(of: version))
    } else {
      for tag in version.tags { try session.output.line(tag) }
    }
    return nil
  }
}

/// What a tag may be.
enum TagName {
  /// - Throws: `SnapFault` `.usage`.
  static func check(_ text: String, _ option: String) throws(SnapFault) {
    let isBad =
      split(text).isEmpty
      || text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0.value >= 0x10_FF00 }
    if isBad { throw SnapFault(.usage, "\(option): '\(ArgumentText.display(text))' is not a tag") }
  }

  /// `a,b` are two tags, as with restic.
  static func split(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
}

/// The labels of a version as one object.
enum LabelsJSON {
  static func object(of version: ListedSnapshot) -> JSONObject {
    JSONObject([
      "message_type": "labels", "version": .string(version.snapshot.version),
      "snapshot_id": .string(version.snapshot.id.hexadecimal), "tags": .strings(version.tags),
      "note": .string(version.labels.note),
      "holds": .object(
        version.labels.holds.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
      "suspect": .string(version.labels.suspect),
    ])
  }
}

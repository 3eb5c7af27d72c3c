import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct ListCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the versions, oldest first.",
    discussion: """
      On a terminal a table: name, when, git commit (* = dirty), logical size, bytes added, bytes that deleting the \
      version alone would free, note. In a pipe one line a version with these columns between tabs: version, id, time, \
      commit, logical bytes, bytes added, bytes freed, tags, note.
      """,
    aliases: ["snapshots", "versions"])
  static let page = HelpPage(
    [
      "snap list": "all versions",
      "snap list --last 5": "the newest five",
      "snap list --tag prod --json": "as JSON, one array",
      "snap list | cut -f1": "only the names",
    ], statuses: [10: "no repository", 13: "a record is damaged, so that not all is listed"])

  @Option(help: ArgumentHelp("Only versions with this tag; several times: with any of them.", valueName: "tag"))
  var tag: [String] = []

  @Option(help: ArgumentHelp("Only the newest n.", valueName: "n"))
  var last: WholeNumber?

  @OptionGroup var global: GlobalOptions

  /// Empty when a damaged manifest keeps it from being known: the list must not depend on that.
  private func exclusiveBytes(_ repository: Repository, _ session: Session) throws -> [SnapshotID: UInt64] {
    do {
      return try repository.exclusiveBytes()
    } catch let fault as SnapFault where fault.code == .damage {
      session.console.warn("what each version takes is unknown: \(fault.message); run snap verify")
      return [:]
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var versions = try repository.snapshots()
    if !tag.isEmpty { versions = versions.filter { version in tag.contains { version.tags.contains($0) } } }
    if let last { versions = Array(versions.suffix(last.value)) }
    let exclusive = versions.isEmpty ? [:] : try exclusiveBytes(repository, session)
    if session.isJSON {
      let objects = versions.map { JSONValue.object($0.json(exclusiveBytes: exclusive[$0.snapshot.id])) }
      try session.output.line(JSONValue.array(objects).text)
    } else if session.output.isTerminal {
      try session.output.write(Self.table(versions, exclusive).aligned.utf8)
      if versions.isEmpty { session.console.note("no versions yet; snap save makes one") }
    } else {
      for version in versions { try session.output.line(Self.line(version, exclusive)) }
    }
    // What is printed is not all there is.
    return repository.hasUnreadableRecords ? .damage : nil
  }

  private static func table(_ versions: [ListedSnapshot], _ exclusive: [SnapshotID: UInt64]) -> Table {
    var table = Table([
      .init(title: "VERSION"), .init(title: "SAVED"), .init(title: "COMMIT"), .init(title: "SIZE", alignment: .right),
      .init(title: "ADDED", alignment: .right), .init(title: "FREES", alignment: .right), .init(title: "NOTE"),
    ])
    for version in versions {
      let snapshot = version.snapshot
      table.append([
        snapshot.version, TimeText.minute(snapshot), snapshot.git?.shortText ?? "",
        formatted(byteCount: snapshot.statistics.bytesLogical), formatted(byteCount: snapshot.statistics.bytesStored),
        exclusive[snapshot.id].map { formatted(byteCount: $0) } ?? "?", Self.remark(version),
      ])
    }
    return table
  }

  private static func line(_ version: ListedSnapshot, _ exclusive: [SnapshotID: UInt64]) -> String {
    let snapshot = version.snapshot
    let cells = [
      snapshot.version, snapshot.id.short,
      snapshot.created.rfc3339(utcOffsetSeconds: snapshot.utcOffsetSeconds, fraction: false),
      snapshot.git?.shortText ?? "", String(snapshot.statistics.bytesLogical),
      String(snapshot.statistics.bytesStored), exclusive[snapshot.id].map(String.init) ?? "",
      version.tags.joined(separator: ","), version.labels.note.isEmpty ? snapshot.message : version.labels.note,
    ]
    return cells.map { cell in
      displayText(cell.map { $0.isNewline || $0 == "\t" ? " " : String($0) }.joined().utf8)
    }.joined(separator: "\t")
  }

  /// The note, else the message, with what else there is to know in front; one line.
  private static func remark(_ version: ListedSnapshot) -> String {
    var parts: [String] = []
    if !version.labels.suspect.isEmpty { parts.append("SUSPECT") }
    if !version.labels.holds.isEmpty { parts.append("[held]") }
    parts += version.tags.map { "#\($0)" }
    let text = version.labels.note.isEmpty ? version.snapshot.message : version.labels.note
    if let line = text.split(whereSeparator: \.isNewline).first { parts.append(displayText(line.utf8)) }
    return parts.joined(separator: " ")
  }
}

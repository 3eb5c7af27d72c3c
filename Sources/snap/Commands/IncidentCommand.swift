import ArgumentParser
import Repositories
import SnapshotModel

struct IncidentCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "incident", abstract: "List the restores of an emergency, or print the report of one.",
    discussion: """
      restore --incident keeps a record of a restore: who, when, from which version, what, how long, with what result. \
      The report is Markdown: the facts, and a timeline of what was done to the repository from a day before the restore \
      to a day after it.
      """)
  static let page = HelpPage(
    [
      "snap incident": "all of them, oldest first", "snap incident latest > incident.md": "the report of the newest",
      "snap incident 3f9c": "of the one whose id begins so",
    ], statuses: [10: "no repository", 21: "no such incident"])

  @Argument(help: ArgumentHelp("Which: digits of its id, or latest.", valueName: "id"))
  var id: String?

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let all = try OperationLog.incidents(in: repository).map { IncidentReport($0.operation, $0.incident, repository) }
    guard let id else {
      try list(all, session)
      return nil
    }
    let report = try Self.find(id, in: all)
    if session.isJSON { try session.json(report.json) } else { try session.output.write(report.markdown().utf8) }
    return nil
  }

  private static func find(_ text: String, in all: [IncidentReport]) throws -> IncidentReport {
    let typed = text.lowercased()
    let matching = typed == "latest" ? all.suffix(1) : all.filter { $0.incident.id.hexadecimal.hasPrefix(typed) }[...]
    guard let first = matching.first, !typed.isEmpty else {
      throw SnapFault(
        .notFound, "no incident matches '\(ArgumentText.display(text))'", hint: "snap incident lists them")
    }
    guard matching.count == 1 else {
      let ids = matching.map(\.incident.id.short).joined(separator: ", ")
      throw SnapFault(.notFound, "'\(typed)' matches \(matching.count) incidents: \(ids)")
    }
    return first
  }

  private func list(_ all: [IncidentReport], _ session: Session) throws {
    if session.isJSON { return try all.forEach { try session.json($0.json) } }
    guard session.output.isTerminal else {
      return try session.output.write(
        Self.table(all, time: { $0.incident.began.rfc3339(fraction: false) }).tabSeparated.utf8)
    }
    if all.isEmpty { return session.console.note("no incidents; snap restore REV --incident TEXT records one") }
    let table = Self.table(all) {
      TimeText.minute($0.incident.began, utcOffsetSeconds: utcOffsetSeconds(at: $0.incident.began))
    }
    try session.output.write(table.aligned.utf8)
  }

  private static func table(_ all: [IncidentReport], time: (IncidentReport) -> String) -> Table {
    var table = Table(["ID", "WHEN", "WHO", "RESTORED", "RESULT", "WHAT HAD HAPPENED"].map { .init(title: $0) })
    for report in all {
      table.append([
        report.incident.id.short, time(report), displayText(report.incident.user.utf8), report.incident.version,
        report.incident.outcome.words,
        displayText(report.text.utf8),
      ])
    }
    return table
  }
}

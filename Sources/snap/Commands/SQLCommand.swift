import ArgumentParser
import Repositories
import SnapshotModel

struct SQLCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Ask about versions, files and runs in SQL.",
    discussion: """
      The views are versions, snapshots, files, changes and runs; without a query their columns are listed. A row is a \
      line, its values between tabs. Nothing can be changed: the tables are made in memory for the one query. The \
      dialect is SQLite's.
      """)
  static let page = HelpPage(
    [
      "snap sql": "the views and their columns",
      "snap sql 'SELECT version, bytes_added FROM versions ORDER BY 2 DESC LIMIT 5'": "which versions took most",
      "snap sql \"SELECT version, size FROM files WHERE path = 'db/app.sql'\"": "how a file has grown",
      "snap sql \"SELECT path, count(*) n FROM changes WHERE change = 'modified' GROUP BY 1 ORDER BY n DESC\"":
        "what changes most often",
    ],
    statuses: [10: "no repository", 13: "a damaged version cannot be read"])

  @Argument(help: ArgumentHelp("The query; - reads it from standard input.", valueName: "query")) var query: String?

  @Option(help: ArgumentHelp("End the query, with 1, when it takes longer.", valueName: "duration"))
  var maxDuration: DurationArgument?

  @Flag(help: "Print the names of the columns first.") var header = false

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    guard let query else {
      try listViews(session)
      return nil
    }
    let text = query == "-" ? try FileSystemPath.contents(of: Array("-".utf8)) : ArgumentText.encode(query)
    guard let sql = String(validating: text, as: UTF8.self), !sql.contains("\0") else {
      throw SnapFault(.usage, "sql: the query is not UTF-8")
    }
    let repository = try session.openRepository()
    var isFirst = true
    let isLate = Self.deadline(maxDuration)
    let names: [String]
    do {
      names = try RepositoryQuery(repository).forEachRow(of: sql, shouldStop: isLate) { names, values in
        if session.isJSON { return try session.json(Self.json(names, values)) }
        if isFirst, header { try session.output.line(names.joined(separator: "\t")) }
        isFirst = false
        try session.output.line(values.map(Self.text).joined(separator: "\t"))
      }
    } catch  where isLate() {
      throw SnapFault(
        .failed,
        "the query took longer than \(maxDuration?.duration.spelledOut ?? "allowed"); what is printed is a part")
    }
    if isFirst, header, !session.isJSON { try session.output.line(names.joined(separator: "\t")) }
    return nil
  }

  /// Whether the time is over, by a clock that nobody sets.
  private static func deadline(_ limit: DurationArgument?) -> () -> Bool {
    guard let limit else { return { false } }
    let end = monotonicSeconds() + Double(limit.duration.seconds(before: currentTime()))
    return { monotonicSeconds() >= end }
  }

  private func listViews(_ session: Session) throws {
    for view in RepositoryQuery.views {
      if session.isJSON {
        try session.json(
          JSONObject([
            "message_type": "view", "name": .string(view.name), "columns": .strings(view.columns),
          ]))
      } else {
        try session.output.line("\(view.name)\t\(view.columns.joined(separator: ", "))")
      }
    }
  }

  /// Of a value that spans lines or holds a tab the control characters are escaped: a row is a line.
  private static func text(_ value: QueryValue) -> String {
    switch value {
    case .null: ""
    case .integer(let number): String(number)
    case .real(let number): "\(number)"
    case .text(let text): displayText(text.utf8)
    case .bytes(let bytes): hexadecimal(bytes)
    }
  }

  private static func json(_ names: [String], _ values: [QueryValue]) -> JSONObject {
    var row = JSONObject()
    for (at, (name, value)) in zip(names, values).enumerated() {
      // Of several columns of one name each is there, as SQLite tells them apart: id, id:1.
      let earlier = names[..<at].count { $0 == name }
      row[earlier == 0 ? name : "\(name):\(earlier)"] =
        switch value {
        case .null: .null
        case .integer(let number): .integer(number)
        case .real(let number): .number(number)
        case .text(let text): .string(text)
        case .bytes(let bytes): .string(base64(bytes))
        }
    }
    return JSONObject(["message_type": "row", "row": .object(row)])
  }
}

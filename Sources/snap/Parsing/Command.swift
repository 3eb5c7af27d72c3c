import ArgumentParser
import SnapshotModel

/// One command: what it takes, what its help ends with, and what it does.
protocol Command: ParsableCommand {
  static var page: HelpPage { get }
  var global: GlobalOptions { get }

  /// Refuses arguments that do not go together.
  ///
  /// - Throws: `SnapFault` `.usage`.
  func check() throws

  /// - Returns: why the process does not end with 0 although nothing failed; `nil` when it does.
  func run(in session: Session) throws -> FaultCode?
}

extension Command {
  func check() throws {}

  static var name: String { configuration.commandName ?? "" }
}

/// What the help of a command ends with.
struct HelpPage {
  struct Example {
    var line: String
    var meaning: String
  }

  var examples: [Example]
  /// Beside 0, 1, 2 and the faults that any command can meet.
  var statuses: [(code: Int32, meaning: String)]

  init(_ examples: KeyValuePairs<String, String>, statuses: KeyValuePairs<Int32, String> = [:]) {
    self.examples = examples.map { Example(line: $0.key, meaning: $0.value) }
    self.statuses = statuses.map { ($0.key, $0.value) }
  }

  var allStatuses: [(code: Int32, meaning: String)] {
    [(0, "done"), (1, "failed, repository unchanged"), (2, "wrong usage")] + statuses
  }

  var text: String {
    let width = (examples.map(\.line.count).max() ?? 0) + 2
    let lines = examples.map { example in
      "  " + example.line + String(repeating: " ", count: width - example.line.count) + example.meaning
    }
    let codes = allStatuses.map { "  " + String(repeating: " ", count: $0.0 < 10 ? 1 : 0) + "\($0.0)  \($0.1)" }
    return "EXAMPLES:\n" + lines.joined(separator: "\n") + "\n\nEXIT STATUS:\n" + codes.joined(separator: "\n") + "\n"
  }
}

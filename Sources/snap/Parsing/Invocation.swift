import ArgumentParser
import SnapshotModel

/// What was typed, taken apart as far as the command's name.
struct Invocation {
  /// Global flags that stood before the name.
  var leading: [String] = []
  var name: String?
  var rest: [String] = []
  var wantsHelp = false

  static let terminatedWordsOption = "terminated-word-count"

  /// Commands to which the words after `--` are another command line.
  private static let commandsWithTail: [any Command.Type] = [SaveCommand.self, GuardCommand.self, ScheduleCommand.self]

  var wantsVersion = false

  /// - Throws: `SnapFault` `.usage` for an option before the name that is no global one.
  init(_ arguments: [String]) throws(SnapFault) {
    var remaining = arguments[...]
    while let word = remaining.popFirst() {
      if GlobalOptions.valueFlags.contains(word) {
        guard let value = remaining.popFirst() else { throw SnapFault(.usage, "\(word) needs a value") }
        leading += [word, value]
      } else if GlobalOptions.plainFlags.contains(word) || Self.isJoined(word) {
        leading.append(word)
      } else if word.hasPrefix("-C"), word.count > 2 {
        leading += ["-C", String(word.dropFirst(2))]
      } else if word == "--help" || word == "-h" {
        wantsHelp = true
      } else if word == "--version" || word == "-V" {
        wantsVersion = true
      } else if word.hasPrefix("-"), word.count > 1 {
        let known = GlobalOptions.valueFlags + GlobalOptions.plainFlags + ["--help", "--version"]
        let nearest = nearestName(to: word, among: known.sorted().filter { $0.hasPrefix("--") })
        let suggestion = nearest.map { " (did you mean '\($0)'?)" } ?? ""
        throw SnapFault(
          .usage, "unknown option '\(ArgumentText.display(word))'\(suggestion)", hint: "snap --help lists the commands")
      } else {
        name = word
        rest = Array(remaining)
        break
      }
    }
    // What follows `--` may be another program's command line.
    let own = rest.prefix { $0 != "--" }
    if own.contains("--help") || own.contains("-h") { wantsHelp = true }
  }

  /// `--repo=PATH` and its like.
  static func isJoined(_ word: String) -> Bool {
    GlobalOptions.valueFlags.contains { $0.hasPrefix("--") && word.hasPrefix($0 + "=") }
  }

  /// The command that is meant.
  ///
  /// - Throws: `SnapFault` `.usage` that suggests the nearest name.
  func commandType(named name: String) throws(SnapFault) -> any Command.Type {
    if let type = SnapRoot.command(named: name) { return type }
    let nearest = nearestName(to: name, among: SnapRoot.allNames)
    let suggestion = nearest.map { " (did you mean '\($0)'?)" } ?? ""
    throw SnapFault(
      .usage, "unknown command '\(ArgumentText.display(name))'\(suggestion)",
      hint: nearest == nil ? "snap --help lists the commands" : nil)
  }

  /// - Throws: `SnapFault` `.usage` in this program's words.
  func parse(_ type: any Command.Type) throws(SnapFault) -> any Command {
    do {
      let command = try type.parse(
        leading + (Self.commandsWithTail.contains { $0 == type } ? restWithCount : rest))
      try command.check()
      return command
    } catch let fault as SnapFault {
      throw fault
    } catch {
      throw UsageMessage.fault(type.message(for: error), for: type.name)
    }
  }

  /// `rest` with the number of words after `--`, which the commands with another command line behind them need to know.
  private var restWithCount: [String] {
    guard let terminator = rest.firstIndex(of: "--") else { return rest }
    let count = rest.count - terminator - 1
    return rest[..<terminator] + ["--\(Self.terminatedWordsOption)=\(count)"] + rest[terminator...]
  }
}

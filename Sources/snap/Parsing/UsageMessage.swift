import SnapshotModel

/// Puts the argument parser's complaints into this program's words: one line, lower case, the option first.
///
/// The parser's errors are internal types; their text is all that can be had. `UsageMessageTests` meets each kind, so a
/// new version of the parser that words them differently is noticed.
enum UsageMessage {
  static func fault(_ message: String, for command: String) -> SnapFault {
    let line = message.split(separator: "\n").first.map(String.init) ?? "wrong usage"
    let quoted = quotedParts(of: line)
    let hint = "snap \(command) --help"
    func fault(_ text: String, hint: String? = nil) -> SnapFault { SnapFault(.usage, text, hint: hint) }

    if line.hasPrefix("Unknown option"), let option = quoted.first {
      let suggestion = quoted.count > 1 ? " (did you mean '\(quoted[1])'?)" : ""
      return fault("unknown option '\(option)' for \(command)\(suggestion)", hint: quoted.count > 1 ? nil : hint)
    }
    if line.hasPrefix("Missing value for"), let option = quoted.first {
      return fault("\(firstWord(option)) needs a value")
    }
    if line.hasPrefix("Missing expected argument"), let argument = quoted.first {
      return fault("\(command) needs \(argument)", hint: hint)
    }
    if line.hasPrefix("The option"), line.contains("does not take any value"), let option = quoted.first {
      return fault("\(option) takes no value")
    }
    if line.hasPrefix("The value"), quoted.count >= 2 { return fault(invalidValue(message, quoted)) }
    if line.hasPrefix("Unexpected argument") || line.contains("unexpected arguments:"), let argument = quoted.first {
      return fault("unexpected argument '\(argument)' for \(command)", hint: hint)
    }
    return fault(line.prefix(1).lowercased() + line.dropFirst().filter { $0 != "\r" }, hint: hint)
  }

  /// `--keep-last: '3x' is not a whole number`.
  private static func invalidValue(_ message: String, _ quoted: [String]) -> String {
    let option = firstWord(quoted[1])
    let shown = option.hasPrefix("<") ? option.filter { !"<>".contains($0) } : option
    if message.contains("Please provide one of") {
      // Some choices stand in the line, between quotes; more of them below it, one a line.
      let listed = message.split(separator: "\n").compactMap { $0.wholeMatch(of: /\s*- (.+)/).map { String($0.1) } }
      let choices = quoted.count > 2 ? Array(quoted.dropFirst(2)) : listed
      return "\(shown): '\(quoted[0])' is not one of \(choices.joined(separator: ", "))"
    }
    let noun: String =
      switch quoted[1].split(separator: "<").last?.dropLast() {
      case "n": "a whole number"
      case "duration": "a duration (like 1y5m7d2h)"
      case "size": "a size (like 10M)"
      case "time": "a date or time (like 2026-11-21 09:34:00)"
      case "subset": "a part (n/t), a percentage (x%) or a size"
      default: "valid here"
      }
    return "\(shown): '\(quoted[0])' is not \(noun)"
  }

  private static func firstWord(_ text: String) -> String { String(text.prefix { $0 != " " }) }

  /// What stands between single quotes, made printable.
  private static func quotedParts(of line: String) -> [String] {
    var parts: [String] = []
    var rest = line[...]
    while let open = rest.firstIndex(of: "'") {
      let after = rest.index(after: open)
      // A value may hold quotes itself: its end is the quote before a blank, a full stop or the end.
      var end = rest[after...].firstIndex(of: "'")
      while let at = end {
        let next = rest.index(after: at)
        if next == rest.endIndex || " .,?:".contains(rest[next]) { break }
        end = rest[next...].firstIndex(of: "'")
      }
      guard let end else { break }
      parts.append(ArgumentText.display(rest[after..<end]))
      rest = rest[rest.index(after: end)...]
    }
    return parts
  }
}

import SnapshotModel

/// What people call a version: a name that every place which takes a revision can tell from the rest of its grammar.
package struct VersionName: Hashable, Sendable {
  package let text: String

  /// 200 bytes: longer ones do not fit a line, and a file system name ends at 255.
  package static let byteCountMax = 200

  /// - Throws: `SnapFault` `.usage` that says which rule the name breaks.
  package init(_ text: String) throws(SnapFault) {
    guard let fault = Self.fault(in: text) else {
      self.text = text
      return
    }
    throw SnapFault(.usage, "'\(displayText(text.utf8))' cannot be a version name: \(fault)")
  }

  /// `2026-11-21T09-34-00Z`: a time as a name that also works as a file name everywhere.
  package init(time: Timestamp) { text = Self.text(of: time) }

  /// `before-restore-2026-11-21T09-34-00Z`: what an in-place restore saves first.
  package init(safetyAt time: Timestamp) { text = "before-restore-" + Self.text(of: time) }

  /// `before-npm-2026-11-21T09-34-00Z`: what `guard` saves first.
  ///
  /// - Parameter program: as typed; of a path its last component counts, and of that letters, digits, `_`, `+` and `-`.
  package init(before program: String, at time: Timestamp) {
    let name = (program.split(separator: "/").last ?? "").prefix(60).map { character in
      character.isASCII && (character.isLetter || character.isNumber || "_+-".contains(character)) ? character : "-"
    }
    text = "before-\(name.isEmpty ? "command" : String(name))-\(Self.text(of: time))"
  }

  private init(unchecked text: String) { self.text = text }

  /// The name with `-2`, `-3`… behind it: for a default name that is taken.
  package func numbered(_ number: Int) -> VersionName { VersionName(unchecked: "\(text)-\(number)") }

  private static func text(of time: Timestamp) -> String {
    time.rfc3339(fraction: false).map { $0 == ":" ? "-" : String($0) }.joined()
  }

  private static func fault(in text: String) -> String? {
    if text.isEmpty { return "it is empty" }
    if text.utf8.count > byteCountMax { return "it is longer than \(byteCountMax) bytes" }
    if text == "latest" { return "'latest' always means the newest version" }
    if let first = text.first, "-.@~ ".contains(first) { return "it begins with '\(first)'" }
    if text.last == " " { return "it ends with a blank" }
    if text.contains("/") { return "it holds '/'" }
    if text.contains("~") { return "it holds '~'" }
    if zip(text, text.dropFirst()).contains(where: { $0 == ("." as Character, "." as Character) }) {
      return "it holds '..'"
    }
    for prefix in ["tag:", "commit:", "branch:"] where text.hasPrefix(prefix) { return "'\(prefix)' is a prefix" }
    let hasControl = text.unicodeScalars.contains { scalar in
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value >= 0x10FF00
    }
    return hasControl ? "it holds a control character or is not UTF-8" : nil
  }
}

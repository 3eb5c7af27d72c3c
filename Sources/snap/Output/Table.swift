import SnapshotModel

/// Rows of text in columns: aligned for people, separated by tabs for programs.
struct Table {
  enum Alignment {
    case left, right
  }

  struct Column {
    var title: String
    var alignment = Alignment.left
  }

  var columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// - Parameter cells: one text for each column.
  mutating func append(_ cells: [String]) { rows.append(cells) }

  /// With a head, two blanks between columns, none at the end of a line.
  var aligned: String {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { Self.width($0[column]) }.max() ?? 0 }
    return all.map { cells in
      var line = ""
      for (at, cell) in cells.enumerated() {
        let blanks = String(repeating: " ", count: widths[at] - Self.width(cell))
        line += (at == 0 ? "" : "  ") + (columns[at].alignment == .left ? cell + blanks : blanks + cell)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// Without a head; a tab or newline inside a cell becomes a blank.
  var tabSeparated: String {
    rows.map { cells in
      cells.map { $0.map { "\t\n\r".contains($0) ? " " : String($0) }.joined() }.joined(separator: "\t") + "\n"
    }.joined()
  }

  /// Columns of the terminal that `text` takes, near enough: wide characters count twice.
  static func width(_ text: String) -> Int {
    if text.utf8.count == text.unicodeScalars.count { return text.utf8.count }
    return text.reduce(0) { width, character in
      let value = character.unicodeScalars.first?.value ?? 0
      let isWide =
        (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
        || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
        || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
      return width + (isWide ? 2 : 1)
    }
  }
}

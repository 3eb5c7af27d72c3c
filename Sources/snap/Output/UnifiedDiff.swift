/// A unified diff of two files in git's form, so that `git apply` and `patch -p1` take it.
enum UnifiedDiff {
  /// Equal lines around a change.
  private static let contextCount = 3

  /// The hunks; empty when the texts are equal.
  ///
  /// - Parameter shown: what is written of lines, once they are compared: as many.
  static func hunks(
    _ old: [UInt8], _ new: [UInt8], shown: ([ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] = { $0 }
  ) -> [UInt8] {
    var (a, b) = (lines(old), lines(new))
    let matches = LineDiff.matches(a, b) + [LineDiff.Match(old: a.count, new: b.count, count: 0)]
    (a, b) = (shown(a), shown(b))
    var output: [UInt8] = []
    var hunk = Hunk()
    var (x, y) = (0, 0)
    for match in matches {
      let hasChange = x < match.old || y < match.new
      if hasChange {
        if hunk.isEmpty { hunk = Hunk(old: x, new: y) }
        for at in x..<match.old { hunk.add("-", a[at]) }
        for at in y..<match.new { hunk.add("+", b[at]) }
      }
      let isLast = match.old + match.count == a.count && match.new + match.count == b.count
      if !hunk.isEmpty, match.count > 2 * contextCount || isLast {
        for at in 0..<min(contextCount, match.count) { hunk.add(" ", a[match.old + at]) }
        output += hunk.text
        hunk = Hunk()
      } else if !hunk.isEmpty {
        for at in 0..<match.count { hunk.add(" ", a[match.old + at]) }
      }
      (x, y) = (match.old + match.count, match.new + match.count)
      if hunk.isEmpty, !isLast, match.count > 0 {
        let before = min(contextCount, match.count)
        hunk = Hunk(old: x - before, new: y - before)
        for at in (match.count - before)..<match.count { hunk.addContext(a[match.old + at]) }
      }
    }
    return output
  }

  /// Whether it is text: no NUL in the first 8,000 bytes, which is git's own test.
  static func isBinary(_ bytes: [UInt8]) -> Bool { bytes.prefix(8000).contains(0) }

  /// Each with its newline, which the last one may lack.
  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (at, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(bytes[start...at])
      start = at + 1
    }
    if start < bytes.count { lines.append(bytes[start...]) }
    return lines
  }

  private struct Hunk {
    private var old = 0
    private var new = 0
    private var oldCount = 0
    private var newCount = 0
    private var body: [UInt8] = []
    /// Context alone makes no hunk.
    private var hasChange = false

    init() {}

    init(old: Int, new: Int) {
      (self.old, self.new) = (old, new)
      hasContext = true
    }

    private var hasContext = false

    var isEmpty: Bool { !hasContext }

    mutating func addContext(_ line: ArraySlice<UInt8>) { add(" ", line) }

    mutating func add(_ mark: Character, _ line: ArraySlice<UInt8>) {
      if mark != "+" { oldCount += 1 }
      if mark != "-" { newCount += 1 }
      if mark != " " { hasChange = true }
      body += Array(String(mark).utf8) + line
      if line.last != UInt8(ascii: "\n") { body += Array("\n\\ No newline at end of file\n".utf8) }
    }

    var text: [UInt8] {
      guard hasChange else { return [] }
      // An empty side begins at the line before, as diff has it.
      func range(_ start: Int, _ count: Int) -> String {
        "\(count == 0 ? start : start + 1)\(count == 1 ? "" : ",\(count)")"
      }
      return Array("@@ -\(range(old, oldCount)) +\(range(new, newCount)) @@\n".utf8) + body
    }
  }
}

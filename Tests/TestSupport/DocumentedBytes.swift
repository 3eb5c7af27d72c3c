import Foundation

/// The worked examples of `docs/format`, so that tests hold code and pages together.
package enum DocumentedBytes {
  /// Reads the block that a page opens with three backticks, `hex` and `name`.
  ///
  /// A line is an offset in hexadecimal, two blanks, bytes with one blank between, two blanks, words.
  ///
  /// - Throws: when there is no such block, or an offset is not where its bytes stand.
  package static func hex(_ name: String, page: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for line in try block("hex " + name, page: page).split(separator: "\n") {
      let columns = line.split(separator: "  ", maxSplits: 2).map(String.init)
      guard columns.count >= 2, Int(columns[0], radix: 16) == bytes.count else {
        throw UnreadableExample(page: page, line: String(line))
      }
      for digits in columns[1].split(separator: " ") {
        guard digits.count == 2, let byte = UInt8(digits, radix: 16) else {
          throw UnreadableExample(page: page, line: String(line))
        }
        bytes.append(byte)
      }
    }
    return bytes
  }

  /// Reads the block that a page opens with three backticks and `heading`, as it stands.
  package static func block(_ heading: String, page: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.deletingLastPathComponent().appending(path: "docs/format/" + page)
    let text = try String(contentsOf: file, encoding: .utf8)
    guard let start = text.range(of: "```" + heading + "\n"),
      let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
    else { throw UnreadableExample(page: page, line: "```" + heading) }
    return String(text[start.upperBound..<end.lowerBound])
  }
}

/// An example that is missing or not written as it should be.
package struct UnreadableExample: Error, CustomStringConvertible {
  package let page: String
  package let line: String

  package var description: String { "docs/format/\(page): \(line)" }
}

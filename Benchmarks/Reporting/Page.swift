import Foundation

/// A document whose part between two marks is written by this program.
struct Page {
  let file: URL

  /// - Parameter name: of the marks, `<!-- NAME: begin -->` and `<!-- NAME: end -->`, each on a line of its own.
  func replacePart(_ name: String, with text: String) throws {
    let page = try String(contentsOf: file, encoding: .utf8)
    let (begin, end) = ("<!-- \(name): begin -->\n", "<!-- \(name): end -->\n")
    guard let start = page.range(of: begin), let stop = page.range(of: end), start.upperBound <= stop.lowerBound else {
      throw BenchmarkError("\(file.path) has no marks for \(name)")
    }
    let changed = page.replacingCharacters(in: start.upperBound..<stop.lowerBound, with: "\n" + text + "\n")
    try changed.write(to: file, atomically: true, encoding: .utf8)
  }
}

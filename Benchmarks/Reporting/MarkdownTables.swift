import Foundation

/// The figures as tables in Markdown.
enum MarkdownTables {
  static func text(_ comparison: Comparison) -> String {
    var lines = [
      "**\(comparison.data)**: time of `snap` / time of the other, median of \(comparison.rounds.count) interleaved rounds",
      "",
    ]
    let rows = Operation.allCases.map { ($0, comparison.standards(of: $0)) }.filter { !$0.1.isEmpty }
    let programs = ordered(rows.flatMap { $0.1 }.filter(\.isProgram))
    lines += table(
      ["operation"] + programs.map(\.title) + ["floor"],
      rows.map { operation, standards in
        let floors = standards.filter { !$0.isProgram }.compactMap { floor in
          comparison.timeRatio(operation, to: floor).map { "\(number($0)) × \(floor.title)" }
        }
        return [operation.rawValue]
          + programs.map { comparison.timeRatio(operation, to: $0).map(number) ?? "" } + [
            floors.joined(separator: "<br>")
          ]
      })
    let peaks = ([Round.snap] + programs).map { "\($0.title) \(comparison.peakBytes(of: $0.title) >> 20) MiB" }
    return (lines + ["", "Peak memory of any operation: \(peaks.joined(separator: ", ")).", ""]).joined(separator: "\n")
  }

  /// One row for each data set.
  static func sizes(_ comparisons: [Comparison]) -> String {
    let others = ordered(
      comparisons.flatMap { $0.rounds.first?.sizes.keys.sorted() ?? [] }.filter { $0 != ProgramKind.snap.rawValue })
    func cell(_ comparison: Comparison, _ program: String, ownCompacted: Bool) -> String {
      // What git leaves after its own compaction is what it is known for; the others have none.
      comparison.sizeRatio(to: program, compacted: (ownCompacted, true)).map { number($0, digits: 3) } ?? ""
    }
    return table(
      ["store of all versions"] + others.map { $0 == ProgramKind.git.rawValue ? "`git gc --aggressive`" : $0 }
        + others.map { "after `snap gc`: \($0)" },
      comparisons.map { comparison in
        [comparison.data] + others.map { cell(comparison, $0, ownCompacted: false) }
          + others.map { cell(comparison, $0, ownCompacted: true) }
      }
    ).joined(separator: "\n") + "\n"
  }

  static func text(_ parts: [Part]) -> String {
    table(["step, one core", "time / that of", ""], parts.map { [$0.name, number($0.ratio), $0.floor] })
      .joined(separator: "\n") + "\n"
  }

  /// - Parameter unit: `files`, `versions`.
  static func text(_ growths: [Growth], unit: String) -> String {
    let sizes = growths.first?.points.map(\.size) ?? []
    return table(
      ["time an item, by \(unit)"] + sizes.map { $0.formatted(.number.locale(Locale(identifier: "en_US_POSIX"))) },
      growths.map { growth in
        [growth.operation]
          + zip(growth.timeGrowth, growth.points).map { "\(number($0)) (\($1.cost.peakBytes >> 20) MiB)" }
      }
    ).joined(separator: "\n") + "\n"
  }

  static func text(_ points: [IndexGrowth.Point]) -> String {
    table(
      ["chunks in the index", "bytes a chunk", "time an insert", "time a known and an unknown look-up", "peak memory"],
      points.map {
        [
          String($0.chunkCount), number($0.bytesPerChunk), number($0.insertGrowth), number($0.lookupGrowth),
          "\($0.peakBytes >> 20) MiB",
        ]
      }
    ).joined(separator: "\n") + "\n"
  }

  static func number(_ value: Double) -> String {
    number(value, digits: value < 0.1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)
  }

  static func number(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

  private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
    [line(head), "|" + String(repeating: "---|", count: head.count)] + rows.map(line)
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }

  private static func ordered<Element: Hashable>(_ all: [Element]) -> [Element] {
    var seen: Set<Element> = []
    return all.filter { seen.insert($0).inserted }
  }
}

extension Standard {
  var isProgram: Bool { if case .program = self { true } else { false } }
}

import ArgumentParser
import Foundation

/// Measures `snap` beside other programs and beside the least that its work can take.
@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tools/bench", abstract: "Measures snap beside other programs, interleaved, and prints ratios.",
    discussion: """
      Below 1 snap is faster or smaller. All that is compared is measured in the same round, with warm caches, in an order that is shuffled \
      each round. With --write the tables and charts replace those in docs/benchmarks.md.
      """,
    subcommands: [Compare.self, Parts.self, Scale.self], defaultSubcommand: Compare.self)
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "Put the tables and charts into docs/benchmarks.md.") var write = false

  /// - Parameter part: the marks' name.
  func put(_ text: String, part: String, charts: [(file: String, svg: String)]) throws {
    print(text)
    guard write else { return }
    let documents = URL(filePath: "docs")
    for chart in charts {
      try chart.svg.write(to: documents.appending(path: chart.file), atomically: true, encoding: .utf8)
    }
    let pictures = charts.map { "![\($0.file)](\($0.file))\n" }.joined(separator: "\n")
    try Page(file: documents.appending(path: "benchmarks.md")).replacePart(
      part, with: text + (pictures.isEmpty ? "" : "\n" + pictures))
  }

  static func progress(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Beside restic, borg, git, tar and cp.")

  @Option(help: "The snap to measure.") var snap = "snap"
  @Option(help: "A folder of data sets, each a folder of versions; without it data is made.") var data: String?
  @Option(parsing: .upToNextOption, help: "Data sets to time: names in --data, or project, export, small, large.")
  var sets: [String] = []
  @Option(parsing: .upToNextOption, help: "Data sets of which the stores' sizes alone are compared, once.")
  var sizeSets: [String] = []
  @Option(parsing: .upToNextOption, help: "Programs to compare with (default: those installed).") var peers: [String] =
    []
  @Option(help: "Rounds of each timed set.") var rounds = 5
  @Option(help: "A program that does nothing, linked statically.") var bareProgram: String?
  @Flag(help: "One round over small data, in less than three minutes.") var quick = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    unsafe Snap.path = snap.contains("/") ? URL(filePath: snap).path : snap
    let programs = try chosenPrograms()
    var comparisons: [Comparison] = []
    for (set, isTimed) in try dataSets() {
      comparisons.append(
        try Comparison(
          set, programs: programs, roundCount: quick ? 1 : rounds, isTimed: isTimed, bareProgram: bareProgram,
          progress: OutputOptions.progress))
    }
    let timed = comparisons.filter(\.isTimed)
    let text = ([heading(programs)] + timed.map { MarkdownTables.text($0) } + [MarkdownTables.sizes(comparisons)])
      .joined(separator: "\n")
    try output.put(text, part: "figures", charts: [("benchmarks.svg", chart(comparisons).svg)])
  }

  private func chosenPrograms() throws -> [ProgramKind] {
    let others = ProgramKind.allCases.filter { $0 != .snap }
    for name in peers where !others.map(\.rawValue).contains(name) {
      throw ValidationError("unknown program '\(name)': there are \(others.map(\.rawValue).joined(separator: ", "))")
    }
    return [.snap] + others.filter { peers.isEmpty ? Command.exists($0.rawValue) : peers.contains($0.rawValue) }
  }

  private func dataSets() throws -> [(any DataSet, isTimed: Bool)] {
    let timed =
      sets.isEmpty
      ? (data == nil ? (quick ? ["project", "export"] : ["project", "export", "small", "large"]) : []) : sets
    guard !timed.isEmpty || !sizeSets.isEmpty else { throw ValidationError("--data needs --sets, --size-sets or both") }
    return try timed.map { (try dataSet($0), true) } + sizeSets.map { (try dataSet($0), false) }
  }

  private func dataSet(_ name: String) throws -> any DataSet {
    if let data {
      // `exports-stamped`: of the folder `exports`, what has a time in its name; `exports-constant`: the rest;
      // `small-tree`: all of `small` as one tree, which is edited.
      let parts = name.split(separator: "-").map(String.init)
      let folder = URL(filePath: data).appending(path: parts[0])
      switch parts.count > 1 ? parts[1] : "" {
      case "": return try FolderOfVersions(folder, name: name)
      case "stamped": return try FolderOfVersions(folder, name: name) { $0.hasPrefix("backup-") }
      case "constant": return try FolderOfVersions(folder, name: name) { !$0.hasPrefix("backup-") }
      case "tree": return EditedTree(name: name, folder: folder)
      default: throw ValidationError("unknown data set '\(name)'")
      }
    }
    switch name {
    case "project": return quick ? ProjectReleases(fileCount: 400, releaseCount: 3) : ProjectReleases()
    case "export": return quick ? DailyExports(rowCount: 4_000, dayCount: 3) : DailyExports()
    case "small": return SmallFiles()
    case "large": return LargeFile()
    default:
      throw ValidationError("unknown data set '\(name)': without --data there are project, export, small and large")
    }
  }

  private func heading(_ programs: [ProgramKind]) -> String {
    let versions = programs.filter { $0 != .snap }.compactMap(\.version)
    let information = ProcessInfo.processInfo
    return
      "Beside \(versions.joined(separator: ", ")); \(information.activeProcessorCount) cores. Below 1 `snap` is faster or smaller.\n"
  }

  private func chart(_ comparisons: [Comparison]) -> BarChart {
    let operations: [Operation] = [.firstSave, .nextSaves, .unchangedSave, .list, .diff, .fullRestore, .verify]
    var groups = comparisons.filter(\.isTimed).map { comparison in
      (
        name: "\(comparison.data), time",
        bars: operations.flatMap { operation in
          comparison.standards(of: operation).filter(\.isProgram).compactMap { program in
            comparison.timeRatio(operation, to: program).map {
              BarChart.Bar(label: "\(operation.rawValue), \(program.title)", ratio: $0)
            }
          }
        }
      )
    }
    groups.append(
      (
        name: "size of the store",
        bars: comparisons.flatMap { comparison in
          (comparison.rounds.first?.sizes.keys.sorted() ?? []).filter { $0 != ProgramKind.snap.rawValue }.compactMap {
            program in
            comparison.sizeRatio(to: program, compacted: (false, true))
              .map { BarChart.Bar(label: "\(comparison.data), \(program)", ratio: $0) }
          }
        }
      ))
    return BarChart(title: "snap / the other (left of 1: snap is faster or smaller)", groups: groups)
  }
}

struct Parts: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Each step alone, against the least that it could cost.")

  @OptionGroup var output: OutputOptions

  func run() throws { try output.put(MarkdownTables.text(try Part.all()), part: "parts", charts: []) }
}

struct Scale: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "How time and memory grow with files, versions and chunks.")

  @Option(help: "The snap to measure.") var snap = "snap"
  @Option(parsing: .upToNextOption, help: "Files in a tree, ascending.") var files: [Int] = [10_000, 30_000, 100_000]
  @Option(parsing: .upToNextOption, help: "Versions in a repository, ascending.") var versions: [Int] = [
    100, 300, 1000,
  ]
  @Option(parsing: .upToNextOption, help: "Chunks in an index, ascending.") var chunks: [Int] = [
    100_000, 1_000_000, 4_000_000,
  ]
  @OptionGroup var output: OutputOptions

  func run() throws {
    unsafe Snap.path = snap.contains("/") ? URL(filePath: snap).path : snap
    let byFiles = try FileCountGrowth(sizes: files, progress: OutputOptions.progress).growths
    let byVersions = try VersionCountGrowth(sizes: versions, progress: OutputOptions.progress).growths
    let byChunks = try IndexGrowth(sizes: chunks, progress: OutputOptions.progress).points
    let text = [
      MarkdownTables.text(byFiles, unit: "files"), MarkdownTables.text(byVersions, unit: "versions"),
      MarkdownTables.text(byChunks),
    ]
    .joined(separator: "\n")
    func lines(_ growths: [Growth], _ value: (Growth.Point) -> Double) -> [(String, [(x: Double, y: Double)])] {
      growths.map { growth in (growth.operation, growth.points.map { (Double($0.size), value($0)) }) }
    }
    /// Of one operation, the smallest tree being 1.
    func relative(_ growths: [Growth]) -> [(String, [(x: Double, y: Double)])] {
      growths.map { growth in
        let first = growth.points.first?.cost.seconds ?? 1
        return (growth.operation, growth.points.map { (Double($0.size), $0.cost.seconds / first) })
      }
    }
    try output.put(
      text, part: "growth",
      charts: [
        (
          "growth-time.svg",
          LineChart(title: "time, of the smallest tree = 1", xTitle: "files", lines: relative(byFiles)).svg
        ),
        (
          "growth-memory.svg",
          LineChart(
            title: "peak memory, MiB", xTitle: "files",
            lines: lines(byFiles.filter { $0.operation != "stat walk" }) { Double($0.cost.peakBytes >> 20) }
          ).svg
        ),
        (
          "growth-versions.svg",
          LineChart(title: "time, with the fewest versions = 1", xTitle: "versions", lines: relative(byVersions)).svg
        ),
      ])
  }
}

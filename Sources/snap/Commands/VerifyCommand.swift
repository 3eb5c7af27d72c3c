import ArgumentParser
import Repositories
import SnapshotModel

struct VerifyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that everything that the versions need is there and sound.",
    discussion: """
      Without options it checks structure: every manifest can be read and every chunk it names is in a pack. \
      --read-data reads, decodes and hashes the chunks themselves, --read-data-subset a part of them: 2/7 the second of \
      seven parts (all seven cover everything), 5% or 1G what was read longest ago. --max-duration reads for so long, from \
      what was read longest ago on, so that a few minutes each night cover everything in time.
      """,
    aliases: ["check", "fsck"])
  static let page = HelpPage(
    [
      "snap verify": "structure of all versions",
      "snap verify --read-data": "every byte",
      "snap verify --read-data-subset 3/7": "Wednesday's seventh",
      "snap verify --max-duration 10min": "ten minutes, from where the last one stopped",
    ], statuses: [10: "no repository", 13: "damage found", 21: "no such version"])

  @Argument(help: ArgumentHelp("Only these versions.", valueName: "rev"))
  var revisions: [String] = []

  @Flag(help: "Read and hash all data.") var readData = false

  @Option(help: ArgumentHelp("Read and hash a part: n/t, x% or a size.", valueName: "subset"))
  var readDataSubset: DataSubset?

  @Option(help: ArgumentHelp("Read and hash data for so long, what was read longest ago first.", valueName: "duration"))
  var maxDuration: DurationArgument?

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if readData, readDataSubset != nil {
      throw SnapFault(.usage, "--read-data and --read-data-subset cannot be combined")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var options = VerifyOptions()
    switch readDataSubset {
    case .part(let part, let count): options.readData = .part(part, of: count)
    case .percent(let percent): options.readData = .percent(percent)
    case .bytes(let bytes): options.readData = .bytes(bytes)
    case nil: options.readData = readData || maxDuration != nil ? .all : .none
    }
    options.maxDurationSeconds = maxDuration.map { Double($0.duration.seconds(before: currentTime())) }
    if !revisions.isEmpty {
      options.snapshots = try revisions.map { try session.resolve($0, in: repository).snapshot.id }
    }
    let meter = ProgressMeter(session: session)
    let report = try Verifier.verify(repository, options: options) { done, total in
      guard let seconds = meter.due() else { return }
      Self.progress(done, total, seconds, meter, session)
    }
    session.console.clearProgress()
    try write(report, repository.readCoverage(), session)
    return report.problems.isEmpty ? nil : .damage
  }

  private static func progress(
    _ done: UInt64, _ total: UInt64, _ seconds: Double, _ meter: ProgressMeter, _ session: Session
  ) {
    let share = total > 0 ? Double(done) / Double(total) : 0
    if session.isJSON {
      try? session.json(
        JSONObject([
          "message_type": "status", "seconds_elapsed": .number(seconds.rounded()), "percent_done": .number(share),
          "bytes_done": .unsigned(done), "total_bytes": .unsigned(total),
        ]))
      return
    }
    let left = share > 0.02 ? ", \(TimeText.elapsed(seconds / share - seconds)) left" : ""
    meter.show("\(formatted(byteCount: done)) of \(formatted(byteCount: total)) read\(left)", item: nil)
  }

  /// Every file that cannot be had: the messages name only some of those that one cause has taken along.
  private func writeLoss(_ loss: Loss, _ session: Session) throws {
    for file in loss.files.keys.sorted() {
      if session.isJSON {
        try session.json(
          JSONObject([
            "message_type": "lost", "version": .string(file.version.name), "path": .string("\(file.path)"),
          ]))
      } else if !session.isQuiet {
        try session.output.line("lost    '\(file.path)' in \(file.version)")
      }
    }
  }

  private func write(_ report: VerifyReport, _ coverage: ReadCoverage, _ session: Session) throws {
    for problem in report.problems {
      if session.isJSON {
        var object = JSONObject(["message_type": "error", "code": .string(problem.code.name)])
        object["message"] = .string(problem.message)
        object["path"] = problem.path.map { .string($0) } ?? .null
        object["hint"] = problem.hint.map { .string($0) } ?? .null
        try session.json(object)
      } else {
        session.console.write("snap: \(problem.message)")
      }
    }
    try writeLoss(report.loss, session)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "num_errors": .count(report.problems.count), "packs": .count(report.packs),
          "chunks": .count(report.chunks), "snapshots": .count(report.snapshots),
          "bytes_read": .unsigned(report.bytesRead), "cut_short": .boolean(report.wasCutShort),
          "coverage": .object(CoverageText.json(coverage)),
        ]))
      return
    }
    let hints = Set(report.problems.compactMap(\.hint)).sorted()
    for hint in hints { session.console.write("hint: \(hint)") }
    guard !session.isQuiet else { return }
    let read = report.bytesRead > 0 ? ", \(formatted(byteCount: report.bytesRead)) read and hashed" : ""
    try session.output.line(
      "checked \(counted(report.snapshots, "version")), \(counted(report.packs, "pack")), "
        + "\(counted(report.chunks, "chunk"))\(read)\(report.wasCutShort ? " (time was up)" : "")")
    if report.bytesRead > 0, let line = CoverageText.line(coverage, now: currentTime()) {
      try session.output.line(line)
    }
    try session.output.line(report.problems.isEmpty ? "no damage found" : counted(report.problems.count, "problem"))
  }
}

import ArgumentParser
import Repositories
import SnapshotModel

struct DuCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "du", abstract: "What versions cost: what only they need, what they share, what deleting them frees.",
    discussion: """
      Of all that are named together, which is not the sum over them: what two versions share and no third one needs is \
      freed only when both go. Without a version: what each costs alone, in a table; in a pipe one line a version with tabs \
      between version, logical bytes, exclusive bytes. Directories and packs that are not worth rewriting make what is freed \
      differ a little from what is exclusive.
      """)
  static let page = HelpPage(
    [
      "snap du": "each version alone",
      "snap du v1.0.0 v1.1.0": "both together, and what deleting both frees",
    ], statuses: [10: "no repository", 21: "no such version"])

  @Argument(help: ArgumentHelp("Versions that are to be looked at together.", valueName: "rev"))
  var revisions: [String] = []

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    guard !revisions.isEmpty else {
      try writeTable(of: repository, session)
      return nil
    }
    let versions = try revisions.map { try session.resolve($0, in: repository) }
    let ids = Set(versions.map(\.snapshot.id))
    let cost = try repository.cost(of: ids)
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "cost", "versions": .strings(versions.map(\.snapshot.version)),
          "bytes_logical": .unsigned(cost.bytesLogical), "bytes_exclusive": .unsigned(cost.bytesExclusive),
          "bytes_shared": .unsigned(cost.bytesShared), "bytes_freed_by_gc": .unsigned(cost.bytesFreed),
        ]))
      return nil
    }
    let lines = [
      ("Versions", formatted(count: ids.count)),
      ("Logical", "\(formatted(byteCount: cost.bytesLogical)), as if each stood alone"),
      ("Exclusive", "\(formatted(byteCount: cost.bytesExclusive)), needed by nothing else"),
      ("Shared", "\(formatted(byteCount: cost.bytesShared)), needed by other versions too"),
      ("Frees", "\(ForgetCommand.exact(cost.bytesFreed)) with snap forget and gc"),
    ]
    try session.output.write(labelledLines(lines).utf8)
    return nil
  }

  private func writeTable(of repository: Repository, _ session: Session) throws {
    let versions = try repository.snapshots()
    let exclusive = try repository.exclusiveBytes()
    if session.isJSON {
      for version in versions {
        try session.json(
          JSONObject([
            "message_type": "cost", "versions": .strings([version.snapshot.version]),
            "bytes_logical": .unsigned(version.snapshot.statistics.bytesLogical),
            "bytes_exclusive": .unsigned(exclusive[version.snapshot.id] ?? 0),
          ]))
      }
      return
    }
    var table = Table([
      .init(title: "VERSION"), .init(title: "LOGICAL", alignment: .right), .init(title: "EXCLUSIVE", alignment: .right),
    ])
    for version in versions {
      let bytes = [version.snapshot.statistics.bytesLogical, exclusive[version.snapshot.id] ?? 0]
      table.append(
        [version.snapshot.version]
          + bytes.map { session.output.isTerminal ? formatted(byteCount: $0) : String($0) })
    }
    try session.output.write((session.output.isTerminal ? table.aligned : table.tabSeparated).utf8)
  }
}

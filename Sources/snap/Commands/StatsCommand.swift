import ArgumentParser
import Repositories
import SnapshotModel

struct StatsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "How large everything is, and what deduplication and compression spare.")
  static let page = HelpPage(["snap stats": "totals of the repository"], statuses: [10: "no repository"])

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let statistics = try session.openRepository().statistics()
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "statistics", "snapshots_count": .count(statistics.snapshots),
          "packs_count": .count(statistics.packs), "total_blob_count": .count(statistics.chunks),
          "total_size": .unsigned(statistics.bytesTotal),
          "total_uncompressed_size": .unsigned(statistics.bytesUnique),
          "bytes_logical": .unsigned(statistics.bytesLogical),
          "bytes_packs": .unsigned(statistics.bytesPacks), "bytes_index": .unsigned(statistics.bytesIndex),
          "bytes_records": .unsigned(statistics.bytesRecords),
          "bytes_solid_raw": .unsigned(statistics.solid.raw), "bytes_solid": .unsigned(statistics.solid.stored),
          "bytes_delta_raw": .unsigned(statistics.delta.raw), "bytes_delta": .unsigned(statistics.delta.stored),
          "compression_ratio": .number(Self.ratio(statistics.bytesLogical, statistics.bytesTotal)),
        ]))
      return nil
    }
    let lines = [
      ("Versions", formatted(count: statistics.snapshots)),
      ("Logical", "\(formatted(byteCount: statistics.bytesLogical)), as if each version stood alone"),
      ("Unique", "\(formatted(byteCount: statistics.bytesUnique)) in \(counted(statistics.chunks, "chunk"))"),
      ("Alone", "\(formatted(byteCount: statistics.solid.raw)) as \(formatted(byteCount: statistics.solid.stored))"),
      (
        "Deltas",
        "\(formatted(byteCount: statistics.delta.raw)) as \(formatted(byteCount: statistics.delta.stored)), "
          + "as differences to others"
      ),
      (
        "Stored",
        "\(formatted(byteCount: statistics.bytesTotal)): \(counted(statistics.packs, "pack")) "
          + "\(formatted(byteCount: statistics.bytesPacks)), index \(formatted(byteCount: statistics.bytesIndex)), "
          + "records \(formatted(byteCount: statistics.bytesRecords))"
      ),
      ("Ratio", "\(Self.text(Self.ratio(statistics.bytesLogical, statistics.bytesTotal))) : 1"),
    ]
    try session.output.write(labelledLines(lines).utf8)
    return nil
  }

  private static func ratio(_ logical: UInt64, _ stored: UInt64) -> Double {
    stored == 0 ? 0 : (Double(logical) / Double(stored) * 10).rounded() / 10
  }

  private static func text(_ value: Double) -> String { "\(value)" }
}

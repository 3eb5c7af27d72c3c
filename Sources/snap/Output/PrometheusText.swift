import Repositories
import SnapshotModel

/// Figures in Prometheus' text format.
///
/// - SeeAlso: https://prometheus.io/docs/instrumenting/exposition_formats/
struct PrometheusText {
  private(set) var text = ""
  /// Of every line.
  private let labels: [(String, String)]

  init(labels: [(String, String)]) { self.labels = labels }

  /// One gauge; without values it is left out.
  ///
  /// - Parameter values: each with the label that tells it from the others.
  mutating func add(_ name: String, _ help: String, _ values: [(label: (String, String)?, value: Double)]) {
    if values.isEmpty { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
    for (label, value) in values {
      let all = labels + (label.map { [$0] } ?? [])
      let words = all.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
      text += "\(name){\(words)} \(JSONValue.number(value).text)\n"
    }
  }

  mutating func add(_ name: String, _ help: String, _ value: (some BinaryInteger)?) {
    add(name, help, value.map { [(nil, Double($0))] } ?? [])
  }

  private static func escaped(_ text: String) -> String {
    text.map { $0 == "\\" ? #"\\"# : $0 == "\"" ? #"\""# : $0.isNewline ? #"\n"# : String($0) }.joined()
  }
}

extension ProjectState {
  /// For node_exporter's textfile collector.
  ///
  /// - Throws: `SnapFault` when the last version's manifest cannot be read.
  func prometheus() throws -> String {
    let project = displayText(PathText.path(of: repository.projectRoot ?? repository.folder))
    var metrics = PrometheusText(labels: [("project", project), ("repository", repository.id.short)])
    func seconds(_ time: Timestamp?) -> Int64? { time?.seconds }
    metrics.add("snap_status_timestamp_seconds", "When these figures were written.", now.seconds)
    metrics.add("snap_versions", "Versions in the list.", versions.count)
    metrics.add("snap_suspect_versions", "Versions that are marked as suspect.", versions.count(where: \.isSuspect))
    metrics.add("snap_forgotten_versions", "Forgotten versions that undo can take back.", trashedCount)
    metrics.add("snap_repository_size_bytes", "What the repository takes on the disk.", byteCount)
    metrics.add(
      "snap_problems", "Reasons not to trust the project's backup, as snap status names them.", problems.count)
    let last = lastInPast?.snapshot
    metrics.add("snap_last_version_timestamp_seconds", "When the newest version was saved.", last?.created.seconds)
    metrics.add(
      "snap_last_trusted_version_timestamp_seconds", "When the newest version was saved that is not suspect.",
      lastTrusted?.created.seconds)
    let figures = last?.statistics
    metrics.add("snap_last_version_size_bytes", "Bytes of the newest version's files.", figures?.bytesLogical)
    metrics.add(
      "snap_last_version_added_bytes", "What the newest version added to the repository.", figures?.bytesStored)
    metrics.add("snap_last_version_files", "Files in the newest version.", figures?.fileCount)
    metrics.add(
      "snap_last_version_errors", "Items that could not be read for the newest version.", figures?.itemsWithErrors)
    metrics.add(
      "snap_last_version_duration_seconds", "How long saving the newest version took.",
      figures.map { [(nil, Double($0.durationMilliseconds) / 1000)] } ?? [])
    metrics.add("snap_last_version_dump_size_bytes", "Bytes of each dump in the newest version.", try dumpSizes())
    metrics.add("snap_last_drill_timestamp_seconds", "When the last drill ended.", lastDrill?.time.seconds)
    metrics.add(
      "snap_last_drill_passed", "Whether the last drill passed: 1, or 0.", lastDrill?.drill.map { $0.hasPassed ? 1 : 0 }
    )
    metrics.add(
      "snap_last_good_drill_timestamp_seconds", "When the last drill ended that passed.", lastGoodDrill?.time.seconds)
    metrics.add(
      "snap_tree_changes", "Files that differ from the newest version.",
      changes.map { changes in
        [("added", changes.added), ("removed", changes.removed), ("modified", changes.modified)].map {
          (("change", $0), Double($1))
        }
      } ?? [])
    return metrics.text
  }

  private func dumpSizes() throws -> [(label: (String, String)?, value: Double)] {
    guard let last = lastInPast?.snapshot, !last.dumps.isEmpty else { return [] }
    let manifest = try repository.manifest(of: last)
    return try last.dumps.compactMap { dump in
      try manifest.entry(at: dump.path).map { (("dump", dump.name), Double($0.size)) }
    }
  }
}

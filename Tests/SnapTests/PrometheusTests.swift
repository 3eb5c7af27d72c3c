import Foundation
import TestSupport
import Testing

struct PrometheusTests {
  /// Values by name and own label; every line is checked against the format.
  private func metrics(_ text: String) throws -> [String: Double] {
    var values: [String: Double] = [:]
    var announced = ""
    for line in text.split(separator: "\n") {
      if let help = try /# HELP ([a-z_]+) [A-Z].*\./.wholeMatch(in: line) {
        announced = String(help.1)
      } else if let type = try /# TYPE ([a-z_]+) gauge/.wholeMatch(in: line) {
        #expect(String(type.1) == announced)
      } else {
        let match = try #require(
          try /([a-z_]+)\{project="([^"\\]|\\.)*",repository="[0-9a-f]{8}"(?:,([a-z]+="[^"]*"))?\} ([0-9.e+]+)/
            .wholeMatch(in: line), "\(line)")
        #expect(String(match.1) == announced)
        values[String(match.1) + (match.3.map { "{\($0)}" } ?? "")] = Double(match.4)
      }
    }
    return values
  }

  @Test func `status writes figures that Prometheus reads, whole or not at all`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: seq 1000}\nexclude: ['*.prom']\n")
    let empty = try metrics(sandbox.snap("status", "--prometheus", "-").output)
    #expect(empty["snap_versions"] == 0 && empty["snap_last_version_timestamp_seconds"] == nil)
    try sandbox.snap("save", "v1")
    try sandbox.snap("drill", "-q")
    try sandbox.write("notes.txt", "changed\n")
    let run = try sandbox.snap("status", "-q", "--prometheus", "../snap.prom")
    #expect(run.status == 0 && run.output.isEmpty, "\(run.error)")
    #expect(
      try sandbox.shell("ls .. | grep prom").output == "snap.prom\n", "nothing beside it is left for the collector")
    let values = try metrics(try #require(sandbox.read("../snap.prom")))
    #expect(values["snap_versions"] == 1 && values["snap_suspect_versions"] == 0 && values["snap_problems"] == 0)
    #expect(values["snap_last_version_files"] == 5 && values["snap_last_version_dump_size_bytes{dump=\"app\"}"] == 3893)
    #expect(values["snap_tree_changes{change=\"modified\"}"] == 1 && values["snap_last_drill_passed"] == 1)
    let time = try #require(values["snap_last_version_timestamp_seconds"])
    #expect(
      abs(time - Date().timeIntervalSince1970) < 600 && values["snap_last_trusted_version_timestamp_seconds"] == time)
    let refused = try sandbox.snap("status", "--prometheus", "nowhere/snap.prom")
    #expect(refused.status == 1 && refused.error.contains("nowhere/snap.prom"))
    #expect(try sandbox.snap("status", "--prometheus", "-", "--json").status == 2)
  }

  @Test func `a save writes them where snap.yml says, be it good, suspect or failed`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(
      "snap.yml",
      "exclude: [snap.prom]\ndumps:\n  app: {command: cat rows, minimum-size: 0}\nnotify:\n  prometheus: snap.prom\n")
    try sandbox.shell("seq 1000 >rows; \"$SNAP\" save v1 -q; : >rows")
    let good = try metrics(try #require(sandbox.read("snap.prom")))
    #expect(good["snap_suspect_versions"] == 0)
    #expect(try sandbox.snap("save", "v2", "-q").status == 24)
    let suspect = try metrics(try #require(sandbox.read("snap.prom")))
    #expect(suspect["snap_suspect_versions"] == 1 && suspect["snap_problems"] == 1)
    try sandbox.shell("rm rows snap.prom")
    #expect(try sandbox.snap("save", "v3", "-q").status == 23)
    #expect(sandbox.exists("snap.prom"))
  }
}

import Foundation
import TestSupport
import Testing

struct IncidentTests {
  private func incidents(_ sandbox: SnapSandbox) throws -> [[String: Any]] {
    try sandbox.snap("incident", "--json").outputLines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func `an incident is recorded with who, what, from which version, and what came of it`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm src/main.py; echo broken >config/app.json; echo extra >extra")
    let run = try sandbox.snap("restore", "v1", "src", "config/*", "--incident", "a bad\ndeploy")
    #expect(run.status == 0, "\(run.error)")
    let found = try #require(try incidents(sandbox).first)
    let id = try #require(found["id"] as? String)
    #expect(run.output.contains("\nReport:  snap incident \(id.prefix(8))\n"))
    #expect(found["text"] as? String == "a bad deploy")
    #expect(found["version"] as? String == "v1" && found["result"] as? String == "restored")
    #expect(found["paths"] as? [String] == ["src", "config/*"])
    #expect(found["files_restored"] as? Int == 2 && found["bytes_restored"] as? Int == 32)
    let safety = try #require(found["safety_version"] as? String)
    let report = try sandbox.snap("incident", String(id.prefix(4))).output
    #expect(report.hasPrefix("# Incident \(id.prefix(8)): a bad deploy\n\n- **When:** "))
    #expect(report.contains("- **What:** `src`, `config/*`\n- **Into:** the project\n"))
    #expect(report.contains("- **State before:** `\(safety)`, held as `incident-\(id.prefix(8))`\n"))
    #expect(report.contains("- **Result:** restored, 2 files written (32 B), in 0."))
    let timeline = try #require(report.components(separatedBy: "## Timeline\n\n").last)
    let events = timeline.split(separator: "\n").prefix(5).map { $0.drop { $0 != " " }.dropFirst().drop { $0 != " " } }
    #expect(
      events == [
        " saved `v1`", " **this restore** began: `v1`", " saved `\(safety)`: what restoring v1 overwrote",
        " restore: v1 into \(sandbox.project)", " **this restore** ended: restored",
      ], "\(report)")
  }

  @Test func `retention takes neither the state before an incident nor its record`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "mine\n")
    try sandbox.snap("restore", "v1", "--incident", "gone wrong")
    let safety = try #require(try incidents(sandbox).first?["safety_version"] as? String)
    let refused = try sandbox.snap("forget", safety)
    #expect(refused.status == 18 && refused.error.contains("gone wrong"), "\(refused.error)")
    try sandbox.snap("undo", "-q")
    #expect(sandbox.read("notes.txt") == "mine\n")
    // 1000 operations are kept, and each note is one: none of them may push an incident out.
    let log = sandbox.project + "/.snap/operations"
    try sandbox.snap("note", "v1", "x")
    #expect(
      try sandbox.shell(
        "cd .snap/operations && one=$(ls | grep note) && for n in $(seq 1200); do cp $one f${n}000000000000-note; done"
      ).status == 0)
    try sandbox.snap("note", "v1", "y")
    let left = try FileManager.default.contentsOfDirectory(atPath: log)
    #expect(left.count { !$0.hasSuffix("-incident") } == 1000)
    #expect(try incidents(sandbox).count == 1)
  }

  @Test func `a restore that fails is on record, with the reason`() throws {
    let sandbox = try SnapSandbox.withVersion()
    #expect(try sandbox.snap("restore", "v1:notes.txt", "--pipe", "exit 3", "--incident", "piped").status == 23)
    #expect(try sandbox.snap("restore", "v1:notes.txt", "--pipe", "cat", "--incident", "again").status == 0)
    try sandbox.write("../out/x", "")
    #expect(try sandbox.snap("restore", "v1", "--to", "../out", "--incident", "elsewhere").status == 18)
    let all = try incidents(sandbox)
    #expect(all.map { $0["result"] as? String } == ["failed", "restored", "failed"])
    #expect(all.first?["reason"] as? String == "'exit 3' exited with 3, with 'notes.txt' of v1 as its input")
    #expect(all[1]["command"] as? String == "cat" && all[1]["bytes_restored"] as? Int == 14)
    #expect(all[2]["target"] as? String == sandbox.folder + "/out")
    #expect((all[2]["reason"] as? String)?.hasSuffix("is not empty; use --overwrite or another directory") == true)
  }

  @Test func `a restore that is killed stays on record as not finished`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("\"$SNAP\" restore v1:notes.txt --pipe 'kill -9 $PPID' --incident killed")
    #expect(try incidents(sandbox).map { $0["result"] as? String } == ["not finished"])
    #expect(
      try sandbox.snap("incident", "latest").output.contains(
        "- **Result:** the restore has not ended, or was killed\n"))
  }

  @Test func `what has no report is named, and nothing is recorded of what only looks`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let missing = try sandbox.snap("incident", "abcd")
    #expect(missing.status == 21)
    #expect(missing.error == "snap: no incident matches 'abcd'\nhint: snap incident lists them\n")
    #expect(try sandbox.snap("restore", "v1", "--incident", "x", "--list").status == 2)
    #expect(try sandbox.snap("restore", "v1", "--incident", " ").status == 2)
    #expect(try incidents(sandbox).isEmpty)
  }

  @Test func `restore --list names each item and what would become of it, and changes nothing`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm src/main.py; echo broken >config/app.json; touch -d 2020-01-01 config; echo extra >extra")
    let before = try sandbox.shell("ls -lR --full-time").output
    let run = try sandbox.snap("restore", "v1", "--delete", "--list")
    #expect(run.status == 0)
    #expect(
      run.output == """
        corrected\t\t./
        corrected\t\tconfig/
        replaced\t17\tconfig/app.json
        deleted\t\textra
        same\t14\tnotes.txt
        corrected\t\tsrc/
        new\t15\tsrc/main.py

        """)
    #expect(run.errorLines.last?.hasPrefix("would restore v1 to ") == true)
    #expect(try sandbox.shell("ls -lR --full-time").output == before)
    #expect(try sandbox.snap("list").outputLines.count == 1)
    let stripped = try sandbox.snap("restore", "v1", "src", "--strip-components", "1", "--to", "../out", "--list")
    #expect(stripped.output == "new\t15\tmain.py\n", "\(stripped.output)\(stripped.error)")
    #expect(!sandbox.exists("../out"))
  }
}

import Foundation
import TestSupport
import Testing

/// With `--json` every command prints only JSON on standard output: an object a line, `list` one array.
struct JSONContractTests {
  static let lines: [[String]] = [
    ["init", "-r", "../other"], ["save", "v3"], ["save", "v3", "--dry-run"], ["save", "v4", "--skip-if-unchanged"],
    ["ignored"], ["ignored", "src", "node_modules/x"], ["config"], ["status"], ["list"], ["list", "--last", "1"],
    ["show", "v2"],
    ["show", "v2", "--manifest"], ["ls", "v2"], ["ls", "-R", "v2"], ["find", "*.py"], ["log", "notes.txt"],
    ["log", "src"], ["diff"], ["diff", "v1", "v2"], ["stats"], ["du"], ["du", "v1"],
    ["restore", "v1", "--to", "../out"],
    ["restore", "v1", "--list"], ["restore", "v1", "notes.txt", "--incident", "a drill"], ["incident"],
    ["incident", "latest"],
    ["restore", "v1", "--dry-run"], ["restore", "v1", "notes.txt"], ["export", "v1", "-o", "../v1.tar"],
    ["export", "v1", "--layout", "backups", "--to", "../old"], ["import", "../old"], ["import", "../v1.tar", "-n"],
    ["drill", "v1", "--check", "echo checked"],
    ["forget", "v1", "--dry-run"], ["forget", "--keep-last", "1", "--dry-run"], ["gc", "--dry-run"],
    ["gc", "--keep-last", "5"], ["forget", "v1"], ["undo"], ["ops"], ["verify"], ["verify", "--read-data"], ["repair"],
    ["tag", "v1", "x"], ["tag", "v1"], ["note", "v1", "text"], ["note", "v1"], ["hold", "v1"], ["trust", "v1"],
    ["release", "v1"],
    ["guard", "--json", "--", "echo"], ["hook", "install"], ["hook", "list"], ["hook", "remove"],
    ["sql"], ["sql", "SELECT * FROM snapshots"], ["help"], ["help", "save"], ["diff", "--keys"],
    ["log", "notes.txt", "--keys"],
  ]

  @Test func `every command prints only JSON on standard output`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "one\n2\nthree\n")
    try sandbox.write("node_modules/x", "")
    try sandbox.shell("git init -q .")
    try sandbox.snap("save", "v2")
    try sandbox.write("src/new.py", "pass\n")
    for line in Self.lines {
      let words = (line + ["--json"]).map { "'\($0)'" }.joined(separator: " ")
      let run = try sandbox.shell("exec \"$SNAP\" \(words)")
      #expect(run.status == 0, "\(line): \(run.error)")
      #expect(!run.output.isEmpty, "\(line)")
      if line[0] == "list" {
        #expect(try JSONSerialization.jsonObject(with: Data(run.outputBytes)) is [Any], "\(line)")
        continue
      }
      for text in run.outputLines {
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object != nil, "\(line): \(text)")
        let isNamed = object?["message_type"] is String || line[0] == "show"
        #expect(isNamed, "\(line): \(text)")
      }
    }
  }

  /// In this order: each works on what the ones before it left.
  static let keyLines: [[String]] = [
    ["key", "list"], ["key", "add", "--label", "ci", "--new-key-file", "../ci"],
    ["key", "add", "--recovery-code"], ["key", "remove", "ci"], ["key", "export", "../keys"],
    ["key", "import", "../keys"], ["key", "rotate", "--drop-others"], ["key", "forget"], ["list"], ["save", "v1"],
    ["init", "--encrypt", "-r", "../other", "--key-file", "../new"],
    ["key", "passwd", "--new-key-file", "../changed"],
  ]

  @Test func `every key command prints only JSON, and an error one object on standard error`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    for line in Self.keyLines {
      let words = (line + ["--json"]).map { "'\($0)'" }.joined(separator: " ")
      let ownKey = line[0] == "init" ? [:] : sandbox.unlocked
      let run = try sandbox.shell("exec \"$SNAP\" \(words)", environment: ownKey)
      #expect(run.status == 0, "\(line): \(run.error)")
      if line[0] == "list" {
        #expect(try JSONSerialization.jsonObject(with: Data(run.outputBytes)) is [Any], "\(line)")
        continue
      }
      let objects = run.outputLines.map { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
      #expect(!objects.isEmpty && objects.allSatisfy { $0?["message_type"] is String }, "\(line): \(run.output)")
      let code = objects.compactMap { $0?["recovery_code"] as? String }
      #expect(code.count == (line.contains("--recovery-code") || line[0] == "init" ? 1 : 0), "\(line)")
    }
    let wrong = try sandbox.snap("list", "--json", environment: sandbox.unlocked)
    #expect(wrong.status == 12)
    let error = try #require(try JSONSerialization.jsonObject(with: Data(wrong.errorBytes)) as? [String: Any])
    #expect(error["message_type"] as? String == "exit_error")
    #expect((error["code"] as? NSNumber)?.intValue == 12)
  }

  @Test func `the summary of a save has restic's fields, zeros too`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("save", "v2", "--json")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data((run.outputLines.last ?? "").utf8)) as? [String: Any])
    #expect(summary["message_type"] as? String == "summary")
    for field in [
      "files_new", "files_changed", "files_unmodified", "dirs_new", "dirs_changed", "dirs_unmodified", "data_blobs",
      "tree_blobs", "data_added", "data_added_packed", "total_files_processed", "total_bytes_processed",
      "total_duration",
    ] {
      #expect(summary[field] is NSNumber, "\(field)")
    }
    #expect((summary["files_new"] as? NSNumber)?.intValue == 0)
    #expect((summary["files_unmodified"] as? NSNumber)?.intValue == 3)
    #expect((summary["snapshot_id"] as? String)?.count == 32)
  }

  @Test func `new folders are told from those that were there`() throws {
    func summary(_ run: SnapRun) throws -> [Int?] {
      let object = try JSONSerialization.jsonObject(with: Data((run.outputLines.last ?? "").utf8)) as? [String: Any]
      return ["dirs_new", "dirs_changed", "dirs_unmodified"].map { (object?[$0] as? NSNumber)?.intValue }
    }
    let sandbox = try SnapSandbox.withProject()
    #expect(try summary(sandbox.snap("save", "v1", "--json")) == [3, 0, 0])
    try sandbox.shell("mkdir -p more/below && rm -r src && echo x >src")
    #expect(try summary(sandbox.snap("save", "v2", "--json")) == [2, 0, 2])
  }

  @Test func `a path that is no UTF-8 has its bytes beside it`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(#"name=$(printf 'bad\377'); echo x >"$name"; "$SNAP" save v1 -q"#)
    let run = try sandbox.snap("ls", "v1", "--json")
    #expect(run.output.contains(#""path_b64":"YmFk/w==""#))
  }
}

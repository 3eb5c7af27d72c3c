import Foundation
import TestSupport
import Testing

struct SQLTests {
  private func withHistory() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell(
      #"""
      set -e; echo four >>notes.txt; rm -r config; ln -s notes.txt link; "$SNAP" save v2 -q -m 'two
      lines'; chmod 0700 src/main.py; echo x >b; "$SNAP" save v3 -q; echo dump | "$SNAP" save d1 --stdin -q
      "$SNAP" note v3 'a	tab' -q; "$SNAP" hold v1 shipped -q; "$SNAP" restore v1 notes.txt -q; "$SNAP" drill v3 -q
      """#)
    return sandbox
  }

  @Test func `the views say what the other commands say`() throws {
    let sandbox = try withHistory()
    func rows(_ sql: String) throws -> [String] {
      let run = try sandbox.snap("sql", sql)
      #expect(run.status == 0, "\(run.error)")
      return run.outputLines
    }
    #expect(
      try rows("SELECT version, files, note FROM versions") == ["v1\t3\t", "v2\t2\t", "v3\t3\ta\\x09tab", "d1\t1\t"])
    #expect(try rows("SELECT version, message FROM snapshots WHERE message LIKE 'two%'") == ["v2\ttwo\\x0alines"])
    #expect(try rows("SELECT holds, git_commit IS NULL FROM snapshots WHERE version = 'v1'") == ["shipped\t1"])
    #expect(try rows("SELECT count(*) FROM snapshots WHERE is_safety_copy") == ["1"])
    for version in ["v1", "v2", "v3", "d1"] {
      let listed = try sandbox.snap("ls", "-R", version).outputLines.map {
        $0.hasSuffix("/") ? String($0.dropLast()) : $0
      }
      #expect(
        try rows("SELECT path FROM files WHERE version = '\(version)' AND path <> '.'").sorted() == listed.sorted())
    }
    #expect(
      try rows(
        "SELECT path, kind, size, mode, target FROM files WHERE version = 'v2' AND path IN ('link', 'src/main.py')"
      )
      .map { $0.replacingOccurrences(of: "0664", with: "0644") }.sorted() == [
        "link\tsymlink\t9\t0777\tnotes.txt", "src/main.py\tfile\t15\t0644\t",
      ])
    #expect(
      try rows(
        "SELECT version, change, path, size_before, size_after FROM changes WHERE kind <> 'dir' AND version > 'v1'")
        == [
          "v2\tremoved\tconfig/app.json\t17\t", "v2\tadded\tlink\t\t9", "v2\tmodified\tnotes.txt\t14\t19",
          "v3\tadded\tb\t\t2", "v3\tmetadata\tsrc/main.py\t15\t15",
        ])
    #expect(try rows("SELECT operation, passed FROM runs ORDER BY time, operation").contains("drill\t1"))
  }

  @Test(arguments: [
    ("DELETE FROM _run", "only SELECT is allowed"), ("ATTACH 'x' AS y", "only SELECT is allowed"),
    ("PRAGMA user_version = 3", "only SELECT is allowed"), ("VACUUM INTO 'x'", "only SELECT is allowed"),
    ("CREATE TABLE x (y)", "only SELECT is allowed"), ("SELECT load_extension('x')", "only SELECT is allowed"),
    ("SELECT 1; DELETE FROM _run", "one query at a time"), ("SELEC", "near \"SELEC\": syntax error"),
    ("SELECT x FROM versions", "no such column: x"), ("SELECT 1 FROM x", "no such table: x"), ("", "there is no query"),
    ("/* only a comment */", "there is no query"),
  ])
  func `what is no query is refused and writes nothing`(sql: String, reason: String) throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("sql", sql)
    #expect(run.status == 2)
    #expect(run.error.hasPrefix("snap: sql: \(reason)"), "\(run.error)")
    #expect(run.output.isEmpty)
    #expect(try sandbox.shell("ls").output == "config\nnotes.txt\nsrc\n")
  }

  @Test func `a query that takes longer than it may is ended`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    let run = try sandbox.snap("sql", endless, "--max-duration", "1s")
    #expect(run.status == 1)
    #expect(run.error == "snap: the query took longer than 1 second; what is printed is a part\n")
    #expect(try sandbox.snap("sql", "SELECT 1", "--max-duration", "1d").output == "1\n")
  }

  @Test func `of columns of one name each is in the JSON`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("sql", "SELECT 1 AS a, 2 AS a, 3 AS b, 4 AS a", "--json")
    #expect(run.output == #"{"message_type":"row","row":{"a":1,"a:1":2,"b":3,"a:2":4}}"# + "\n")
  }

  @Test func `a query may come from standard input, and end with a semicolon`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap(
      "sql", "--header", "-", input: "SELECT version AS v, 1.5 AS r, NULL AS n\nFROM versions;\n")
    #expect(run.output == "v\tr\tn\nv1\t1.5\t\n")
    #expect(try sandbox.snap("sql", "--header", "SELECT version FROM versions WHERE 0").output == "version\n")
    #expect(
      try sandbox.snap("sql", "--json", "SELECT version, 2 AS i, NULL AS n, x'00ff' AS b FROM versions").output
        == "{\"message_type\":\"row\",\"row\":{\"version\":\"v1\",\"i\":2,\"n\":null,\"b\":\"AP8=\"}}\n")
  }
}

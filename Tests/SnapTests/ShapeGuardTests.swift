import TestSupport
import Testing

struct ShapeGuardTests {
  @Test func `a dump that shrank is saved, marked, passed over, and trusted when told`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: cat rows, minimum-size: 0}\nretention: {keep-last: 1}\n")
    func save(_ version: String, rows: Int, _ flags: String = "") throws -> SnapRun {
      try sandbox.shell("seq 1 \(rows) >rows; exec \"$SNAP\" save \(version) \(flags)")
    }
    for (version, rows) in [("v1", 2000), ("v2", 2100), ("v3", 1500)] {
      #expect(try save(version, rows: rows).status == 0)
    }
    let shrunk = try save("v4", rows: 300)
    #expect(shrunk.status == 24)
    #expect(
      shrunk.error == "snap: warning: v4 is saved, but suspect: dump 'app' has 1.1 KiB, it had 6.2 KiB in v3\n"
        + "hint: snap diff latest v4 shows what changed; snap trust v4 takes the mark away\n")
    #expect(try save("v5", rows: 0).status == 24)
    let json = try save("v6", rows: 0, "--json")
    #expect(json.output.contains(#""suspect":"dump 'app' has 0 B, it had 6.2 KiB in v3""#))
    #expect(try sandbox.snap("cat", "latest:app").output.hasSuffix("1500\n"))
    #expect(try sandbox.snap("status").output.contains("v4 is suspect: dump 'app'"))
    // The only place goes to the last good one.
    #expect(try sandbox.snap("gc").status == 0)
    #expect(try sandbox.snap("list").outputLines.map { $0.prefix(2) }.contains("v3"))
    #expect(try save("v7", rows: 300, "--no-guard").status == 0)
    #expect(try save("v8", rows: 310).status == 0, "the last good one is as small")
    #expect(try save("v9", rows: 1).status == 24)
    #expect(try sandbox.snap("trust", "v9").output == "v9 is trusted now\n")
    #expect(try sandbox.snap("trust", "v9").output == "v9 is not suspect\n")
    #expect(try sandbox.snap("cat", "latest:app").output == "1\n")
  }

  @Test func `a version without one of its dumps takes no place of one that has it`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: echo rows}\nretention: {keep-last: 1}\n")
    #expect(try sandbox.snap("save", "whole").status == 0)
    try sandbox.write("snap.yml", "dumps:\n  app: {command: exit 1}\nretention: {keep-last: 1}\n")
    #expect(try sandbox.snap("save", "part", "--allow-partial").status == 3)
    #expect(try sandbox.snap("gc").status == 0)
    #expect(try sandbox.snap("cat", "latest:app").output == "rows\n")
    let only = try sandbox.shell("\"$SNAP\" -q forget whole; exec \"$SNAP\" show latest")
    #expect(only.status == 21)
    #expect(
      only.error.hasPrefix(
        "snap: 'latest' passes over suspect versions, and there are no others; part: dump 'app' is missing\n"))
  }

  @Test func `a dump that is configured no more is told, until somebody trusts a version without it`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: echo rows}\n  other: {command: echo x}\n")
    try sandbox.snap("save", "v1")
    #expect(try sandbox.snap("status").output.contains("Health:    no problem known\n"))
    #expect(try sandbox.snap("save", "by-hand", "--no-dumps").status == 0, "asked for, so no surprise")
    try sandbox.snap("forget", "by-hand")
    #expect(try sandbox.snap("save", "path", ".").status == 0, "a save of paths has no dumps")
    try sandbox.snap("forget", "path")
    try sandbox.write("snap.yml", "dumps:\n  renamed: {command: echo rows, path: dumps/app}\n")
    #expect(
      try sandbox.snap("status").output.contains("Health:    dump 'other' of v1 is not in snap.yml any more\n"))
    let run = try sandbox.snap("save", "v2", "-q")
    #expect(run.status == 24)
    #expect(
      run.error.hasPrefix(
        "snap: warning: v2 is saved, but suspect: dump 'other' is not configured any more, v1 has it\n"))
    try sandbox.shell("rm snap.yml")
    #expect(try sandbox.snap("save", "v3", "-q").status == 24, "nor without the file")
    #expect(try sandbox.snap("show", "latest").output.hasPrefix("Version:   v1\n"))
    try sandbox.snap("trust", "v3")
    #expect(try sandbox.snap("save", "v4", "-q").status == 0)
    #expect(try sandbox.snap("status").output.contains("v2 is suspect"))
  }

  @Test func `projects that share a repository do not take each other's places`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.shell(
      "mkdir a b; echo 1 >a/f; echo 1 >b/f; \"$SNAP\" -q -r common init; for i in 1 2; do for p in a b; do \"$SNAP\" -q -C $p -r ../common save $p$i; done; done"
    )
    #expect(try sandbox.snap("-r", "common", "-q", "gc", "--keep-last", "1").status == 0)
    let names = try sandbox.snap("-r", "common", "list").outputLines.map { String($0.prefix(2)) }
    #expect(names == ["a2", "b2"])
  }

  @Test func `files that are noise now, and were text, are suspect; more noise beside them is not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir m; for i in $(seq 30); do seq $i 2000 >m/$i.txt; done")
    try sandbox.snap("save", "v1")
    try sandbox.shell("head -c 2000000 /dev/urandom >holidays.mp4; for i in $(seq 30); do seq $i 2100 >m/$i.txt; done")
    #expect(try sandbox.snap("save", "v2").status == 0, "a large film, and every file edited")
    try sandbox.shell("for f in m/*; do head -c $(stat -c %s $f) /dev/urandom >$f.locked; rm $f; done; rm holidays.mp4")
    let run = try sandbox.snap("save", "v3", "-q")
    #expect(run.status == 24)
    #expect(
      run.error.hasPrefix(
        "snap: warning: v3 is saved, but suspect: 31 files changed or went since v2, and what is new looks encrypted or compressed\n"
      ), "\(run.error)")
    #expect(try sandbox.snap("show", "latest").output.hasPrefix("Version:   v2\n"))
  }

  @Test func `a dump that is noise now is suspect, one that always was is not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: cat rows}\n  archive: {command: cat rows.gz}\n")
    try sandbox.shell("seq 20000 >rows; head -c 50000 /dev/urandom >rows.gz; \"$SNAP\" save v1 -q")
    try sandbox.shell("head -c 100000 /dev/urandom >rows; head -c 50000 /dev/urandom >rows.gz")
    let run = try sandbox.snap("save", "v2", "-q")
    #expect(run.status == 24)
    #expect(
      run.error.contains("v2 is saved, but suspect: dump 'app' looks encrypted or compressed, in v1 it was not\n"),
      "\(run.error)")
  }

  @Test func `in a shared repository latest is this folder's, and a name anybody's`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.shell(
      """
      mkdir a b c; echo 1 >a/f; echo 2 >b/f; "$SNAP" -q -r common init
      for i in 1 2; do for p in a b; do "$SNAP" -q -C $p -r ../common save $p$i -m x --tag t; done; done
      """)
    func name(_ folder: String, _ revision: String) throws -> Substring? {
      try sandbox.snap("-C", folder, "-r", "../common", "show", revision).outputLines.first?.split(separator: " ").last
    }
    #expect(try name("a", "latest") == "a2" && name("b", "latest") == "b2" && name("a", "b2") == "b2")
    #expect(try name("a", "latest~1") == "a1" && name("a", "tag:t") == "a2" && name("b", "@{now}") == "b2")
    #expect(try name("a", "b2~1") == "b1", "steps stay in the history of the folder")
    #expect(try name("c", "latest") == "b2", "where nothing was saved from, all count")
    #expect(try sandbox.snap("-C", "a", "-r", "../common", "status").output.contains("Last:      a2  "))
  }

  @Test func `a tree that lost most of its files is suspect, a smaller loss is not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir m; for i in $(seq 1 40); do echo $i >m/$i; done")
    #expect(try sandbox.snap("save", "v1").status == 0)
    try sandbox.shell("rm m/1?")
    #expect(try sandbox.snap("save", "v2").status == 0)
    try sandbox.shell("rm -r m")
    let run = try sandbox.snap("save", "v3")
    #expect(run.status == 24)
    #expect(run.error.hasPrefix("snap: warning: v3 is saved, but suspect: it has 3 files, v2 had 33\n"))
    #expect(try sandbox.snap("save", "v4", "src").status == 0, "other paths are not compared")
    try sandbox.write("snap.yml", "guard: off\n")
    #expect(try sandbox.snap("save", "v5").status == 0)
  }

  @Test func `JSON that is none any more is suspect, what never was is not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("odd.json", "// no JSON\n")
    try sandbox.snap("save", "v1")
    try sandbox.write("odd.json", "// no JSON either\n")
    #expect(try sandbox.snap("save", "v2").status == 0)
    try sandbox.write("config/app.json", "{\"debug\": fal")
    let run = try sandbox.snap("save", "v3")
    #expect(run.status == 24)
    #expect(run.error.contains("v3 is saved, but suspect: 'config/app.json' is no JSON any more\n"))
    try sandbox.write("config/app.json", "{\"debug\": true}")
    #expect(try sandbox.snap("save", "v4").status == 0)
    for name in ["a.json", "b.json", "c.json"] { try sandbox.write(name, "[]") }
    #expect(try sandbox.snap("save", "v5").status == 0)
    for name in ["a.json", "b.json", "c.json"] { try sandbox.write(name, "[") }
    let several = try sandbox.snap("save", "v6")
    #expect(several.error.contains("v6 is saved, but suspect: 'a.json' and 2 others are no JSON any more\n"))
  }

  @Test func `a suspect version counts as failure for those who are told`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "exclude: [log]\nhooks:\n  on-failure: echo \"$SNAP_RESULT $SNAP_STATUS\" >>log\n")
    try sandbox.snap("save", "v1")
    try sandbox.write("config/app.json", "")
    #expect(try sandbox.snap("save", "v2").status == 24)
    #expect(sandbox.read("log") == "suspect 24\n")
  }
}

import TestSupport
import Testing

/// Python's own SQLite is the program that writes: another process, another copy of the library.
struct DatabaseTests {
  /// Runs Python beside `then`, a line of shell with `$P` for its process; it starts once the script has made `ready`.
  private func beside(_ script: String, _ sandbox: SnapSandbox, _ then: String) throws -> SnapRun {
    try sandbox.write(sandbox.folder + "/script.py", "import sqlite3, os, sys, time\n" + script)
    return try sandbox.shell(
      #"python3 ../script.py & P=$!; until [ -e ../ready ] || ! kill -0 $P; do :; done; \#(then)"#)
  }

  private func query(_ sandbox: SnapSandbox, _ database: String, _ sql: String) throws -> String {
    let run = try sandbox.shell(
      #"python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())' "$D" "$Q""#,
      environment: ["D": database, "Q": sql])
    return run.output + run.error
  }

  private static let ready = "open('../ready', 'w').close()\n"

  @Test(arguments: ["wal", "delete"])
  func `a save beside a writer holds a state between two transactions`(mode: String) throws {
    let sandbox = try SnapSandbox.withProject()
    // Each transaction keeps both sums equal, in pages far apart.
    let writer = """
      c = sqlite3.connect('data.db', timeout=60, isolation_level=None)
      c.execute('pragma journal_mode=\(mode)')
      c.execute('create table a(id integer primary key, n int, pad blob)')
      c.execute('create table b(id integer primary key, n int, pad blob)')
      for t in 'ab': c.executemany(f'insert into {t} values (?, 0, zeroblob(900))', [(i,) for i in range(2000)])
      n = 0
      while not os.path.exists('../stop'):
        n += 1
        c.execute('begin immediate')
        for t in 'ab': c.execute(f'update {t} set n = n + 1 where id % 50 = ?', (n % 50,))
        c.execute('commit')
        time.sleep(0.003)
        if n == 20: \(Self.ready)
      """
    let run = try beside(
      writer, sandbox,
      #"for v in 1 2 3 4; do "$SNAP" save v$v -q || echo "status $?"; done; touch ../stop; wait $P; echo "writer $?""#)
    #expect(run.output == "writer 0\n", "\(run.error)")
    var sums: Set<String> = []
    for version in 1...4 {
      try sandbox.snap("restore", "v\(version)", "--to", "../out\(version)")
      let database = sandbox.folder + "/out\(version)/data.db"
      #expect(!sandbox.exists(database + "-wal") && !sandbox.exists(database + "-journal"))
      #expect(try query(sandbox, database, "pragma integrity_check") == "ok\n")
      let sum = try query(sandbox, database, "select (select sum(n) from a), (select sum(n) from b)")
      let parts = sum.split(whereSeparator: \.isWhitespace)
      #expect(parts.count == 2 && parts[0] == parts[1] && parts[0] != "0", "\(mode): \(sum)")
      sums.insert(sum)
    }
    #expect(sums.count > 1, "the writer must have written in between")
    #expect(try sandbox.snap("show", "v4").output.contains("SQLite:    data.db\n"))
  }

  @Test func `status and diff see what stands in the log of a database alone`() throws {
    let sandbox = try SnapSandbox.withProject()
    let writer = """
      c = sqlite3.connect('data.db', isolation_level=None)
      c.execute('pragma journal_mode=wal'); c.execute('pragma wal_autocheckpoint=0')
      c.execute('create table t(x)')
      \(Self.ready)
      while not os.path.exists('../go'): time.sleep(0.003)
      c.execute('insert into t values (1)')
      open('../written', 'w').close()
      while not os.path.exists('../stop'): time.sleep(0.003)
      """
    let run = try beside(
      writer, sandbox,
      """
      "$SNAP" save v1 -q; "$SNAP" diff; echo before; touch ../go; until [ -e ../written ] || ! kill -0 $P; do :; done
      "$SNAP" diff --name-only; "$SNAP" status | grep Tree; rm -r ../cache
      "$SNAP" diff --name-only; "$SNAP" save v2 -q; "$SNAP" diff; touch ../stop; wait $P; echo "writer $?"
      """)
    #expect(
      run.output == """
        before
        data.db
        Tree:      1 changed, 0 new, 0 removed since v1
        data.db
        writer 0

        """, "\(run.error)")
  }

  @Test func `a database that did not change costs no copy, one whose log grew is copied`() throws {
    let sandbox = try SnapSandbox.withProject()
    // The connection stays open, so that the log is not merged.
    let run = try beside(
      """
      c = sqlite3.connect('data.db', isolation_level=None)
      c.execute('pragma journal_mode=wal')
      c.execute('create table t(a)')
      c.execute('insert into t values (1)')
      os.utime('data.db', (1, 1))
      \(Self.ready)
      while not os.path.exists('../more'): pass
      c.execute('insert into t values (2)')
      open('../done', 'w').close()
      while not os.path.exists('../stop'): pass
      """, sandbox,
      #"""
      sleep 2.1; "$SNAP" save v1 -q; "$SNAP" save v2 --json; "$SNAP" diff; touch ../more; until [ -e ../done ]; do :; done
      "$SNAP" save v3 --json; touch ../stop; wait $P; ls -d data.db*; ls -d ../snap-copy*
      """#)
    let summaries = run.outputLines.filter { $0.contains("\"summary\"") }
    #expect(summaries.count == 2)
    #expect(summaries[0].contains("\"bytes_read\":0,"), "\(run.output)")
    #expect(!summaries[1].contains("\"bytes_read\":0,"))
    #expect(!run.output.contains("data.db-wal") || run.output.contains("data.db-shm"), "\(run.output)")
    #expect(!run.output.contains("snap-copy"))
    #expect(try sandbox.snap("ls", "v3").output.split(separator: "\n").filter { $0.hasPrefix("data") } == ["data.db"])
    for (version, count) in [("v2", "1"), ("v3", "2")] {
      try sandbox.snap("restore", version, "--to", "../\(version)")
      #expect(try query(sandbox, sandbox.folder + "/\(version)/data.db", "select count(*) from t") == "\(count)\n")
    }
  }

  @Test func `what SQLite cannot copy is saved as read, with a warning that names it`() throws {
    let sandbox = try SnapSandbox.withProject()
    let locked = try beside(
      """
      c = sqlite3.connect('locked.db', isolation_level=None)
      c.execute('create table t(a)')
      c.execute('begin exclusive')
      b = sqlite3.connect('broken.db', isolation_level=None)
      b.execute('create table t(a)')
      b.executemany('insert into t values (zeroblob(3000))', [() for _ in range(9)])
      b.close()
      with open('broken.db', 'r+b') as f: f.seek(4096); f.write(b'garbage' * 99)
      with open('fake.db', 'wb') as f: f.write(b'SQLite format 3\\0' + b'x' * 1008)
      \(Self.ready)
      while not os.path.exists('../stop'): pass
      """, sandbox, #""$SNAP" save v1; echo "status $?"; touch ../stop; wait $P"#)
    #expect(locked.output.contains("status 3\n"))
    for line in [
      "snap: warning: locked.db: the database is locked for more than 5 seconds (saved as read)",
      "snap: warning: fake.db: it looks like an SQLite database and is none (saved as read)",
    ] { #expect(locked.errorLines.contains(line), "\(locked.error)") }
    #expect(locked.error.contains(/snap: warning: broken.db: the database is damaged: .* \(saved as read\)\n/))
    #expect(!locked.error.contains("could not be read"))
    #expect(try sandbox.shell(#""$SNAP" cat v1:broken.db | cmp - broken.db"#).status == 0)
    #expect(try !sandbox.snap("show", "v1").output.contains("SQLite:"))
    try sandbox.write("snap.yml", "sqlite: off\n")
    try sandbox.write("broken.db-wal", "x")
    let off = try sandbox.snap("save", "v2")
    #expect(off.status == 0 && off.error.isEmpty)
    #expect(try sandbox.snap("ls", "v2").output.contains("broken.db-wal\n"))
  }

  @Test func `a database restored in place is not mixed with the log of what was there`() throws {
    let sandbox = try SnapSandbox.withProject()
    let make = """
      import sqlite3, os
      c = sqlite3.connect("data.db", isolation_level=None)
      c.execute("pragma journal_mode=wal"); c.execute("pragma wal_autocheckpoint=0")
      c.execute("create table if not exists t(a)"); c.execute("insert into t values (1)")
      os._exit(0)
      """
    // A program that dies leaves its log.
    try sandbox.write(sandbox.folder + "/make.py", make)
    try sandbox.shell(#"python3 ../make.py; "$SNAP" save v1 -q; python3 ../make.py; python3 ../make.py"#)
    #expect(sandbox.exists("data.db-wal"))
    #expect(try query(sandbox, sandbox.project + "/data.db", "select count(*) from t") == "3\n")
    try sandbox.shell("python3 ../make.py")
    let run = try sandbox.snap("restore", "v1")
    #expect(run.status == 0, "\(run.error)")
    #expect(!sandbox.exists("data.db-wal") && !sandbox.exists("data.db-shm"))
    #expect(try query(sandbox, sandbox.project + "/data.db", "select count(*) from t") == "1\n")
    #expect(try sandbox.snap("undo").status == 0)
    #expect(try query(sandbox, sandbox.project + "/data.db", "select count(*) from t") == "4\n")
  }
}

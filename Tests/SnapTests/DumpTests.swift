import Foundation
import TestSupport
import Testing

struct DumpTests {
  private func project(_ dumps: String) throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n" + dumps)
    return sandbox
  }

  @Test func `a save runs the dumps, side by side, in the project's folder`() throws {
    // Each waits for the other: one after the other they would never end.
    let sandbox = try project(
      """
        app:
          command: echo x >one; until [ -e two ]; do :; done; pwd
          extension: txt
          timeout: 20s
        users:
          command: [sh, -c, 'echo x >two; until [ -e one ]; do :; done; echo "{\\"v\\": \\"$SNAP_VERSION\\"}"']
          path: data/users.json
          must: json
          timeout: 20s

      """)
    let dry = try sandbox.snap("save", "v1", "--dry-run")
    #expect(dry.output.contains("Dumps:   would run app, users, as dumps/app.txt, data/users.json\n"))
    #expect(!sandbox.exists("one"))
    let run = try sandbox.snap("save", "v1", folder: sandbox.project + "/src")
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("Dumps:   dumps/app.txt, data/users.json\n"))
    #expect(try sandbox.snap("cat", "v1:dumps/app.txt").output == sandbox.project + "\n")
    #expect(try sandbox.snap("cat", "v1:users").output == "{\"v\": \"v1\"}\n")
    #expect(try sandbox.snap("show", "v1").output.contains("Dumps:     app (dumps/app.txt), users (data/users.json)\n"))
    #expect(try sandbox.snap("diff").output.split(separator: "\n").filter { $0.contains("dumps") }.isEmpty)
    #expect(try !sandbox.snap("save", "v2", "--no-dumps").output.contains("Dumps:"))
    #expect(try !sandbox.snap("save", "v3", "src").output.contains("Dumps:"))
    #expect(!sandbox.exists("dumps"), "nothing of it lies in the tree")
  }

  @Test(arguments: [
    ("command: echo one >&2; echo two >&2; exit 3", "dump 'app' failed: exited with 3: one / two"),
    ("command: kill -9 $$", "dump 'app' failed: killed by signal 9"),
    ("command: [no-such-program]", "dump 'app' failed: cannot run 'no-such-program': No such file or directory"),
    ("command: 'true'", "dump 'app' wrote 0 B, less than its minimum-size of 1 B"),
    ("command: echo 123\n    minimum-size: 1K", "dump 'app' wrote 4 B, less than its minimum-size of 1.0 KiB"),
    ("command: echo '{\"a\":'\n    must: json", "dump 'app' is not JSON: it ends before the text does"),
    ("command: echo '{a}'\n    must: json", "dump 'app' is not JSON: wrong from byte 1 on"),
    (
      "command: echo half\n    must-end-with: '-- complete'",
      "dump 'app' does not end with '-- complete'; it was probably cut short"
    ),
    (
      "command: trap '' TERM; echo x; exec sleep 60\n    timeout: 1s",
      "dump 'app' was stopped: it ran longer than its timeout of 1 second"
    ),
    (
      "command: pg_dump\n    url-from: NO_SUCH_URL",
      "dump 'app' cannot start: the variable NO_SUCH_URL is not set"
    ),
    (
      "command: pg_dump\n    env-file: .env.none", "dump 'app' cannot start: its env-file '.env.none' does not exist"
    ),
    (
      "command: echo PGPASSWORD=hunter2 postgres://a:hunter2@b/c >&2; exit 1",
      "dump 'app' failed: exited with 1: PGPASSWORD=*** postgres://a:***@b/c"
    ),
  ])
  func `a dump that fails is named with its reason, and nothing is saved`(keys: String, message: String) throws {
    // The other dump would run for long: it is ended.
    let sandbox = try project("  slow: {command: exec sleep 60}\n  app:\n    \(keys)\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 23)
    #expect(
      run.error == "snap: \(message); nothing was saved\n"
        + "hint: snap save --allow-partial leaves out what fails, --no-dumps all of them\n")
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `a failure anywhere in a pipe is a failure, of a dump and of a command that gets one`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: '(echo half; exit 7) | cat'}\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 23)
    #expect(run.error.hasPrefix("snap: dump 'app' failed: exited with 7; nothing was saved\n"))
    try sandbox.write("snap.yml", "dumps:\n  app: {command: 'false || printf \"a|b\" | cat'}\n")
    #expect(try sandbox.snap("save", "v2").status == 0)
    #expect(try sandbox.snap("cat", "v2:app").output == "a|b")
    #expect(try sandbox.snap("restore", "v2:app", "--pipe", "(cat; exit 5) | cat").status == 23)
    #expect(try sandbox.snap("restore", "v2:app", "--pipe", "cat | (cat; exit 0)").output == "a|b")
  }

  @Test func `where no shell can tell, that is said`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: '(echo half; exit 7) | /bin/cat'}\n")
    // A /bin/sh that knows the option needs no other.
    let knows = try sandbox.shell("/bin/sh -o pipefail -c : 2>/dev/null").status == 0
    let run = try sandbox.snap("save", "v1", environment: ["PATH": "/nowhere"])
    if knows { return #expect(run.status == 23) }
    #expect(run.status == 0)
    #expect(
      run.error.contains(
        "snap: warning: dump 'app': no shell here knows pipefail: only the last command of its pipe is seen to fail\n"
          + "hint: install bash, or give must-end-with or minimum-size\n"), "\(run.error)")
  }

  @Test func `with --allow-partial the version lacks what failed, and says so`() throws {
    let sandbox = try project("  good: {command: echo fine}\n  bad: {command: 'echo half; exit 4'}\n")
    let run = try sandbox.snap("save", "v1", "--allow-partial")
    #expect(run.status == 3)
    #expect(run.error.contains("snap: skipped: dumps/bad: dump 'bad' failed: exited with 4\n"))
    #expect(try sandbox.snap("ls", "-R", "v1:dumps").output == "good\n")
    #expect(try sandbox.snap("show", "v1").output.contains("Dumps:     good (dumps/good)\n"))
  }

  @Test func `a signal ends the commands too, and saves nothing`() throws {
    let sandbox = try project("  app: {command: 'echo $$ >pid; exec sleep 60'}\n")
    let run = try sandbox.shell(
      #""$SNAP" save v1 & s=$!; until [ -s pid ]; do :; done; kill -TERM $s; wait $s; echo "status $?"; kill -0 $(cat pid)"#
    )
    #expect(run.output == "status 143\n")
    #expect(run.error.contains("snap: interrupted; nothing was added to history"))
    #expect(run.error.contains("No such process"))
  }

  @Test func `commands of a file that others may write are not run`() throws {
    let sandbox = try project("  app: {command: touch ran}\n")
    try sandbox.shell("chmod o+w snap.yml")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 18)
    #expect(run.error.hasPrefix("snap: everybody may write snap.yml, so its commands are not run; nothing saved\n"))
    if isRoot {
      try sandbox.shell("chmod o-w snap.yml; chown 65534 snap.yml")
      #expect(try sandbox.snap("save", "v1").status == 18)
    }
    #expect(!sandbox.exists("ran"))
    #expect(try sandbox.snap("save", "v1", "--no-dumps").status == 0)
  }

  @Test func `a file of a version goes into a command, whole or not at all`() throws {
    let sandbox = try project("  app: {command: seq 1 200000}\n")
    try sandbox.snap("save", "v1")
    let good = try sandbox.snap("restore", "v1:app", "--pipe", "wc -l")
    #expect((good.status, good.output) == (0, "200000\n"))
    #expect(good.error == "snap: piped dumps/app of v1 (1.2 MiB) into 'wc -l'\n")
    let json = try sandbox.snap("restore", "v1:dumps/app", "--pipe", "wc -l", "--json")
    #expect(json.outputLines.count == 1 && json.output.contains("\"bytes_piped\":1288895"))
    for (command, message) in [
      ("cat >/dev/null; exit 4", "'cat >/dev/null; exit 4' exited with 4, with 'dumps/app' of v1 as its input"),
      ("head -1", "'head -1' ended before it had read all of 'dumps/app' of v1"),
    ] {
      let run = try sandbox.snap("restore", "v1:app", "--pipe", command)
      #expect(run.status == 23)
      #expect(run.error == "snap: \(message)\n")
    }
    #expect(try sandbox.snap("restore", "v1", "--pipe", "cat").status == 2)
    #expect(try sandbox.snap("restore", "v1:app", "--pipe", "cat", "--to", "x").status == 2)
    #expect(try sandbox.snap("restore", "v1:src", "--pipe", "cat").status == 18)
  }

  @Test(arguments: ["exec sleep 600", "cat >/dev/null; trap '' TERM; touch ../started; sleep 600; sleep 600"])
  func `a signal ends a command of --pipe that does not read, or works on what it has read`(command: String) throws {
    let sandbox = try SnapSandbox.withProject()
    // More than a pipe holds.
    try sandbox.shell("head -c 300000 /dev/urandom >large; \"$SNAP\" save v1 -q")
    let run = try sandbox.shell(
      #"""
      "$SNAP" restore v1:large --pipe 'echo $$ >../command; touch ../started; '"$COMMAND" & P=$!
      until [ -e ../started ]; do :; done; kill -TERM $P; wait $P; echo $?; kill -0 $(cat ../command) || echo gone
      """#, environment: ["COMMAND": command])
    #expect(run.output == "143\ngone\n")
    #expect(run.error.hasPrefix("snap: interrupted; the command was stopped\n"), "\(run.error)")
  }

  @Test func `a command is killed before it could take damage for the end`() throws {
    let sandbox = try project("  app: {command: head -c 3000000 /dev/urandom}\n")
    try sandbox.snap("save", "v1", "--compression", "off")
    // A byte in the middle of the pack, which is the dump's.
    try sandbox.shell(
      #"p=$(ls -S .snap/packs/*/* | head -1); chmod u+w "$p"; s=$(stat -c %s "$p"); printf X | dd of="$p" bs=1 seek=$((s / 2)) conv=notrunc 2>/dev/null"#
    )
    let run = try sandbox.snap("restore", "v1:app", "--pipe", "cat >got; touch ended")
    #expect(run.status == 13, "\(run.error)")
    #expect(run.error.contains("'cat >got; touch ended' was stopped before it got the damaged part\n"))
    #expect(!sandbox.exists("ended"))
  }
}

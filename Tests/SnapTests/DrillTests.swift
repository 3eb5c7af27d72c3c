import Foundation
import TestSupport
import Testing

struct DrillTests {
  @Test func `a drill restores, reads back, runs the checks there, and leaves nothing behind`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("mkdir locked && echo x >locked/x && chmod 0555 locked && \"$SNAP\" save v2 -q; mkdir ../tmp")
    let run = try sandbox.snap(
      "drill", "--check", "pwd; cat src/main.py", "--check",
      "test \"$(ls -A)\" = \"$(printf 'config\\nlocked\\nnotes.txt\\nsrc')\"",
      environment: ["TMPDIR": sandbox.folder + "/tmp"])
    #expect(run.status == 0, "\(run.error)")
    #expect(run.errorLines.first?.hasPrefix(sandbox.folder + "/tmp/snap-drill-") == true)
    #expect(run.errorLines.last == "print('hello')", "what a check prints goes to standard error")
    #expect(run.outputLines.first == "Files:   4 files restored and read back (48 B)")
    #expect(run.outputLines.last?.hasPrefix("drill of v2 passed  in ") == true)
    #expect(try sandbox.shell("ls -A ../tmp").output.isEmpty)
    #expect(try sandbox.shell("git status 2>/dev/null; ls").output == "config\nlocked\nnotes.txt\nsrc\n")
  }

  @Test func `ops and status tell of the last drill`() throws {
    let sandbox = try SnapSandbox.withVersion()
    #expect(!(try sandbox.snap("status").output.contains("Drill:")))
    try sandbox.snap("drill", "v1", "-q")
    #expect(try sandbox.snap("ops").output.contains(/drill    v1 passed in \d+\.\d s\n/))
    #expect(try sandbox.snap("status").output.contains(/Drill:     v1 passed in \d+\.\d s, just now\n/))
    #expect(try sandbox.snap("drill", "v1", "--check", "exit 4").status == 23)
    #expect(
      try sandbox.snap("status").output.contains("Drill:     v1 failed: check 'exit 4' exited with 4, just now\n"))
    let object = try JSONSerialization.jsonObject(with: Data(sandbox.snap("status", "--json").outputBytes))
    let status = try #require(object as? [String: Any])
    #expect((status["latest_drill"] as? [String: Any])?["passed"] as? Bool == false)
    #expect((status["latest_drill"] as? [String: Any])?["reason"] as? String == "check 'exit 4' exited with 4")
    #expect((status["latest_good_drill"] as? [String: Any])?["files_restored"] as? Int == 3)
  }

  @Test func `a check that hangs is stopped with all that it started, and the drill has failed`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("drill", "--check-timeout", "1s", "--check", "echo $$ >../group; sleep 600 & wait")
    #expect(run.status == 23)
    #expect(run.error.hasPrefix("snap: drill of v1 failed: check "), "\(run.error)")
    #expect(run.error.contains(" was stopped: it ran longer than its timeout of 1 second\n"), "\(run.error)")
    let group = try #require(sandbox.read(sandbox.folder + "/group")?.split(separator: "\n").first)
    // What nobody has waited for yet is still listed, as a zombie.
    let running = try sandbox.shell("awk '$5 == \(group) && $3 != \"Z\"' /proc/[0-9]*/stat")
    #expect(running.output.isEmpty, "nothing of it runs")
    #expect(try sandbox.snap("drill", "--check-timeout", "soon").status == 2)
  }

  @Test func `a check that fails ends with 23, names itself, and may leave the files for a look`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("mkdir ../tmp")
    let run = try sandbox.snap("drill", "--in", "../tmp", "--check", "false", "--check", "touch ../never")
    #expect(run.status == 23)
    #expect(
      run.error
        == "snap: drill of v1 failed: check 'false' exited with 1\nhint: --keep leaves the restored files for a look\n")
    #expect(try sandbox.shell("ls -A ../tmp").output.isEmpty, "removed, and no check after the one that failed")
    #expect(
      try sandbox.snap("drill", "--in", "../tmp", "--check", "kill -9 $$", "--keep").error.contains(
        "was killed by signal 9"))
    #expect(try sandbox.shell("cat ../tmp/snap-drill-*/notes.txt").output == "one\ntwo\nthree\n")
    #expect(
      try sandbox.snap("drill", "--check", "exit 3 # psql postgres://me:secret@host/x").error
        .contains("check 'exit 3 # psql postgres://host/x' exited with 3"))
  }

  @Test func `damage is found, recorded, and ends with 13`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell(
      "for p in $(find .snap/packs -type f); do dd if=/dev/zero of=$p bs=1 seek=70 count=40 conv=notrunc; done 2>&1")
    let run = try sandbox.snap("drill", "v1")
    #expect(run.status == 13, "\(run.error)")
    #expect(run.errorLines.contains { $0.hasPrefix("snap: drill of v1 failed: ") }, "\(run.error)")
    #expect(try sandbox.snap("status", "--no-tree", "--max-drill", "30d").status == 25)
  }

  @Test func `status ends with 25 when no drill has passed, or the last one is too old`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let never = try sandbox.snap("status", "--max-drill", "30d", "--max-age", "1h")
    #expect(never.status == 25)
    #expect(never.error == "snap: no drill has passed yet\nhint: snap drill\n")
    try sandbox.snap("drill", "-q")
    #expect(try sandbox.snap("status", "-q", "--max-drill", "30d").status == 0)
    try sandbox.snap("drill", "-q", "--check", "false")
    #expect(try sandbox.snap("status", "-q", "--max-drill", "30d").status == 0, "one good drill is young enough")
    // The record of the good one, 40 days older: its time is a varint of zigzag seconds behind magic and kind.
    let run = try sandbox.shell(
      #"""
      python3 - .snap/operations/*-drill <<'END'
      import sys
      def varint(n):
          out = b""
          while n > 127: out += bytes([n & 127 | 128]); n >>= 7
          return out + bytes([n])
      for path in sys.argv[1:]:
          old = open(path, "rb").read()
          end = 5
          while old[end] & 128: end += 1
          zigzag = sum((byte & 127) << 7 * at for at, byte in enumerate(old[5:end + 1]))
          open(path, "wb").write(old[:5] + varint(zigzag - 2 * 40 * 86400) + old[end + 1:])
      END
      """#)
    #expect(run.status == 0, "\(run.error)")
    let old = try sandbox.snap("status", "-q", "--max-drill", "30d")
    #expect(old.status == 25)
    #expect(old.error == "snap: the last good drill is 5 weeks old; allowed are 30 days\nhint: snap drill\n")
    #expect(try sandbox.snap("status", "-q", "--max-drill", "50d").status == 0)
  }

  @Test func `a terminal that goes leaves no copy behind, though it says so twice`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("drill", "--in", sandbox.folder, "--check", "kill -HUP $PPID; kill -HUP $PPID")
    #expect(run.status == 130)
    #expect(run.error == "snap: interrupted; the drill is not recorded\n")
    #expect(try sandbox.shell("ls .. | grep -c snap-drill").output == "0\n")
  }

  @Test func `the checks of snap.yml run, in their order, until one fails`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write(
      "snap.yml",
      "checks:\n  - test -s notes.txt\n  - [sh, -c, 'test $# = 2 && pwd', a, 'b c', d]\n  - exit 4; password=x1y2\n  - touch ../never\n"
    )
    let run = try sandbox.snap("drill", "--in", sandbox.folder)
    #expect(run.status == 23)
    #expect(run.errorLines.first?.hasPrefix(sandbox.folder + "/snap-drill-") == true, "\(run.error)")
    #expect(
      run.errorLines.dropFirst() == [
        "snap: drill of v1 failed: check 'exit 4; password=***' exited with 4",
        "hint: --keep leaves the restored files for a look",
      ])
    #expect(!sandbox.exists(sandbox.folder + "/never"))
    try sandbox.write("snap.yml", "checks: [[./nowhere]]\n")
    #expect(
      try sandbox.snap("drill").error
        == "snap: drill of v1 failed: check './nowhere': cannot run './nowhere': No such file or directory\n")
    try sandbox.write("snap.yml", "checks: test -s notes.txt\n")
    #expect(
      try sandbox.snap("drill", folder: sandbox.project + "/src").output.contains("Check:   'test -s notes.txt' passed")
    )
  }

  @Test func `--check takes the place of the checks of snap.yml, and --no-checks leaves them out`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("snap.yml", "checks: exit 4\n")
    let own = try sandbox.snap("drill", "--check", "test -s notes.txt")
    #expect(own.status == 0, "\(own.error)")
    #expect(own.outputLines.count { $0.hasPrefix("Check: ") } == 1)
    let none = try sandbox.snap("drill", "--no-checks")
    #expect(none.status == 0 && !none.output.contains("Check: "), "\(none.error)")
    let both = try sandbox.snap("drill", "--no-checks", "--check", "true")
    #expect(both.status == 2)
    #expect(both.error.hasPrefix("snap: --no-checks and --check cannot be combined\n"))
  }

  @Test func `checks of a snap.yml that others may write are not run`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("snap.yml", "checks: touch \(sandbox.folder)/ran\n")
    try sandbox.shell("chmod o+w snap.yml")
    let run = try sandbox.snap("drill")
    #expect(run.status == 18)
    #expect(
      run.error
        == "snap: everybody may write snap.yml, so its commands are not run; nothing restored\nhint: chmod o-w snap.yml, or drill with --no-checks\n"
    )
    if isRoot {
      try sandbox.shell("chmod o-w snap.yml; chown 65534 snap.yml")
      let foreign = try sandbox.snap("drill")
      #expect(foreign.status == 18)
      #expect(foreign.error.hasSuffix("hint: drill as that user, make the file yours, or drill with --no-checks\n"))
    }
    #expect(!sandbox.exists(sandbox.folder + "/ran"))
    #expect(try sandbox.snap("drill", "--no-checks").status == 0)
    try sandbox.write("snap.yml", "cheks: true\n")
    #expect(try sandbox.snap("drill").error == "snap: snap.yml:1: unknown key 'cheks' (did you mean 'checks'?)\n")
  }

  @Test func `a drill that failed is a problem until one passes`() throws {
    let sandbox = try SnapSandbox.withVersion()
    #expect(try sandbox.snap("drill", "--check", "exit 4").status == 23)
    let failed = try sandbox.snap("status")
    #expect(
      failed.output.contains("Health:    the last drill failed: check 'exit 4' exited with 4\n"), "\(failed.output)")
    try sandbox.snap("drill")
    #expect(try sandbox.snap("status").output.contains("Health:    no problem known\n"))
  }

  @Test func `a drill without a place to restore to says so`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("drill", "--in", "/proc/nonexistent")
    #expect(run.status == 1)
    #expect(run.error.hasPrefix("snap: cannot make a folder in /proc/nonexistent: No such file or directory\nhint: "))
    #expect(try sandbox.snap("drill", "v9").status == 21)
  }
}

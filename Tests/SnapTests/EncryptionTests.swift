import Foundation
import TestSupport
import Testing

/// That a secret stays where it belongs: not with children, not on command lines, not in messages, not in files that
/// others may read.
struct EncryptionTests {
  static let password = "correct-horse-battery"

  private func project() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withKeyFile()
    _ = try sandbox.secret("password", Self.password + "\n")
    try sandbox.key("add --label person --new-password-file ../password")
    return sandbox
  }

  @Test func `the manifest of an encrypted version names files by hashes that others compute, too`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.write("small", "one chunk\n")
    try sandbox.shell("head -c 3000000 /dev/urandom >large; truncate -s 2M sparse; : >empty")
    #expect(try sandbox.snap("save", "v1", environment: sandbox.unlocked).status == 0)
    let listed = try sandbox.snap("show", "v1", "--manifest", environment: sandbox.unlocked)
    try sandbox.write("../MANIFEST", listed.output)
    let checked = try sandbox.shell("sha256sum -c ../MANIFEST")
    #expect(checked.status == 0 && checked.output.contains("small: OK\n"), "\(checked)")
  }

  /// Everything that a child may see of this process.
  private static let spy =
    "env >>../seen; tr '\\0' '\\n' </proc/$PPID/cmdline >>../seen; tr '\\0' '\\n' </proc/$PPID/environ >>../seen"

  @Test func `dumps, hooks, checks and password commands never see SNAP_PASSWORD, nor does proc show it`() throws {
    let sandbox = try project()
    try sandbox.write("../spy", Self.spy + "\necho spied >>../seen\n")
    try sandbox.write(
      "snap.yml",
      """
      dumps:
        app:
          command: sh ../spy; echo dump
      hooks:
        before-save: sh ../spy
        after-save: sh ../spy
      notify:
        command: sh ../spy
      """)
    let environment = ["SNAP_PASSWORD": Self.password]
    let direct = try sandbox.snap("save", "v1", environment: environment)
    #expect(direct.status == 0, "\(direct.error)")
    // Where another source wins, the variable is taken away all the same.
    let other = try sandbox.snap("save", "v2", "--key-file", "../key", environment: environment)
    #expect(other.status == 0, "\(other.error)")
    #expect(
      try sandbox.snap("drill", "v2", "--check", "sh \(sandbox.folder)/spy", environment: environment).status == 0)
    let command = try sandbox.snap(
      "list", "--password-command", "sh ../spy; cat ../password", environment: environment)
    #expect(command.status == 0, "\(command.error)")
    #expect(try sandbox.snap("guard", "--", "sh", "../spy", environment: environment).status == 0)
    let plain = try sandbox.snap("init", "-r", "../plain")
    #expect(plain.status == 0)
    try sandbox.snap("save", "v1", "-r", "../plain", environment: environment)

    let seen = try #require(sandbox.read("../seen"))
    #expect(seen.split(separator: "\n").filter { $0 == "spied" }.count >= 12)
    #expect(seen.contains("SNAP_CACHE_DIR="), "the environment was looked at")
    #expect(!seen.contains(Self.password))
  }

  @Test func `no message and no listing holds a secret`() throws {
    let sandbox = try project()
    let key = try #require(sandbox.read("../key")?.firstMatch(of: /key: (\w+)/)).1
    let environment = ["SNAP_PASSWORD": Self.password]
    for line in [
      "list", "save v1 -v", "key list", "key list --json", "status -v", "show v1 --json", "config", "save v1",
      "list --key-file ../missing", "verify -v", "key export ../keys", "key remove nobody", "ops",
    ] {
      let run = try sandbox.shell("\"$SNAP\" \(line)", environment: environment)
      #expect(!(run.output + run.error).contains(Self.password) && !(run.output + run.error).contains(key), "\(line)")
    }
    let wrong = try sandbox.snap("list", environment: ["SNAP_PASSWORD": "wrong-horse-battery"])
    #expect(wrong.status == 12)
    #expect(!wrong.error.contains("wrong-horse"))
  }

  @Test func `children of a process with keys leave no core dumps`() throws {
    let sandbox = try project()
    try sandbox.write("snap.yml", "hooks:\n  before-save: ulimit -c >../limit\n")
    let run = try sandbox.shell(
      "ulimit -c unlimited 2>/dev/null; ulimit -c; \"$SNAP\" save v1 -q", environment: sandbox.unlocked)
    #expect(run.status == 0, "\(run.error)")
    #expect(sandbox.read("../limit") == "0\n", "before: \(run.output)")
  }

  @Test func `all files of the repository and of the cache are for their owner alone`() throws {
    let sandbox = try project()
    for line in ["save v1", "tag v1 x", "hold v1", "key rotate --drop-others", "save v2", "forget v2", "gc"] {
      let run = try sandbox.shell("umask 000; exec \"$SNAP\" \(line)", environment: sandbox.unlocked)
      #expect(run.status == 0, "\(line): \(run.error)")
    }
    let open = try sandbox.shell("find .snap ../cache ../key -perm /077")
    #expect(open.output.isEmpty)
    #expect(try sandbox.shell("find .snap ../cache -type f").outputLines.count > 8, "there is something to look at")
  }

  @Test func `the index is not in the repository, and is made anew where it is gone`() throws {
    let sandbox = try project()
    try sandbox.snap("save", "v1", environment: sandbox.unlocked)
    #expect(try sandbox.shell("ls .snap | grep index").output.isEmpty)
    try sandbox.shell("rm -r ../cache")
    let run = try sandbox.snap("list", environment: sandbox.unlocked)
    #expect(run.output.hasPrefix("v1\t"))
    #expect(run.error.contains("index rebuilt from"))
  }
}

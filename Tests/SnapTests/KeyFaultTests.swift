import Foundation
import TestSupport
import Testing

/// What people meet when a key does not open: one test a row of the table of faults.
struct KeyFaultTests {
  struct Misuse: CustomTestStringConvertible {
    var line: String
    var message: String
    var status: Int32 = 2
    var testDescription: String { line }
  }

  static let misuses: [Misuse] = [
    Misuse(line: "", message: "key needs <action>"),
    Misuse(
      line: "frob",
      message: "action: 'frob' is not one of list, add, passwd, remove, rotate, export, import, remember, forget"),
    Misuse(
      line: "add --new-key-file a --recovery-code", message: "--new-key-file and --recovery-code cannot be combined"),
    Misuse(
      line: "add --new-password-file a --new-password-command b",
      message: "--new-password-file and --new-password-command cannot be combined"),
    Misuse(line: "remove ci --new-key-file a", message: "--new-key-file and key remove cannot be combined"),
    Misuse(line: "list --new-password-file a", message: "--new-password-file and key list cannot be combined"),
    Misuse(line: "passwd --recovery-code", message: "--recovery-code and key passwd cannot be combined"),
    Misuse(line: "passwd --label x", message: "--label and key passwd cannot be combined"),
    Misuse(line: "add --drop-others", message: "--drop-others and key add cannot be combined"),
    Misuse(line: "rotate --for 1h", message: "--for and key rotate cannot be combined"),
    Misuse(line: "remember --for soon", message: "--for: 'soon' is not a duration (like 1y5m7d2h)"),
    Misuse(line: "remove", message: "key remove needs a label or an id"),
    Misuse(line: "export", message: "key export needs a file"),
    Misuse(line: "import", message: "key import needs a file"),
    Misuse(line: "add ci", message: "key add takes no 'ci'"),
    Misuse(line: "add --label ''", message: "--label: '' is no label of 1 to 100 printable characters"),
    Misuse(
      line: "list --key-file a --password-file b", message: "--key-file and --password-file cannot be combined"),
    Misuse(line: "remove nobody", message: "there is no key 'nobody'", status: 21),
    Misuse(
      line: "add --label 'key file' --new-key-file ../new", message: "there is a key 'key file' already", status: 18),
    Misuse(line: "add --new-key-file ../key", message: "../key exists already; nothing replaces it", status: 18),
    Misuse(line: "export ../key", message: "../key exists already; nothing replaces it", status: 18),
    Misuse(line: "add", message: "no terminal to ask for a new password on", status: 18),
    Misuse(line: "add --new-password-command true", message: "the password is empty", status: 12),
    Misuse(line: "remove 'key file'", message: "this is the only key; add another first", status: 18),
    Misuse(line: "import ../missing", message: "there is no file ../missing", status: 21),
    Misuse(
      line: "import notes.txt", message: "notes.txt is no export of keys, or damaged: key export is truncated",
      status: 13),
  ]

  @Test func `misuse is refused in one line, and changes no key`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    let before = try sandbox.snap("key", "list").output
    for misuse in Self.misuses {
      let run = try sandbox.key(misuse.line)
      #expect(run.status == misuse.status, "\(misuse.line): \(run.error)")
      #expect(run.errorLines.first ?? "" == (misuse.message.isEmpty ? "" : "snap: \(misuse.message)"), "\(misuse.line)")
    }
    #expect(try sandbox.snap("key", "list").output == before)
    #expect(!sandbox.exists("../new"), "a key file that opens nothing is not left behind")
  }

  @Test func `a source that gives no secret is named`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    _ = try sandbox.secret("odd", "this is no key file\n")
    for (environment, message) in [
      (["SNAP_PASSWORD": ""], "the password is empty"),
      (["SNAP_PASSWORD": "x"], "none of the keys of \(sandbox.project)/.snap is a password"),
      (["SNAP_PASSWORD_COMMAND": "exit 1"], "SNAP_PASSWORD_COMMAND exited with 1"),
      (["SNAP_PASSWORD_COMMAND": "true"], "the password is empty"),
      (
        ["SNAP_PASSWORD_COMMAND": "head -c 9999 /dev/zero"],
        "the output of SNAP_PASSWORD_COMMAND has more than 4 096 bytes; that is no password"
      ),
      (["SNAP_PASSWORD_FILE": "../missing"], "cannot read the password file ../missing: No such file or directory"),
      (["SNAP_KEY_FILE": "../odd"], "key file ../odd is damaged, or no key file"),
      ([:], "\(sandbox.project)/.snap is encrypted, and no password was given"),
    ] {
      let run = try sandbox.snap("list", environment: environment)
      #expect(run.status == 12, "\(environment)")
      #expect(run.errorLines.first == "snap: \(message)", "\(environment)")
      #expect(run.output.isEmpty)
    }
    let empty = try sandbox.snap("list", environment: ["SNAP_PASSWORD_FILE": ""])
    #expect(empty.status == 2)
    #expect(empty.error == "snap: SNAP_PASSWORD_FILE: '' is not a path or command\n")
  }

  @Test func `a key file of another repository, and one with a flipped digit, are told apart`() throws {
    let (one, other) = (try SnapSandbox.withKeyFile(), try SnapSandbox.withKeyFile())
    let foreign = try one.snap("list", "--key-file", other.folder + "/key")
    #expect(foreign.status == 12)
    #expect(
      foreign.error.firstMatch(of: /^snap: key file \S+\/key is for repository [0-9a-f]{8}…, not [0-9a-f]{8}…\n$/)
        != nil)
    try one.shell("sed -i 's/^key: ./key: g/' ../key")
    #expect(
      try one.snap("list", environment: one.unlocked).error
        == "snap: key file ../key is damaged, or no key file\n"
        .replacing("../key", with: one.folder + "/key"))
  }

  @Test func `a secret that others can read is refused, unless that is wanted`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    _ = try sandbox.secret("new", "a password\n")
    try sandbox.shell("chmod 640 ../key; chmod 604 ../new")
    for words in [["list", "--key-file", "../key"], ["list", "-p", "../new"]] {
      let run = try sandbox.snap(words[0], words[1], words[2])
      #expect(run.status == 18)
      #expect(
        run.error.contains("\(words[2]) is readable by others\nhint: chmod 600 \(words[2]), or --insecure-perms\n"))
    }
    #expect(try sandbox.snap("list", "--key-file", "../key", "--insecure-perms").status == 0)
    #expect(try sandbox.key("add --new-password-file ../new --insecure-perms --key-file ../key").status == 0)
  }

  @Test func `a damaged slot is told about and the others open; without any the export is named`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.key("add --label ci --new-key-file ../ci")
    let slots = try sandbox.shell("cd .snap/keys && grep -l ci *; grep -L ci *").outputLines
    // Eight bytes: one would be what it was before once in 256 runs.
    try sandbox.shell("printf XXXXXXXX | dd of=.snap/keys/\(slots[0]) bs=1 seek=90 conv=notrunc status=none")
    let warning = "snap: warning: key slot '\(slots[0].prefix(8))' is damaged; snap key add makes a new one\n"
    let run = try sandbox.snap("list", environment: sandbox.unlocked)
    #expect(run.status == 0)
    #expect(run.error == warning)
    #expect(try sandbox.snap("key", "list").outputLines.last == "?\t\(slots[0].prefix(8))\tdamaged\t")
    #expect(try sandbox.key("remove 'key file'").status == 18, "the last whole one stays")
    let exported = try sandbox.snap("key", "export", "../some")
    #expect(exported.status == 0)
    #expect(exported.error == "snap: warning: key slot '\(slots[0].prefix(8))' is damaged; it is not in the export\n")

    try sandbox.shell(": >.snap/keys/\(slots[1])")
    let none = try sandbox.snap("list", environment: sandbox.unlocked)
    #expect(none.status == 13)
    #expect(
      none.error.hasSuffix(
        """
        snap: every key slot of \(sandbox.project)/.snap is damaged
        hint: snap key import FILE, with a file that snap key export wrote

        """))
    let nothing = try sandbox.snap("key", "export", "../none")
    #expect(nothing.status == 13)
    #expect(!sandbox.exists("../none"))
  }

  @Test func `a slot that asks for absurd memory is refused before any is taken`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.key("add --label person --new-password-command 'echo secret'")
    let script = """
      import hashlib, pathlib
      for slot in pathlib.Path('.snap/keys').iterdir():
          data = slot.read_bytes()
          at = data.find(bytes([6, 3, 17, 8, 1]))
          if at > 0:
              data = data[:at + 2] + bytes([30]) + data[at + 3:-32]
              slot.write_bytes(data + hashlib.sha256(data).digest())
      """
    try sandbox.write("../absurd.py", script)
    #expect(try sandbox.shell("python3 ../absurd.py").status == 0)
    let run = try sandbox.snap("list", environment: ["SNAP_PASSWORD": "secret"])
    #expect(run.status == 18)
    #expect(
      run.error.firstMatch(of: /^snap: key slot [0-9a-f]{8} asks for 1.0 TiB of memory; refusing\nhint: rm \//)
        != nil)
  }

  @Test func `keys of another repository are not imported, and a plain one has none`() throws {
    let (one, other) = (try SnapSandbox.withKeyFile(), try SnapSandbox.withKeyFile())
    try other.snap("key", "export", one.folder + "/foreign")
    let foreign = try one.snap("key", "import", "../foreign")
    #expect(foreign.status == 18)
    #expect(
      foreign.error.firstMatch(of: /^snap: ..\/foreign has keys of another repository, not of [0-9a-f]{8}…\n$/) != nil)
    let plain = try SnapSandbox.withProject()
    for action in ["list", "add", "passwd", "rotate", "remember", "forget"] {
      let run = try plain.snap("key", action)
      #expect(run.status == 18, "\(action)")
      #expect(
        run.error == """
          snap: \(plain.project)/.snap is not encrypted, so it has no keys
          hint: snap init --encrypt makes one that is

          """)
    }
    #expect(try SnapSandbox().snap("key", "list").status == 10)
  }

  @Test func `a repository that was replaced by a plain one gets nothing`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.shell("rm -r .snap")
    #expect(try sandbox.snap("init").status == 0)
    for (line, name) in [("save v1 --key-file ../key", "--key-file"), ("save v1 -p ../key", "--password-file")] {
      let run = try sandbox.shell("exec \"$SNAP\" \(line)")
      #expect(run.status == 14)
      #expect(
        run.error.hasPrefix("snap: \(sandbox.project)/.snap is not encrypted, but \(name) is given; refusing\nhint: "))
    }
    #expect(try sandbox.snap("save", "v1", environment: sandbox.unlocked).status == 14)
    #expect(try sandbox.snap("list").output.isEmpty, "nothing was saved")
    #expect(try sandbox.snap("save", "v1", environment: ["SNAP_PASSWORD": "for another"]).status == 0)
  }

  @Test func `init that cannot have a password makes nothing`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap("init", "--encrypt")
    #expect(run.status == 18)
    #expect(
      run.error == """
        snap: no terminal to ask for a new password on
        hint: --password-file, --password-command or --key-file

        """)
    #expect(try sandbox.snap("init", "--no-recovery-code").error == "snap: --no-recovery-code needs --encrypt\n")
    let plain = try sandbox.snap("init", "--key-file", "../key")
    #expect(plain.status == 2, "no plain repository for who names a key")
    #expect(plain.error == "snap: --key-file needs --encrypt\n")
    try sandbox.write("../key", "mine\n")
    #expect(try sandbox.snap("init", "--encrypt", "--key-file", "../key").status == 18)
    #expect(sandbox.read("../key") == "mine\n")
    #expect(!sandbox.exists(".snap"))
  }
}

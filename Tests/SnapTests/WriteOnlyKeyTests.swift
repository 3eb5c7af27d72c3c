import Foundation
import TestSupport
import Testing

/// A server with a key that can only save.
struct WriteOnlyKeyTests {
  private let sandbox: SnapSandbox
  private let server = ["SNAP_KEY_FILE": "../server"]

  init() throws {
    sandbox = try SnapSandbox.withKeyFile()
    try sandbox.write("notes.txt", "one\n")
    try sandbox.key("add --write-only web1 --new-key-file ../server")
  }

  @Test func `it saves, and whoever has the keys sees whose versions they are`() throws {
    #expect(try sandbox.shell("stat -c %a ../server").output == "600\n")
    let saved = try sandbox.snap("save", "v1", environment: server)
    #expect(saved.status == 0, "\(saved.error)")
    #expect(saved.output.contains("saved web1/v1"))
    #expect(!saved.output.contains("Head:"))
    #expect(try sandbox.snap("save", "-q", environment: server).status == 0)
    let versions = try sandbox.snap("list", environment: sandbox.unlocked).outputLines.map {
      $0.split(separator: "\t")[0]
    }
    #expect(versions.count == 2 && versions[0] == "web1/v1" && versions[1].hasPrefix("web1/20"))
    #expect(try sandbox.snap("cat", "web1/v1:notes.txt", environment: sandbox.unlocked).output == "one\n")
    let rows = try sandbox.snap("key", "list").outputLines.map { $0.split(separator: "\t").map(String.init) }
    #expect(rows.map { $0[2] } == ["key file", "write-only"] && rows[1][0] == "web1")
  }

  @Test(arguments: [
    "list", "show web1/v1", "ls web1/v1", "cat web1/v1:notes.txt", "find notes", "log notes.txt", "diff web1/v1",
    "stats", "du",
    "status", "sql 'SELECT 1'", "verify", "repair", "gc --keep-last 1", "forget web1/v1", "undo", "ops",
    "tag web1/v1 x",
    "note web1/v1 x", "hold web1/v1", "restore web1/v1 --to ../out", "export web1/v1 -o ../out.tar", "drill",
    "incident",
    "guard -- touch ../ran", "save v2 --skip-if-unchanged", "save v2 --allow-partial", "key add --recovery-code",
    "key remove web1", "key rotate", "key passwd --new-password-file notes.txt", "key remember",
  ])
  func `whatever needs more than saving is refused, and tells which key it takes`(line: String) throws {
    #expect(try sandbox.snap("save", "v1", environment: server).status == 0)
    let before = try sandbox.shell("find .snap -type f | sort | xargs sha256sum").output
    let run = try sandbox.shell("exec \"$SNAP\" \(line)", environment: server)
    #expect(run.status == 12, "\(line): \(run.output)\(run.error)")
    #expect(run.output.isEmpty && run.errorLines.first?.hasPrefix("snap: ") == true)
    #expect(run.error.contains("can only save") || run.error.contains("needs a key that can read"), "\(run.error)")
    #expect(try sandbox.shell("find .snap -type f | sort | xargs sha256sum").output == before)
    #expect(!sandbox.exists("../out") && !sandbox.exists("../out.tar") && !sandbox.exists("../ran"))
  }

  @Test func `it is made with a name and a place, and nothing else`() throws {
    for (line, status, message) in [
      ("add --write-only web2", 2, "--write-only needs --new-key-file"),
      ("add --write-only a/b --new-key-file ../new", 2, "'a/b' cannot be a version name: it holds '/'"),
      (
        "add --write-only web2 --label x --new-key-file ../new", 2,
        "--write-only and --label cannot be combined: the name is the label"
      ),
      ("list --write-only web2", 2, "--write-only and key list cannot be combined"),
      ("add --write-only web2 --recovery-code", 2, "--write-only needs --new-key-file"),
      ("add --write-only web2 --new-key-file ../server", 18, "../server exists already; nothing replaces it"),
      ("add --write-only web1 --new-key-file ../new", 18, "there is a key 'web1' already"),
      ("add --write-only 'key file' --new-key-file ../new", 18, "there is a key 'key file' already"),
      ("add --label web1 --new-key-file ../new", 18, "there is a key 'web1' already"),
    ] as [(String, Int32, String)] {
      let run = try sandbox.key(line)
      #expect(run.status == status && run.errorLines.first == "snap: \(message)", "\(line): \(run.error)")
    }
    #expect(!sandbox.exists("../new"))
    #expect(try sandbox.snap("key", "list").outputLines.count == 2)
  }

  @Test func `a key that is not the one it was, or of no use any more, saves nothing`() throws {
    try sandbox.shell(
      "sed 's/^epoch: 0/epoch: 1/' ../server >../changed; chmod 600 ../changed; cp ../server ../open; chmod 644 ../open"
    )
    func refusal(_ key: String) throws -> String {
      let run = try sandbox.snap("save", "v1", environment: ["SNAP_KEY_FILE": key])
      #expect(run.status == (key == "../open" ? 18 : 12), "\(run.error)")
      return run.errorLines.first ?? ""
    }
    #expect(try refusal("../changed") == "snap: write-only key ../changed is damaged")
    #expect(try refusal("../open").contains("others"))
    try sandbox.key("rotate")
    #expect(try refusal("../server") == "snap: write-only key 'web1' is of epoch 0, and the keys were rotated to 1")
    let removed = try sandbox.key("remove web1")
    #expect(removed.output == "write-only key 'web1' removed; what it saved stays (0 versions)\n")
    #expect(try refusal("../server").hasPrefix("snap: write-only key 'web1' was removed from "))
    #expect(try sandbox.snap("list", environment: sandbox.unlocked).output.isEmpty)
  }

  @Test func `when it is removed, its versions stay`() throws {
    #expect(try sandbox.snap("save", "v1", environment: server).status == 0)
    let rotated = try sandbox.key("rotate")
    #expect(rotated.error.contains("write-only key 'web1' does not save any more; remove it, and add it again"))
    #expect(try sandbox.key("remove web1").output == "write-only key 'web1' removed; what it saved stays (1 version)\n")
    #expect(try sandbox.snap("cat", "web1/v1:notes.txt", environment: sandbox.unlocked).output == "one\n")
    try sandbox.key("add --write-only web1 --new-key-file ../again")
    #expect(try sandbox.snap("save", "v2", environment: ["SNAP_KEY_FILE": "../again"]).status == 0)
    #expect(try sandbox.snap("list", environment: sandbox.unlocked).outputLines.count == 2)
  }

  @Test func `dumps are saved as ever`() throws {
    try sandbox.write(
      "snap.yml", "dumps:\n  db:\n    command: echo '[1,2]'\n    extension: json\n    must: json\n")
    let saved = try sandbox.snap("save", "v1", environment: server)
    #expect(saved.status == 0, "\(saved.error)")
    #expect(try sandbox.snap("cat", "web1/v1:dumps/db.json", environment: sandbox.unlocked).output == "[1,2]\n")
  }

  @Test func `status tells whether it still saves`() throws {
    func status(_ words: String) throws -> (status: Int32, text: String) {
      let run = try sandbox.shell("exec \"$SNAP\" status \(words)", environment: sandbox.unlocked)
      return (run.status, run.output + run.error)
    }
    #expect(try status("--writer web1 --max-age 26h").text.contains("there is no version yet"))
    #expect(try sandbox.snap("save", "old", "--time", "2026-01-01", environment: server).status == 0)
    #expect(try sandbox.snap("save", "own", environment: sandbox.unlocked).status == 0)
    let late = try status("--writer web1 --max-age 26h -q")
    #expect(late.status == 25 && late.text.contains("the newest version web1/old is"))
    #expect(try sandbox.snap("save", "new", environment: server).status == 0)
    #expect(try status("--writer web1 --max-age 26h").status == 0)
    #expect(try status("--writer web2").text.contains("there is no write-only key 'web2'"))
    #expect(try status("").text.contains(/Last: +own\b/))
  }

  @Test func `retention counts each machine's versions by themselves`() throws {
    for version in ["v1", "v2", "v3"] {
      #expect(try sandbox.snap("save", version, environment: server).status == 0)
    }
    #expect(try sandbox.snap("save", "own", environment: sandbox.unlocked).status == 0)
    #expect(
      try sandbox.snap("gc", "--keep-last", "1", "--undo-window", "0s", environment: sandbox.unlocked).status == 0)
    let left = try sandbox.snap("list", environment: sandbox.unlocked).outputLines.map { $0.split(separator: "\t")[0] }
    #expect(left == ["web1/v3", "own"])
  }
}

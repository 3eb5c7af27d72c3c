import Foundation
import TestSupport
import Testing

struct ConfigurationTests {
  @Test func `a mistake in snap.yml stops a save before anything is touched`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "exclude: a\n\nretenton:\n  keep-last: 1\n")
    for words in [["save", "v1"], ["gc"], ["config"], ["ignored"]] {
      let run = try sandbox.shell("exec \"$SNAP\" \(words.joined(separator: " "))")
      #expect(run.status == 2, "\(words)")
      #expect(run.error == "snap: snap.yml:3: unknown key 'retenton' (did you mean 'retention'?)\n", "\(words)")
    }
    #expect(try sandbox.snap("list").output.isEmpty)
    let json = try sandbox.snap("save", "v1", "--json")
    #expect(json.error.contains(#""code":2,"error":"E_USAGE""#) && json.error.contains(#""path":"snap.yml""#))
  }

  @Test func `a file that was meant as configuration and is not read is named by all who would read it`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let link = "snap: snap.yml is a symbolic link to a file that is not there\nhint: mend the link, or remove it\n"
    let name = "snap: snap.yaml is not read: the file is called snap.yml\nhint: mv snap.yaml snap.yml\n"
    for (prepare, message) in [("ln -s ../gone/snap.yml snap.yml", link), ("rm snap.yml; touch snap.yaml", name)] {
      try sandbox.shell(prepare)
      for words in ["save v2", "gc", "config", "status", "diff", "drill"] {
        let run = try sandbox.shell("exec \"$SNAP\" \(words)")
        #expect(run.status == 2 && run.error == message, "\(words): \(run.error)")
      }
    }
    #expect(try sandbox.snap("list").outputLines.count == 1)
    try sandbox.write("snap.yml", "")
    #expect(try sandbox.snap("save", "v2").status == 0, "beside the right one the other is a file as any")
  }

  @Test func `secrets in commands are not shown, be they lines or lists`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(
      "snap.yml",
      "dumps:\n  a: {command: mysqldump -phunter2 db}\n  b: {command: [mysqldump, --password, hunter2]}\n"
        + "hooks: {after-save: \"curl -H 'Authorization: Bearer hunter2' https://x\"}\nchecks: [[curl, -d, 'token=hunter2']]\n"
    )
    for flags in [[], ["--json"]] {
      let run = try sandbox.shell("exec \"$SNAP\" config \(flags.joined(separator: " "))")
      #expect(run.output.contains("***") && !run.output.contains("hunter2"), "\(run.output)")
    }
  }

  @Test func `an address of a notification is a secret also where it is wrong`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "notify:\n  webhook: hooks.example.com/services/SECRET\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 2)
    #expect(
      run.error
        == "snap: snap.yml:2: notify.webhook: what stands here is no http(s) address, nor ${NAME} for one in the environment\n"
    )
  }

  @Test func `a save takes sources and patterns from the file, and flags beat it`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("src/a.log", "x")
    try sandbox.write("src/big.bin", String(repeating: "x", count: 3000))
    try sandbox.write("snap.yml", "sources: [src, notes.txt]\nexclude:\n  - '*.log'\nexclude-larger-than: 2k\n")
    try sandbox.snap("save", "v1", folder: sandbox.project + "/config")
    #expect(try sandbox.snap("ls", "-R", "v1").output == "notes.txt\nsrc/\nsrc/main.py\n")
    #expect(try sandbox.snap("diff").output.isEmpty, "diff and status leave out what save does")
    #expect(try sandbox.snap("ignored", "src/a.log").output == "snap.yml:3:*.log\tsrc/a.log\n")
    try sandbox.snap("save", "v2", "-e", "!a.log", "--exclude-larger-than", "1M")
    #expect(try sandbox.snap("ls", "-R", "v2").output == "notes.txt\nsrc/\nsrc/a.log\nsrc/big.bin\nsrc/main.py\n")
    try sandbox.snap("save", "v3", "config")
    #expect(try sandbox.snap("ls", "-R", "v3").output == "config/\nconfig/app.json\n")
  }

  @Test func `a restore that deletes spares what the file leaves out`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "exclude: ['*.log']\n")
    try sandbox.snap("save", "v1")
    try sandbox.write("today.log", "precious")
    try sandbox.write("extra.txt", "x")
    #expect(try sandbox.snap("restore", "v1", "--delete").status == 0)
    #expect(sandbox.exists("today.log") && !sandbox.exists("extra.txt"))
  }

  @Test func `gc keeps what the file says unless flags say otherwise`() throws {
    let sandbox = try SnapSandbox.withVersion()
    for name in ["v2", "v3", "v4"] { try sandbox.snap("save", name) }
    try sandbox.write("snap.yml", "retention:\n  keep-last: 2\n")
    #expect(try sandbox.snap("gc", "--no-retention").status == 0)
    #expect(try sandbox.snap("list").outputLines.count == 4)
    #expect(try sandbox.snap("gc", "--keep-last", "3").status == 0)
    #expect(try sandbox.snap("list").outputLines.count == 3)
    let run = try sandbox.snap("gc")
    #expect(run.output.hasPrefix("policy: last 2\n"))
    #expect(try sandbox.snap("list").outputLines.count == 2)
    #expect(try sandbox.snap("gc", "--no-retention", "--keep-last", "1").status == 2)
  }

  @Test func `config says of each value where it comes from`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "exclude: ['*.log']\nretention:\n  keep-last: 2\n")
    let run = try sandbox.snap(
      "config", "-e", "*.tmp", "--one-file-system", "-r", sandbox.project, folder: sandbox.project + "/src")
    for line in [
      "repository\t\(sandbox.project)/.snap\t--repo", "cache\t\(sandbox.folder)/cache\tSNAP_CACHE_DIR",
      "sources\tthe whole project\tdefault", "exclude\t*.log\tsnap.yml:1", "exclude\t*.tmp\t--exclude",
      "one-file-system\ttrue\t--one-file-system", "exclude-caches\tfalse\tdefault",
      "retention.keep-last\t2\tsnap.yml:3", "sqlite\tauto\tdefault",
    ] { #expect(run.outputLines.contains(line), "\(line) in \(run.output)") }
    let flags = try sandbox.snap("config", "--keep-daily", "7").outputLines
    #expect(flags.contains("retention.keep-daily\t7\t--keep-daily"))
    #expect(!flags.contains { $0.hasPrefix("retention.keep-last") })
  }

  @Test func `init writes a file that fits the project, once, and never a secret`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write(".env", "DATABASE_URL=postgresql://app:geheim@localhost/app\n")
    try sandbox.write("backups/old.tar.gz", "x")
    let run = try sandbox.snap("init")
    #expect(run.output.contains("wrote snap.yml:\n  dump 'database': the postgresql database of DATABASE_URL (.env)\n"))
    let text = try #require(sandbox.read("snap.yml"))
    #expect(!text.contains("geheim") && !text.contains("app:"))
    #expect(try sandbox.snap("config").outputLines.contains("dumps.database.url-from\tDATABASE_URL\tsnap.yml:19"))
    try sandbox.write("snap.yml", "# mine\n")
    #expect(try sandbox.snap("config", "--write").status == 1)
    try sandbox.shell("rm -r .snap")
    #expect(try !sandbox.snap("init").output.contains("wrote"))
    #expect(sandbox.read("snap.yml") == "# mine\n")
  }

  @Test func `init writes nothing beside .snap where nothing asks for it`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("a.txt", "x")
    try sandbox.snap("init")
    #expect(!sandbox.exists("snap.yml"))
    #expect(try sandbox.snap("config", "--write").output == "wrote snap.yml\n")
    #expect(try sandbox.snap("config").status == 0)
  }
}

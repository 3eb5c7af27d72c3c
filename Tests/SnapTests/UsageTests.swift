import Foundation
import TestSupport
import Testing

/// Everything here is refused before anything is looked at, with status 2 and one line (and perhaps a hint).
struct UsageTests {
  struct Case: CustomTestStringConvertible {
    var arguments: [String]
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let cases: [Case] = [
    Case(arguments: ["sav"], message: "unknown command 'sav' (did you mean 'save'?)"),
    Case(arguments: ["qqqqqq"], message: "unknown command 'qqqqqq'"),
    Case(arguments: ["--frob", "list"], message: "unknown option '--frob'"),
    Case(arguments: ["--jsn", "list"], message: "unknown option '--jsn' (did you mean '--json'?)"),
    Case(
      arguments: ["gc", "--keep-dayly", "3"],
      message: "unknown option '--keep-dayly' for gc (did you mean '--keep-daily'?)"),
    Case(
      arguments: ["forget", "--keep-dayly", "3"],
      message: "unknown option '--keep-dayly' for forget (did you mean '--keep-daily'?)"),
    Case(arguments: ["list", "-Z"], message: "unknown option '-Z' for list"),
    Case(arguments: ["save", "--tag"], message: "--tag needs a value"),
    Case(arguments: ["list", "--repo"], message: "--repo needs a value"),
    Case(arguments: ["--repo"], message: "--repo needs a value"),
    Case(arguments: ["list", "--json=yes"], message: "--json takes no value"),
    Case(arguments: ["list", "surplus"], message: "unexpected argument 'surplus' for list"),
    Case(arguments: ["list", "a", "b"], message: "unexpected argument 'a' for list"),
    Case(arguments: ["cat"], message: "cat needs <rev:path> ..."),
    Case(arguments: ["restore"], message: "restore needs <rev[:path]>"),
    Case(arguments: ["forget"], message: "refusing to forget every snapshot; give an id or a --keep rule"),
    Case(arguments: ["gc", "--keep-last", "3x"], message: "--keep-last: '3x' is not a whole number"),
    Case(
      arguments: ["gc", "--keep-within", "soon"], message: "--keep-within: 'soon' is not a duration (like 1y5m7d2h)"),
    Case(arguments: ["status", "--max-age", "26"], message: "--max-age: '26' is not a duration (like 1y5m7d2h)"),
    Case(
      arguments: ["save", "--exclude-larger-than", "12Q"],
      message: "--exclude-larger-than: '12Q' is not a size (like 10M)"),
    Case(
      arguments: ["save", "--time", "2026-02-30"],
      message: "--time: '2026-02-30' is not a date or time (like 2026-11-21 09:34:00)"),
    Case(
      arguments: ["verify", "--read-data-subset", "9/7"],
      message: "--read-data-subset: '9/7' is not a part (n/t), a percentage (x%) or a size"),
    Case(
      arguments: ["save", "--compression", "lots"],
      message: "--compression: 'lots' is not one of auto, off, fastest, better, max"),
    Case(arguments: ["completion", "tcsh"], message: "shell: 'tcsh' is not one of bash, zsh, fish"),
    Case(arguments: ["diff", "--stat", "--patch"], message: "--stat and --patch cannot be combined"),
    Case(arguments: ["diff", "a", "b", "c"], message: "unexpected argument 'c' for diff"),
    Case(
      arguments: ["verify", "--read-data", "--read-data-subset", "1/2"],
      message: "--read-data and --read-data-subset cannot be combined"),
    Case(
      arguments: ["save", "--stdin", "--stdin-from-command", "--", "true"],
      message: "--stdin and --stdin-from-command cannot be combined"),
    Case(arguments: ["save", "v1", "--stdin-from-command"], message: "--stdin-from-command needs a command after --"),
    Case(arguments: ["save", "v1", "src", "--stdin"], message: "--stdin and paths cannot be combined"),
    Case(
      arguments: ["save", "v1", "--stdin", "--stdin-filename", "../x"],
      message: "--stdin-filename: '../x' is not a path inside a version"),
    Case(arguments: ["save", "a..b"], message: "'a..b' cannot be a version name: it holds '..'"),
    Case(
      arguments: ["save", "latest"],
      message: "'latest' cannot be a version name: 'latest' always means the newest version"),
    Case(arguments: ["save", "v~1"], message: "'v~1' cannot be a version name: it holds '~'"),
    Case(arguments: ["forget", "v1", "--keep-last", "3"], message: "versions and --keep rules cannot be combined"),
    Case(arguments: ["release", "v1", "x", "--all"], message: "--all and a name cannot be combined"),
    Case(arguments: ["note", "v1", "x", "--clear"], message: "--clear and a text cannot be combined"),
    Case(arguments: ["export", "v1", "-o", "x.zip"], message: "-o: 'x.zip' does not end in .tar, .tar.gz or .tar.zst"),
    Case(
      arguments: ["-C", "/nonexistent/x", "list"],
      message: "-C: cannot enter '/nonexistent/x': No such file or directory"),
  ]

  @Test(arguments: cases)
  func `wrong usage is told in one line, with status 2 and nothing on standard output`(_ wrong: Case) throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.shell("exec \"$SNAP\" " + wrong.arguments.map { "'\($0)'" }.joined(separator: " "))
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errorLines.first == "snap: \(wrong.message)")
    #expect(run.errorLines.count == 1 || run.errorLines.count == 2 && run.errorLines[1].hasPrefix("hint: "))
    #expect(!sandbox.exists(".snap"))
  }

  @Test func `with --json a wrong usage is one object on standard error`() throws {
    let run = try SnapSandbox().snap("gc", "--keep-last", "3x", "--json")
    #expect(run.status == 2)
    #expect(
      run.error
        == #"{"message_type":"exit_error","code":2,"error":"E_USAGE","message":"--keep-last: '3x' is not a whole number"}"#
        + "\n")
  }

  @Test func `global flags stand before or after the command`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let before = try sandbox.snap("--json", "-C", sandbox.project, "list", folder: "/")
    let after = try sandbox.snap("list", "--json", "-C", sandbox.project, folder: "/")
    #expect(before.status == 0)
    #expect(before.output == after.output)
    #expect(try sandbox.snap("-r", sandbox.project, "list", folder: "/").output.hasPrefix("v1\t"))
    #expect(
      try sandbox.snap("list", environment: ["SNAP_REPOSITORY": sandbox.project], folder: "/").output.hasPrefix("v1\t"))
  }

  @Test func `an empty SNAP_REPOSITORY is an error`() throws {
    let run = try SnapSandbox().snap("list", environment: ["SNAP_REPOSITORY": ""])
    #expect(run.status == 2)
    #expect(run.error == "snap: SNAP_REPOSITORY: '' is not a path\n")
  }

  @Test func `bare snap outside of a project says what to do`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap()
    #expect(run.status == 2)
    #expect(
      run.error.hasPrefix("snap: no command given, and no repository found in \(sandbox.project) or any parent\nhint: ")
    )
  }

  @Test func `bare snap in a project prints its status`() throws {
    let run = try SnapSandbox.withVersion().snap()
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("Project:"))
  }

  @Test(arguments: [
    ("backup", "save"), ("create", "save"), ("snapshots", "list"), ("versions", "list"), ("info", "show"),
    ("dump", "cat"),
    ("extract", "restore"), ("delete", "forget"), ("rm", "forget"), ("prune", "gc"), ("compact", "gc"),
    ("check", "verify"),
    ("fsck", "verify"),
  ])
  func `other tools' names of commands work`(_ alias: String, _ name: String) throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap(alias, "--help")
    #expect(run.status == 0)
    #expect(run.output == (try sandbox.snap("help", name)).output)
  }

  @Test func `every help ends with examples and exit status`() throws {
    let sandbox = try SnapSandbox()
    let overview = try sandbox.snap("--help")
    #expect(overview.status == 0)
    for name in Self.commandNames {
      #expect(overview.output.contains("  \(name)"), "\(name) is missing in the overview")
      let run = try sandbox.snap(name, "--help")
      #expect(run.status == 0)
      #expect(run.error.isEmpty)
      let examples = run.output.range(of: "\nEXAMPLES:\n")
      let statuses = run.output.range(of: "\nEXIT STATUS:\n")
      #expect(examples != nil && statuses != nil, "\(name)")
      if let examples, let statuses { #expect(examples.lowerBound < statuses.lowerBound) }
    }
  }

  static let commandNames = [
    "init", "save", "ignored", "status", "list", "show", "ls", "cat", "find", "log", "diff", "stats", "du", "restore",
    "export",
    "forget", "gc", "undo", "ops", "verify", "repair", "tag", "note", "hold", "release", "completion",
  ]

  @Test func `the version is one line`() throws {
    let run = try SnapSandbox().snap("--version")
    #expect(run.status == 0)
    #expect(run.output.wholeMatch(of: /snap \d+\.\d+\.\d+\n/) != nil)
  }
}

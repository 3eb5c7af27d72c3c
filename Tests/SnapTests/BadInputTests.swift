import TestSupport
import Testing

/// Command lines, variables and configurations that mean nothing: told in one line, with nothing on standard output and nothing done.
struct BadInputTests {
  struct Case {
    var arguments: [String]
    var status: Int32
    var environment: [String: String] = [:]
  }

  /// A family of cases, run one after the other on the same project.
  struct Family: CustomTestStringConvertible {
    var name: String
    var cases: [Case]
    var testDescription: String { "\(name): \(cases.count) cases" }
  }

  /// What each command at least needs to be understood.
  private static let commands: [[String]] = [
    ["init"], ["save", "v9"], ["guard", "--", "true"], ["ignored"], ["config"], ["import", "../none"],
    ["hook", "list"],
    ["schedule", "list"], ["status"], ["list"], ["show", "v1"], ["ls", "v1"], ["cat", "v1:notes.txt"], ["find", "x"],
    ["log"], ["diff"], ["stats"], ["du"], ["sql", "select 1"], ["restore", "v1", "--to", "../x"],
    ["export", "v1", "-o", "../x.tar"], ["incident", "x"], ["forget", "v1"], ["gc"], ["undo"], ["ops"], ["verify"],
    ["drill"], ["repair"], ["key", "list"], ["tag", "v1", "t"], ["note", "v1", "n"], ["hold", "v1"], ["release", "v1"],
    ["trust", "v1"], ["completion", "bash"],
  ]
  private static let surplus: [[String]] = [
    ["--frobnicate"], ["-Z"], ["--json=yes"], ["--quiet=1"], ["--repo"], ["--repo", ""], ["-C", "/nonexistent/x"],
    ["--key-file", "a", "--password-file", "b"], ["--expect-head", "zz"], ["--key-file", ""],
    ["--password-command", ""],
    ["--password-file", ""],
  ]
  private static let wrongNumbers = [
    "3x", "-1", "", "1.5", String(repeating: "9", count: 30), "0x10", "٣", "1e3", " 3", "inf",
  ]
  private static let wrongDurations = ["soon", "26", "", "-1d", "1q", "d", String(repeating: "9", count: 30) + "d"]
  private static let wrongSizes = ["12Q", "", "-1", "1.5.5M", "M", String(repeating: "9", count: 30) + "G"]
  private static let wrongShares = ["9/7", "0/7", "1/0", "/", "1/", "-1/3", "101%", "-1%", "x%", "", "1/2/3", "0%"]
  private static let wrongTimes = [
    "2026-02-30", "", "yesterdayish", "2026-13-01", "2026-01-01 25:00:00", "99999-01-01", "2026/01/01",
  ]
  private static let wrongNames = [
    "a..b", "latest", "v~1", "-x", "a b\n", String(repeating: "x", count: 300), "@{1}", "",
  ]
  private static let unknownRevisions = [
    "v9", "latest~99", "v1~x", "@{", "tag:none", "branch:none", "git:abc", "v1^", "zzzz",
  ]

  private static func usage(_ arguments: [String]) -> Case { Case(arguments: arguments, status: 2) }

  static let families: [Family] = [
    Family(
      name: "every command with an option that it does not take, or that names nothing",
      cases: commands.flatMap { command in
        surplus.map { extra in
          // What stands behind -- is the guarded command's.
          usage(command[0] == "guard" ? [command[0]] + extra + command.dropFirst() : command + extra)
        } + [Case(arguments: command, status: 2, environment: ["SNAP_REPOSITORY": ""])]
      }),
    Family(
      name: "numbers that are none",
      cases: ["gc", "forget"].flatMap { command in
        ["last", "hourly", "daily", "weekly", "monthly", "yearly"].flatMap { rule in
          wrongNumbers.prefix(8).map { usage([command, "--keep-\(rule)=\($0)"]) }
        }
      }
        + ["list", "ops"].flatMap { command in wrongNumbers.map { usage([command, "--last=\($0)"]) } }
        + wrongNumbers.map { usage(["restore", "v1", "--to", "../x", "--strip-components=\($0)"]) }),
    Family(
      name: "durations, sizes, shares and times that are none",
      cases: [
        ["gc", "--keep-within"], ["gc", "--undo-window"], ["forget", "--keep-within"], ["status", "--max-age"],
        ["status", "--max-drill"], ["verify", "--max-duration"], ["sql", "select 1", "--max-duration"],
      ].flatMap { words in
        wrongDurations.map { usage(words.dropLast() + ["\(words[words.count - 1])=\($0)"]) }
      }
        + ["save", "ignored", "diff", "config"].flatMap { command in
          wrongSizes.map { usage([command, "--exclude-larger-than=\($0)"]) }
        } + wrongShares.map { usage(["verify", "--read-data-subset=\($0)"]) }
        + wrongTimes.map { usage(["save", "v9", "--time=\($0)"]) }),
    Family(name: "names that no version can have", cases: wrongNames.map { usage(["save", "--", $0]) }),
    Family(
      name: "versions and paths that are not there",
      cases: ["show", "ls", "diff", "forget", "hold", "release", "verify", "drill", "trust"].flatMap { command in
        unknownRevisions.map { Case(arguments: [command, $0], status: 21) }
      }
        + unknownRevisions.flatMap { revision in
          [
            ["restore", revision, "--to", "../x"], ["tag", revision, "t"], ["note", revision, "t"],
            ["export", revision, "-o", "../x.tar"],
          ]
          .map { Case(arguments: $0, status: 21) }
        }
        + ["v1:none", "v1:notes.txt/x", "v1:/etc/passwd", "v9:notes.txt"].map {
          Case(arguments: ["cat", $0], status: 21)
        }),
  ]

  @Test(arguments: families) func `nothing is done, and one line says why`(_ family: Family) throws {
    let sandbox = try SnapSandbox.withVersion()
    let before = try state(of: sandbox)
    for wrong in family.cases {
      let line = "exec \"$SNAP\" " + wrong.arguments.map { "'\($0)'" }.joined(separator: " ")
      expectOneLine(try sandbox.shell(line, environment: wrong.environment), wrong.status, "\(wrong.arguments)")
    }
    #expect(try state(of: sandbox) == before)
    print("\(family.name): \(family.cases.count) cases")
  }

  @Test func `these are more than 800 cases`() {
    #expect(Self.families.reduce(0) { $0 + $1.cases.count } + Self.configurations.count > 800)
  }

  /// `snap.yml` with something in it that means nothing.
  static let configurations = [
    "retenton:\n  keep-last: 2", "sources: {a: b}", "sources: [[a]]", "exclude: {a: 1}", "exclude-larger-than: 12Q",
    "exclude-larger-than: [1M]", "exclude-caches: maybe", "one-file-system: 7", "git-ignore: [on]", "no-ignore: {}",
    "sqlite: sometimes", "guard: 3", "secrets: hide", "retention: 7", "retention: [keep-last]",
    "retention:\n  keep-last: -1", "retention:\n  keep-last: many", "retention:\n  keep-within: soon",
    "retention:\n  keep-fortnightly: 1", "retention:\n  keep-tag: {a: b}", "checks: {a: b}", "checks: [{a: b}]",
    "checks: [[]]", "schedule: sometimes", "schedule: daily 25:00", "schedule: weekly someday 02:30", "hooks: x",
    "hooks:\n  before: x", "hooks:\n  timeout: soon", "notify: x", "notify:\n  mail: a@b", "dumps: x", "dumps: [a]",
    "dumps:\n  app: {}", "dumps:\n  app:\n    command: x\n    path: ../x",
    "dumps:\n  app:\n    command: x\n    timeout: soon",
    "dumps:\n  app:\n    command: x\n    minimum-size: 1Q", "dumps:\n  app:\n    command: x\n    must: yaml",
    "dumps:\n  app:\n    comand: x", "a: *nowhere", "a: [", "a: {", "'", "\ta: b", "exclude: x\nexclude: y", "- a",
    "just words",
    "exclude: &a [*a]", "%YAML 9.9\n---\nexclude: x", "exclude: !!binary x", "a: b: c",
  ]

  @Test func `a configuration that means nothing is refused with its line`() throws {
    let sandbox = try SnapSandbox.withVersion()
    for text in Self.configurations {
      try sandbox.write("snap.yml", text + "\n")
      let before = try state(of: sandbox)
      for command in ["save v9", "config"] {
        let run = try sandbox.shell("exec \"$SNAP\" \(command)")
        expectOneLine(run, 2, "\(command) with \(text)")
        #expect(run.error.hasPrefix("snap: snap.yml"), "\(command) with \(text): \(run.error)")
      }
      #expect(try state(of: sandbox) == before, "\(text)")
    }
    print("configurations: \(Self.configurations.count) cases")
  }

  private func expectOneLine(_ run: SnapRun, _ status: Int32, _ comment: String) {
    #expect(run.status == status, "\(comment): \(run)")
    #expect(run.output.isEmpty, "\(comment): \(run)")
    #expect(run.errorLines.first?.hasPrefix("snap: ") == true, "\(comment): \(run)")
    #expect(
      run.errorLines.count == 1 || run.errorLines.count == 2 && run.errorLines[1].hasPrefix("hint: "),
      "\(comment): \(run)"
    )
  }

  /// Every file of the project and the repository but the index, which is derived.
  private func state(of sandbox: SnapSandbox) throws -> String {
    try sandbox.shell(
      "find . .. -maxdepth 5 -type f ! -name 'index.sqlite*' ! -path '../*-*' | sort | tr '\\n' '\\0' | xargs -0 sha256sum"
    ).output
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct ProjectConfigurationTests {
  private func parse(_ text: String) throws -> ProjectConfiguration {
    try ProjectConfiguration(parsing: Array(text.utf8))
  }

  private func refusal(_ text: String) -> String? {
    do {
      _ = try parse(text)
      return nil
    } catch {
      let fault = error as? SnapFault
      #expect(fault?.code == .usage, "\(text)")
      return fault?.message
    }
  }

  /// Every key once.
  static let whole = """
    sources: [src, /etc/app]
    exclude: ["*.log", '!keep.log']
    exclude-file: .backupignore
    exclude-if-present: .nobackup
    exclude-larger-than: 2G
    exclude-caches: true
    one-file-system: yes
    git-ignore: off
    no-ignore: false
    no-default-ignores: true
    dumps:
      app:
        command: pg_dump --no-password
        env-file: .env
        url-from: DATABASE_URL
        extension: sql
        timeout: 30min
        minimum-size: 1K
        must-end-with: "-- PostgreSQL database dump complete"
      users:
        command: [node, scripts/dump.js, --stdout]
        path: data/users.json
        must: json
    sqlite: off
    guard: off
    retention:
      keep-last: 3
      keep-hourly: 1
      keep-daily: unlimited
      keep-weekly: 4
      keep-monthly: 5
      keep-yearly: 6
      keep-within: 1y2m
      keep-tag: [release, prod]
    checks:
      - npm test
      - [make, check]
    hooks:
      before-save: ./pause
      after-save: ./resume
      on-success: echo fine
      on-failure: echo bad
    notify:
      healthcheck: ${HEALTHCHECK_URL}
      webhook: https://example.org/hook/abc
      command: ./tell
    schedule: weekly sunday 03:15
    """

  @Test func `every key comes out as it is meant`() throws {
    let configuration = try parse(Self.whole)
    #expect(configuration.sources == [Array("src".utf8), Array("/etc/app".utf8)])
    #expect(configuration.excludes.map(\.text) == ["*.log", "!keep.log"])
    #expect(configuration.excludes.map(\.line) == [2, 2])
    #expect(configuration.excludeLargerThan == 2 << 30)
    #expect(configuration.excludeCaches && configuration.oneFileSystem && configuration.usesNoDefaultIgnores)
    #expect(!configuration.usesGitIgnore && !configuration.usesNoIgnore)
    let app = try #require(configuration.dumps.first)
    #expect(app.path.description == "dumps/app.sql")
    #expect((app.secondsMax, app.byteCountMin, app.mustBeJSON) == (1800, 1024, false))
    #expect(app.command == .shell("pg_dump --no-password"))
    #expect((app.environmentFile, app.urlVariable) == (".env", "DATABASE_URL"))
    #expect(app.ending == Array("-- PostgreSQL database dump complete".utf8))
    let users = try #require(configuration.dumps.last)
    #expect(users.path.description == "data/users.json")
    #expect((users.secondsMax, users.byteCountMin, users.mustBeJSON) == (3600, 1, true))
    #expect(users.command == .words(["node", "scripts/dump.js", "--stdout"]))
    #expect(configuration.databases == .off && !configuration.guardsShape)
    let policy = try #require(configuration.retention)
    #expect((policy.keepLast, policy.keepHourly, policy.keepDaily, policy.keepWeekly) == (3, 1, .max, 4))
    #expect((policy.keepMonthly, policy.keepYearly, policy.keepTags) == (5, 6, ["release", "prod"]))
    #expect(policy.keepWithin == CalendarDuration(years: 1, months: 2))
    #expect(configuration.checks == [.shell("npm test"), .words(["make", "check"])])
    #expect(configuration.hooks.count == 4)
    #expect(configuration.hooks[.onFailure] == .shell("echo bad"))
    #expect(
      configuration.notifications == [
        .healthcheck(.variable("HEALTHCHECK_URL")), .webhook(.literal("https://example.org/hook/abc")),
        .command(.shell("./tell")),
      ])
    #expect(configuration.schedule == Schedule(.weekly, hour: 3, minute: 15, weekday: .sun))
  }

  @Test(arguments: ["", "# nothing\n", "---\n", "exclude:\n", "retention: ~\n", "dumps:\n# app:\n"])
  func `what is commented out is as if it were not there`(text: String) throws {
    let configuration = try parse(text)
    #expect(configuration.excludes.isEmpty && configuration.dumps.isEmpty && configuration.retention == nil)
    #expect(configuration.entries.isEmpty)
  }

  @Test(arguments: [
    ("\nretenton:\n  keep-last: 1", "snap.yml:2: unknown key 'retenton' (did you mean 'retention'?)"),
    ("retention:\n  keep-dayly: 3", "snap.yml:2: unknown key 'keep-dayly' in 'retention' (did you mean 'keep-daily'?)"),
    ("dumps:\n  app:\n    command: ' '", "snap.yml:3: dumps.app.command: the command is missing"),
    ("hooks:\n  before-save: ''", "snap.yml:2: hooks.before-save: the command is missing"),
    (
      "version-from: npm",
      "snap.yml:1: version-from: 'npm' is not one of auto, package.json, pyproject.toml, Cargo.toml, git, time"
    ),
    ("retention:\n  keep-daily: 3x", "snap.yml:2: retention.keep-daily: '3x' is not a whole number or 'unlimited'"),
    ("retention:\n  keep-within: soon", "snap.yml:2: retention.keep-within: 'soon' is not a duration (like 1y5m7d2h)"),
    (
      "retention:\n  keep-last: 0",
      "snap.yml:2: retention: these rules keep no version; keep-last: 1 keeps the newest"
    ),
    ("exclude:\n  - a\nexclude: b", "snap.yml:3: the key 'exclude' stands twice (first on line 1)"),
    ("exclude-larger-than: 12Q", "snap.yml:1: exclude-larger-than: '12Q' is not a size (like 10M)"),
    ("exclude-caches: maybe", "snap.yml:1: exclude-caches: 'maybe' is not true or false"),
    ("exclude: {a: b}", "snap.yml:1: exclude: one value is expected here, not a list or keys"),
    ("exclude-if-present: a/b", "snap.yml:1: exclude-if-present: 'a/b' is not a file's name"),
    ("- a\n- b", "snap.yml:1: the file must be keys with values, one 'key: value' a line"),
    ("a: &x 1\n---\nb: 2", "snap.yml:2: a second document begins"),
    ("sources: !!python/object:os.system x", "snap.yml:1: tags (!) are not understood"),
    ("? [a]\n: b", "snap.yml:1: a key must be one word"),
    ("a: *gone", "snap.yml:1: no anchor '&gone' stands before this alias"),
    ("a: &a [*a]", "snap.yml:1: no anchor '&a' stands before this alias"),
    (
      "dumps:\n  a b:\n    command: x",
      "snap.yml:2: dumps: 'a b' cannot be a name; letters, digits, '.', '_' and '-' can"
    ),
    (
      "dumps:\n  app:\n    timeout: 3m",
      "snap.yml:2: dumps.app.command: is missing; it is what writes the dump to its standard output"
    ),
    (
      "dumps:\n  app:\n    command: x\n    timeout: 3m",
      "snap.yml:4: dumps.app.timeout: '3m' is not a time (like 90s or 30min)"
    ),
    (
      "dumps:\n  app:\n    command: x\n    path: ../x",
      "snap.yml:4: dumps.app.path: '../x' is not a path inside the project, outside .snap"
    ),
    (
      "dumps:\n  app:\n    command: x\n    must: xml",
      "snap.yml:4: dumps.app.must: 'xml' is not 'json', the only form that is checked"
    ),
    (
      "dumps:\n  app:\n    command: x\n    url-from: postgres://a:b@c/d",
      "snap.yml:4: dumps.app.url-from: 'postgres://a:b@c/d' is not the name of an environment variable (never the URL itself)"
    ),
    (
      "dumps:\n  a: {command: x, path: d}\n  b: {command: y, path: d/e}",
      "snap.yml:3: dumps.b: the path 'd/e' is in the way of that of 'a'"
    ),
    ("schedule: dayly", "snap.yml:1: schedule: 'dayly' is not hourly, daily 02:30 or weekly sunday 02:30"),
    (
      "notify:\n  webhook: \"https://x/\\ny\"",
      #"snap.yml:2: notify.webhook: what stands here is no http(s) address, nor ${NAME} for one in the environment"#
    ),
  ])
  func `a mistake is told with its line and the remedy`(text: String, message: String) {
    #expect(refusal(text) == message)
  }

  @Test func `a few lines that would unfold to millions of values are refused`() {
    let bomb =
      "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
      + (1...9).map {
        "a\($0): &a\($0) [" + [String](repeating: "*a\($0 - 1)", count: 9).joined(separator: ",") + "]\n"
      }
      .joined()
    #expect(refusal(bomb) == "snap.yml:5: more than 10 000 values, aliases spelled out")
    let deep = String(repeating: "[", count: 100_000)
    #expect(refusal(deep) == "snap.yml:1: nested deeper than 16 levels")
    #expect(refusal(String(repeating: "a", count: 300_000))?.contains("larger than 256.0 KiB") == true)
  }

  @Test func `an anchor may stand for what is used twice`() throws {
    let text = "dumps:\n  a: {command: x, timeout: &t 90s}\n  b: {command: y, timeout: *t}\n"
    #expect(try parse(text).dumps.map(\.secondsMax) == [90, 90])
  }

  @Test func `bytes that are no configuration are refused, never more`() throws {
    let seed: UInt64 = 20_261_121
    var generator = SeededGenerator(seed: seed)
    let good = Array(Self.whole.utf8)
    var refused = 0
    func attempt(_ bytes: [UInt8]) {
      do {
        _ = try ProjectConfiguration(parsing: bytes)
      } catch {
        refused += 1
        #expect(error.code == .usage && error.message.hasPrefix("snap.yml:"), "seed \(seed): \(error.message)")
      }
    }
    for length in stride(from: 0, to: good.count, by: 3) { attempt(Array(good[..<length])) }
    for _ in 0..<1500 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      attempt(bytes)
    }
    for _ in 0..<200 { attempt(generator.bytes(Int.random(in: 0...400, using: &generator))) }
    #expect(refused > 1000)
  }

  @Test func `what is shown of it holds no secret`() throws {
    let text = """
      dumps:
        app:
          command: mysqldump --password=hunter2 "postgres://app:hunter2@db/x" PGPASSWORD=hunter2 $DATABASE_URL
      notify:
        webhook: https://hooks.example.org/T0/hunter2
        healthcheck: https://hunter2@hc.example.org/x
      """
    let entries = try parse(text).entries
    #expect(entries.count == 3)
    #expect(!entries.contains { $0.text.contains("hunter2") }, "\(entries)")
    #expect(entries[0].text == #"mysqldump --password=*** "postgres://app:***@db/x" PGPASSWORD=*** $DATABASE_URL"#)
    #expect(entries.map(\.line) == [3, 5, 6])
    #expect(entries[1].text == "https://hooks.example.org/***")
    #expect(entries[2].text == "https://hc.example.org/***")
  }

  @Test func `each thing found in a project has its place in the template, which is valid`() throws {
    let folder = StoreTestFolder()
    for (path, text) in [
      (
        ".env",
        "# x\nexport DATABASE_URL='postgresql://app:geheim@db:5433/app?sslmode=require'\nSHADOW_DATABASE_URL=mysql://a@b/c\n"
      ),
      (".env.example", "OTHER_DATABASE_URL=postgres://a@b/c\n"), ("package.json", "{}"),
      (
        "compose.yaml",
        "services:\n  \"my\\ndb\": {image: mysql}\n  db:\n    image: library/postgres:16\n  cache: {image: redis}\n"
      ),
      ("data.db", "SQLite format 3\u{0}rest"), ("no.db", "text"), ("backup.sh", ""),
    ] { StoreTestFolder.write(Array(text.utf8), to: folder.path(path)) }
    let profile = ProjectProfile(ofProject: Array(folder.path.utf8))
    #expect(profile.databaseVariables.map(\.name) == ["DATABASE_URL", "SHADOW_DATABASE_URL"])
    #expect(profile.composeServices.map(\.name) == ["db"])
    #expect(profile.databaseFiles == ["data.db"])
    #expect(profile.backupScripts == ["backup.sh"])
    let text = ConfigurationTemplate.text(for: profile)
    #expect(!text.contains("geheim"))
    let configuration = try parse(text)
    #expect(configuration.dumps.map(\.name) == ["database", "shadow_database"])
    // What stands behind # is as valid once it does not.
    let uncommented = text.split(separator: "\n").map { line in
      line.hasPrefix("#  ") || line.wholeMatch(of: /# [a-z]+:/) != nil ? line.dropFirst(2) : line
    }
    let all = try parse(uncommented.joined(separator: "\n"))
    #expect(all.retention?.keepLast == 5)
    #expect(all.hooks.count == 3)
    #expect(all.dumps.map(\.name) == ["database", "shadow_database", "db", "backup"])
  }

  @Test func `a database's address becomes the variables of its client`() throws {
    let url = try #require(DatabaseURL("postgres://a%40b:p%3Aw@[::1]:5433/my%20app?sslmode=require&x=1"))
    let variables = Dictionary(uniqueKeysWithValues: url.variables)
    #expect(variables["PGUSER"] == "a@b")
    #expect(variables["PGPASSWORD"] == "p:w")
    #expect(variables["PGHOST"] == "::1")
    #expect(variables["PGPORT"] == "5433")
    #expect(variables["PGDATABASE"] == "my app")
    #expect(variables["PGSSLMODE"] == "require")
    #expect(DatabaseURL("file:./dev.db") == nil)
    #expect(DatabaseURL("mysql://u:p@h/d").map { Dictionary(uniqueKeysWithValues: $0.variables)["MYSQL_PWD"] } == "p")
  }

  @Test func `a file of variables is read as the dotenv libraries do`() {
    let text = "A=1\n export B = two words # why\nC='x # y'\nD=\"q\"\n# E=1\nF\n1G=2\nH=a#b\nI=\n"
    let pairs = EnvironmentFile.variables(Array(text.utf8)).map { "\($0.name)=\($0.value)" }
    #expect(pairs == ["A=1", "B=two words", "C=x # y", "D=q", "H=a#b", "I="])
  }
}

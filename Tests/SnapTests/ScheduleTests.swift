import Foundation
import TestSupport
import Testing

/// With programs in place of `crontab` and `systemctl`: the one keeps its table in a file, the other notes what it is called with.
struct ScheduleTests {
  private let sandbox: SnapSandbox
  private var path: String { sandbox.folder + "/bin:/usr/bin:/bin" }

  init() throws {
    sandbox = try SnapSandbox.withProject()
    try sandbox.write(
      sandbox.folder + "/written/crontab",
      """
      #!/bin/sh
      table=\(sandbox.folder)/table
      case $1 in
        -l) [ -e $table ] || { echo "no crontab for me" >&2; exit 1; }; cat $table ;;
        *) [ ! -e $table.broken ] || { echo "bad minute" >&2; exit 1; }; cp "$1" $table; echo written >>$table.log ;;
      esac
      """)
    try sandbox.write(
      sandbox.folder + "/written/systemctl",
      "#!/bin/sh\necho \"$*\" >>\(sandbox.folder)/calls\n[ ! -e \(sandbox.folder)/broken ] || { echo 'no bus' >&2; exit 1; }\n"
    )
    try copyPrograms()
  }

  /// What this process writes cannot be run while a child that another test has just started still holds it open.
  private func copyPrograms() throws {
    try sandbox.shell("mkdir -p ../bin && cp ../written/* ../bin && chmod +x ../bin/*")
  }

  private func snap(_ words: String...) throws -> SnapRun {
    try sandbox.shell("exec \"$SNAP\" " + words.map { "'\($0)'" }.joined(separator: " "), environment: ["PATH": path])
  }

  private var table: String { sandbox.read(sandbox.folder + "/table") ?? "" }
  private var writeCount: Int { (sandbox.read(sandbox.folder + "/table.log") ?? "").split(separator: "\n").count }

  @Test func `jobs of one command with other arguments are two, and a table of any bytes is left as it is`() throws {
    try sandbox.shell(#"printf '# caf\351\n1 1 * * * x \377\n' >../table"#)
    for words in [["drill", "-q"], ["drill", "v1"], ["drill", "v2", "-q"], ["drill"], ["drill", "v1"]] {
      let run = try sandbox.shell(
        "exec \"$SNAP\" schedule install weekly -- \(words.joined(separator: " "))", environment: ["PATH": path])
      #expect(run.status == 0, "\(run.error)")
    }
    let names = try snap("schedule", "list").outputLines.map { String($0.prefix { $0 != "\t" }) }
    #expect(names.count == 3 && names[0] == "drill" && names.dropFirst().allSatisfy { $0.hasPrefix("drill-") })
    #expect(Set(names).count == 3)
    #expect(try sandbox.shell(#"printf '# caf\351\n1 1 * * * x \377\n' | cmp -n 21 - ../table"#).status == 0)
    #expect(try snap("schedule", "remove").outputLines.count == 3)
    #expect(try sandbox.shell(#"printf '# caf\351\n1 1 * * * x \377\n' | cmp - ../table"#).status == 0)
  }

  @Test func `a job of an encrypted repository knows where its key comes from`() throws {
    try sandbox.shell("\"$SNAP\" init --encrypt --no-recovery-code -q --repo ../enc --key-file ../k")
    func install(_ line: String, _ environment: [String: String] = [:]) throws -> SnapRun {
      try sandbox.shell(
        "exec \"$SNAP\" --repo ../enc \(line)", environment: environment.merging(["PATH": path]) { $1 })
    }
    let key = " --key-file '?\(sandbox.folder)/k'? "
    let named = try install("--key-file ../k schedule install daily")
    #expect(named.status == 0 && named.error.isEmpty, "\(named.error)")
    #expect(try table.contains(Regex(key + "save --quiet --skip-if-unchanged --version-from=time # snap ")), "\(table)")
    #expect(try install("schedule install weekly -- drill", ["SNAP_KEY_FILE": "../k"]).status == 0)
    #expect(try table.contains(Regex(key + "drill # snap ")), "\(table)")
    // What cron would run does run.
    let line = try #require(table.split(separator: "\n").first).dropFirst("0 2 * * * ".count).prefix { $0 != "#" }
    #expect(try sandbox.shell("env -i HOME=\"$HOME\" PATH=/usr/bin:/bin sh -c \(quoted(line))").status == 0)
    #expect(try install("list", ["SNAP_KEY_FILE": "../k"]).outputLines.count == 1)

    try sandbox.shell(
      "umask 077; echo secret >../pw; \"$SNAP\" --repo ../enc --key-file ../k key add -q --label p --new-password-file ../pw"
    )
    let lost = try install("schedule install hourly", ["SNAP_PASSWORD": "secret"])
    #expect(lost.status == 0)
    #expect(
      lost.error
        == "snap: warning: the job will find no password: this repository is encrypted\n"
        + "hint: install it again with --password-file, --password-command or --key-file\n")
    #expect(!table.contains("secret"))

    try sandbox.shell("\"$SNAP\" --repo ../enc --key-file ../k key add -q --write-only web1 --new-key-file ../w")
    let writer = ["SNAP_KEY_FILE": "../w"]
    let saving = try install("schedule install daily", writer)
    #expect(saving.status == 0, "\(saving.error)")
    #expect(try table.contains(Regex("/w'? save --quiet --version-from=time # snap ")), "\(table)")
    #expect(try install("schedule install daily -- drill", writer).status == 12)
    #expect(try install("schedule remove", writer).outputLines.count == 2)
  }

  private func quoted(_ line: some StringProtocol) -> String {
    "'" + line.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  @Test func `a line is added to the crontab, once, and other lines stay`() throws {
    try sandbox.write(sandbox.folder + "/table", "# mine\n\n5 5 * * * other # snap or not\nMAILTO=me")
    let first = try snap("schedule", "install", "daily")
    #expect(first.status == 0, "\(first.error)")
    #expect(first.output.hasPrefix("save\tinstalled\tcron\t0 2 * * *\t"))
    let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[..<4] == ["# mine", "", "5 5 * * * other # snap or not", "MAILTO=me"])
    #expect(
      lines[4].contains(
        /^0 2 \* \* \* .*snap'? -C '.*the project' save --quiet --skip-if-unchanged --version-from=time # snap [0-9a-f]{8} save$/
      ),
      "\(lines[4])")
    #expect(try snap("schedule", "install", "daily").output.hasPrefix("save\talready installed\t"))
    #expect(writeCount == 1)
    try #require(try snap("schedule", "install", "hourly", "--at", ":30").status == 0)
    #expect(
      try snap("schedule", "install", "weekly", "--on", "sat", "--at", "4:15", "--", "drill", "--check", "50%").status
        == 0)
    let installed = try snap("schedule", "list").outputLines
    #expect(installed.map { $0.split(separator: "\t")[3] } == ["30 * * * *", "15 4 * * 6"])
    #expect(
      table.contains(#"drill --check '50\%' # snap"#) || table.contains(#"drill --check 50\% # snap"#), "\(table)")
    #expect(try snap("schedule", "remove").outputLines.count == 2)
    #expect(table == "# mine\n\n5 5 * * * other # snap or not\nMAILTO=me\n")
    #expect(try snap("schedule", "remove").error == "snap: nothing is scheduled\n")
    #expect(writeCount == 5)
  }

  @Test func `without a period the schedule of snap.yml counts`() throws {
    try sandbox.write("snap.yml", "schedule: weekly friday 04:15\n")
    #expect(try snap("schedule", "install").output.hasPrefix("save\tinstalled\tcron\t15 4 * * 5\t"))
    try sandbox.write("snap.yml", "schedule: hourly\n")
    #expect(try snap("schedule", "install", "--", "save", "-q").output.hasPrefix("save\tinstalled\tcron\t0 * * * *\t"))
    #expect(try snap("schedule", "install", "daily").output.hasPrefix("save\tinstalled\tcron\t0 2 * * *\t"))
    let before = table
    let drill = try snap("schedule", "install", "--", "drill")
    #expect(drill.status == 2)
    #expect(
      drill.error
        == "snap: when drill is to run is not said; schedule: of snap.yml is for save\nhint: say hourly, daily or weekly: snap schedule install weekly -- drill\n"
    )
    #expect(try snap("schedule", "install", "--at", "3:00").error.hasPrefix("snap: --at needs a period\n"))
    #expect(table == before)
  }

  @Test(arguments: [nil, "retention: {keep-last: 3}\n"])
  func `when nobody says a time, the message says who can`(configuration: String?) throws {
    if let configuration { try sandbox.write("snap.yml", configuration) }
    let run = try snap("schedule", "install")
    #expect(run.status == 2)
    #expect(
      run.error
        == "snap: when to save is said neither here nor in snap.yml\nhint: snap schedule install daily, or schedule: daily 02:00 in snap.yml\n"
    )
    #expect(table.isEmpty)
  }

  @Test func `the line that cron runs saves a version`() throws {
    try #require(try snap("schedule", "install", "daily", "-q").status == 0)
    let line = try #require(table.split(separator: "\n").first)
    let command = line.split(separator: " ", maxSplits: 5)[5]
    #expect(try sandbox.shell("cd / && \(command)").status == 0)
    #expect(try snap("list").outputLines.count == 1)
  }

  @Test func `another project's jobs are not touched`() throws {
    try #require(try snap("schedule", "install", "daily", "-q").status == 0)
    let run = try sandbox.shell(
      "mkdir ../second && cd ../second && \"$SNAP\" init -q && \"$SNAP\" schedule list && \"$SNAP\" schedule install daily -q && \"$SNAP\" schedule remove -q",
      environment: ["PATH": path])
    #expect(run.status == 0)
    #expect(run.error == "snap: nothing is scheduled; snap schedule install daily saves every night\n")
    #expect(table.split(separator: "\n").count == 1)
    #expect(try snap("schedule", "list").outputLines.count == 1)
  }

  @Test func `what cron refuses is told, and nothing is changed`() throws {
    try sandbox.write(sandbox.folder + "/table.broken", "")
    let run = try snap("schedule", "install", "daily")
    #expect(run.status == 1)
    #expect(run.error == "snap: crontab exited with 1: bad minute; nothing changed\n")
    try sandbox.write(sandbox.folder + "/written/crontab", "#!/bin/sh\necho 'you are not allowed' >&2\nexit 1\n")
    try copyPrograms()
    #expect(try snap("schedule", "install", "daily").error == "snap: crontab -l exited with 1: you are not allowed\n")
  }

  @Test func `systemd gets a service and a timer, once`() throws {
    let run = try snap(
      "schedule", "install", "weekly", "--with", "systemd", "--", "drill", "--check", "test \"$A\" = 5%")
    #expect(run.status == 0, "\(run.error)")
    #expect(
      run.output.replacing(/-[0-9a-f]{6}/, with: "").hasPrefix("drill\tinstalled\tsystemd\tSun *-*-* 02:00:00\t\""))
    let folder = sandbox.folder + "/.config/systemd/user"
    let names = try sandbox.shell("ls ../.config/systemd/user").outputLines
    #expect(names.count == 2)
    let service = try #require(sandbox.read("\(folder)/\(names[0])"))
    #expect(service.contains(#"" "-C" "\#(sandbox.project)" "drill" "--check" "test \"$$A\" = 5%%""#), "\(service)")
    #expect(sandbox.read("\(folder)/\(names[1])")?.contains("OnCalendar=Sun *-*-* 02:00:00\nPersistent=true\n") == true)
    let calls = sandbox.read(sandbox.folder + "/calls")
    #expect(calls == "--user daemon-reload\n--user enable --now \(names[1])\n")
    #expect(
      try snap("schedule", "install", "weekly", "--with", "systemd", "--", "drill", "--check", "test \"$A\" = 5%")
        .output.replacing(/-[0-9a-f]{6}/, with: "").hasPrefix("drill\talready installed"))
    #expect(sandbox.read(sandbox.folder + "/calls") == calls)
    #expect(try snap("schedule", "remove").output.contains("\tremoved\tsystemd\t"))
    #expect(try sandbox.shell("ls ../.config/systemd/user").output.isEmpty)
  }

  @Test func `when systemd complains no file stays`() throws {
    try sandbox.write(sandbox.folder + "/broken", "")
    let run = try snap("schedule", "install", "daily", "--with", "systemd")
    #expect(run.status == 1)
    #expect(
      run.error
        == "snap: systemctl --user daemon-reload exited with 1: no bus\nhint: --with cron does without systemd\n")
    #expect(try sandbox.shell("ls ../.config/systemd/user").output.isEmpty)
  }

  @Test func `without a program for timers the message says what is missing`() throws {
    try sandbox.shell("mkdir ../none && ln -s /bin/env ../none/env")
    func run(_ words: String) throws -> SnapRun {
      try sandbox.shell("PATH=\(sandbox.folder)/none; export PATH; exec \"$SNAP\" schedule \(words)")
    }
    #expect(
      try run("install daily").error
        == "snap: there is neither a crontab nor a systemctl program\nhint: apt install cron\n")
    #expect(
      try run("install daily --with cron").error.hasPrefix(
        "snap: cannot run 'crontab': No such file or directory\nhint: apt install cron"))
    #expect(
      try run("install daily --with systemd").error.hasPrefix(
        "snap: cannot run 'systemctl': No such file or directory\n"))
    #expect(try run("list").status == 0)
  }

  @Test(arguments: [
    "schedule", "schedule install yearly", "schedule install daily weekly",
    "schedule install daily --at 25:00", "schedule install --at 3:00", "schedule install daily --on mon",
    "schedule install daily -- fly", "schedule list daily", "schedule remove --at 1:00",
    "schedule install daily --with at",
  ])
  func `what makes no sense is refused`(line: String) throws {
    let run = try sandbox.shell("exec \"$SNAP\" \(line)", environment: ["PATH": path])
    #expect(run.status == 2, "\(run.error)")
    #expect(run.error.hasPrefix("snap: "))
    #expect(table.isEmpty)
  }
}

import Foundation
import TestSupport
import Testing

struct ImportTests {
  /// A project with the archives of an old script: three releases, of which the second has no MANIFEST, and two exports.
  private func withBackups() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      #"""
      set -e; mkdir tree; seq 3000 >tree/data.txt; echo 1 >tree/only-in-1; ln -s data.txt tree/link
      for v in 1.0.0 1.1.0 1.2.0; do
        mkdir -p backups/v$v; echo $v >tree/version; echo "line of $v" >>tree/data.txt
        m=${v#1.}; m=${m%.0}
        tar czf backups/v$v/app_v${v}_2025-0$((m+1))-01T10-00-00-000Z.tar.gz -C tree .
        rm -f tree/only-in-1
      done
      commit=0123456789abcdef0123456789abcdef01234567
      printf 'Version: v1.0.0\nCreated: 2025-01-01T10:00:30Z\nGit commit: %s\nGit branch: main\n' $commit >backups/v1.0.0/MANIFEST.txt
      printf 'Version: 1.2.0\nDate: Sat Mar 1\nBranch: next\n' >backups/v1.2.0/MANIFEST.txt
      echo '{"n":1}' >backups/backup-2025-01-05T02-00-00-000Z.json
      echo '{"n":2}' | gzip >backups/backup-2025-01-06T02-00-00-000Z.json.gz
      echo notes >backups/readme.txt; rm -r tree
      """#)
    try #require(run.status == 0, "\(run.error)")
    return sandbox
  }

  @Test func `an export that was cut short is imported, but takes no good one's place`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      """
      mkdir b; for d in 1 2; do echo "[$d, 2, 3]" >b/backup-2026-11-0${d}T02-00-00-000Z.json; done
      : >b/backup-2026-11-03T02-00-00-000Z.json
      """)
    let run = try sandbox.snap("import", "b")
    #expect(run.status == 24)
    #expect(run.error.contains("2026-11-03T02-00-00Z is imported, but suspect: 'backup.json' is no JSON any more\n"))
    #expect(try sandbox.snap("show", "latest").output.contains("2026-11-02T02-00-00Z"))
  }

  @Test func `files that are passed over are named when asked`() throws {
    let sandbox = try withBackups()
    #expect(
      try sandbox.snap("import", "backups", "-n").error.contains(
        "passed over 1 file, no archives by their names; -v names them\n"))
    #expect(
      try sandbox.snap("import", "backups", "-n", "-v").error.contains(
        "passed over: \(sandbox.project)/backups/readme.txt\n"))
    let json = try sandbox.snap("import", "backups", "-n", "--json")
    #expect(json.output.contains(#""passed_over":["\#(sandbox.project)/backups/readme.txt"]"#))
  }

  @Test(arguments: [
    ("Sat Mar  1 10:00:05 UTC 2025", "2025-03-01T10:00:05Z"),
    ("Sat 01 Mar 2025 10:00:05 PM CET", "2025-03-01T21:00:05Z"),
    ("Sat, 1 Mar 2025 10:00:05 -0130", "2025-03-01T11:30:05Z"),
    ("Sat Mar 01 2025 00:00 GMT+0200 (EET)", "2025-02-28T22:00:00Z"),
    ("Sat 01 Mar 2025 12:30:00 AM", "2025-03-01T00:30:00Z"),
    ("2025-03-01 10:00:05 +0200", "2025-03-01T08:00:05Z"), ("2025-03-01 10:00:05.123456+02", "2025-03-01T08:00:05Z"),
    ("2025-03-01 10:00:05 UTC (nightly)", "2025-03-01T10:00:05Z"), ("2025/03/01, 10:00:05PM", "2025-03-01T22:00:05Z"),
    ("2025-03-01T10:00-01:30", "2025-03-01T11:30:00Z"), ("2025-03-01 10:30", "2025-03-01T10:30:00Z"),
    ("2025-03-01T10-00-05-000Z", "2025-03-01T10:00:05Z"), ("2025-03-01", "2025-03-01T00:00:00Z"),
  ])
  func `a time of a MANIFEST may be written as date writes it`(written: String, time: String) throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir b; tar czf b/app_v1.tar.gz src; printf 'Date: %s\\n' '\(written)' >b/MANIFEST.txt")
    let run = try sandbox.snap("import", "b", "-n")
    #expect(run.output.contains(" of \(time)\t"), "\(run.output)")
    #expect(run.error.isEmpty)
  }

  @Test(arguments: [
    "yesterday", "Sat Mar 1 10:00", "Sat Mar 32 10:00:00 UTC 2025", "Sat Mar 1 10:00:00 XYZ 2025",
    "Sat Mar 1 25:00:00 2025", "2016-12-31T23:59:60Z", "2025-03-01T10:00:00+25:00", "99999-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "2025-03-01 10:00:00 XYZ", "2025-03-01 or 2025-03-02", "2025-02-30 10:00:00",
  ])
  func `a time of a MANIFEST that is not understood is told, with the one that is taken`(written: String) throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      "mkdir b; tar czf b/app_v1_2025-03-01T10-00-00Z.tar.gz src; echo 'Date: \(written)' >b/MANIFEST.txt")
    let run = try sandbox.snap("import", "b", "-n")
    #expect(run.status == 0 && run.output.contains(" of 2025-03-01T10:00:00Z\t"))
    #expect(run.error.hasSuffix("its MANIFEST's time '\(written)' is not understood; taken is 2025-03-01T10:00:00Z\n"))
  }

  @Test func `a name that no version can have leaves that archive out, as a damaged one is`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir b; tar czf b/app.tar.gz src; echo 'Version: feature/x' >b/MANIFEST.txt")
    let run = try sandbox.snap("import", "b")
    #expect(run.status == 3)
    #expect(
      run.error == "snap: not imported: '\(sandbox.project)/b/app.tar.gz': "
        + "'feature/x' cannot be a version name: it holds '/' (--name gives another)\n")
  }

  @Test func `two exports of one time are two versions`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      """
      mkdir b; for n in users orders; do echo "[\\"$n\\"]" >b/$n-2025-03-01T02-00-00Z.json; done
      echo 'select 1;' >b/users-2025-03-01T02-00-00Z.sql; echo '[]' >b/users-2025-03-02T02-00-00Z.json
      """)
    let run = try sandbox.snap("import", "b")
    #expect(run.status == 0, "\(run.error)")
    #expect(
      run.outputLines.map { String($0.prefix { $0 != "\t" }) } == [
        "2025-03-01T02-00-00Z-orders-json", "2025-03-01T02-00-00Z-users-json", "2025-03-01T02-00-00Z-users-sql",
        "2025-03-02T02-00-00Z",
      ] + run.outputLines.suffix(1))
    #expect(try sandbox.snap("import", "b").output.contains("imported 0 versions, 4 already there"))
  }

  @Test(arguments: [
    "cat a.tar b.tar >b/app_v1.tar", "cat a.tar b.tar | gzip >b/app_v1.tar.gz",
    "{ cat a.tar; head -c 9000000 /dev/zero; echo x; } >b/app_v1.tar",
  ])
  func `what follows the end of an archive is not dropped in silence`(make: String) throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir b; tar cf a.tar src; tar cf b.tar config; tar cf b/app_v2.tar -b 200 src; \(make)")
    let run = try sandbox.snap("import", "b")
    #expect(run.status == 3)
    #expect(run.error.contains("damaged: something follows the mark of its end (tar --ignore-zeros reads it)\n"))
    #expect(try sandbox.snap("list").outputLines.count == 1, "zeros that fill a record are no content")
  }

  @Test func `an archive without a file that its MANIFEST lists is refused`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      """
      mkdir -p b/v1; echo 1 >a; tar czf b/v1/app_v1_2025-01-01.tar.gz a
      { echo 'Version: v1'; sha256sum a; sha256sum a | sed 's/ a$/ lost.sql/'; } >b/v1/MANIFEST.txt; rm a
      """)
    let run = try sandbox.snap("import", "b")
    #expect(run.status == 3)
    #expect(run.error.contains("damaged: it lacks 'lost.sql', which the MANIFEST lists\n"))
  }

  @Test func `archives become versions with their time, name, commit and branch, oldest first`() throws {
    let sandbox = try withBackups()
    let run = try sandbox.snap("import", "backups")
    #expect(run.status == 0, "\(run.error)")
    #expect(
      run.errorLines.map { $0.replacing(sandbox.project, with: "") } == [
        "snap: passed over 1 file, no archives by their names; -v names them",
        "snap: /backups/v1.2.0/app_v1.2.0_2025-03-01T10-00-00-000Z.tar.gz: its MANIFEST's time 'Sat Mar 1' is not understood; taken is 2025-03-01T10:00:00Z",
      ])
    #expect(run.outputLines.count == 6)
    #expect(run.outputLines.dropLast().allSatisfy { $0.contains(", equal to the archive\t") })
    #expect(run.outputLines.last?.hasPrefix("imported 5 versions: archives of ") == true)
    let columns = try sandbox.snap("list").outputLines.map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(
      columns.map { "\($0[0]) \($0[2]) \($0[3])" } == [
        "v1.0.0 2025-01-01T10:00:30Z 0123456", "2025-01-05T02-00-00Z 2025-01-05T02:00:00Z ",
        "2025-01-06T02-00-00Z 2025-01-06T02:00:00Z ", "v1.1.0 2025-02-01T10:00:00Z ",
        "v1.2.0 2025-03-01T10:00:00Z ",
      ])
    #expect(try sandbox.snap("show", "v1.2.0").output.contains("Branch:    next\n"))
    #expect(try sandbox.snap("cat", "2025-01-06T02-00-00Z:backup.json").output == "{\"n\":2}\n")
    #expect(try sandbox.snap("cat", "v1.0.0:version").output == "1.0.0\n")
    #expect(try sandbox.snap("diff", "v1.0.0", "v1.1.0", "--name-only").output == "data.txt\nonly-in-1\nversion\n")
    #expect(try sandbox.snap("verify", "--read-data").status == 0)
  }

  @Test func `a second run finds everything there and changes nothing`() throws {
    let sandbox = try withBackups()
    try sandbox.snap("import", "backups", "-q")
    let before = try sandbox.snap("list", "--json").output
    let again = try sandbox.snap("import", "backups", "-q")
    #expect(again.status == 0)
    #expect(again.output.isEmpty && again.error.isEmpty, "\(again)")
    #expect(try sandbox.snap("import", "backups").outputLines.last == "imported 0 versions, 5 already there")
    #expect(try sandbox.snap("list", "--json").output == before)
  }

  @Test func `a dry run lists what would be imported and writes nothing`() throws {
    let sandbox = try withBackups()
    let run = try sandbox.snap("import", "backups", "--dry-run")
    #expect(run.status == 0)
    #expect(run.outputLines[0].hasPrefix("v1.0.0\twould import: "))
    #expect(run.outputLines[0].contains("of 2025-01-01T10:00:30Z, main @ 0123456\t"))
    #expect(run.outputLines.last?.hasPrefix("would import 5 versions: ") == true)
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `a damaged archive is named and left out, and the rest goes on`() throws {
    let sandbox = try withBackups()
    let run = try sandbox.shell(
      #"cd backups/v1.1.0 && f=$(ls) && head -c 300 "$f" >x && mv x "$f" && cd ../.. && exec "$SNAP" import backups"#)
    #expect(run.status == 3)
    #expect(run.error.contains("app_v1.1.0_2025-02-01T10-00-00-000Z.tar.gz': damaged: it is cut short"), "\(run.error)")
    #expect(run.outputLines.last?.hasPrefix("imported 4 versions, 1 not imported: ") == true)
    #expect(try sandbox.snap("list").outputLines.count == 4)
  }

  @Test func `a name that is taken with other content is refused with 22, and the rest goes on`() throws {
    let sandbox = try withBackups()
    try sandbox.snap("save", "v1.1.0", "-q")
    let run = try sandbox.snap("import", "backups")
    #expect(run.status == 22)
    #expect(run.error.contains("version 'v1.1.0' exists already with other content: "), "\(run.error)")
    #expect(try sandbox.snap("list").outputLines.count == 5)
    #expect(try sandbox.snap("cat", "v1.1.0:notes.txt").status == 0, "what was there stays")
    let archive = "backups/v1.1.0/app_v1.1.0_2025-02-01T10-00-00-000Z.tar.gz"
    #expect(try sandbox.snap("import", archive, "--name", "v1.1.0-old").status == 0)
    #expect(try sandbox.snap("cat", "v1.1.0-old:version").output == "1.1.0\n")
  }

  @Test func `an archive with a path that leads out is refused with 18`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir -p x/y && echo 1 >x/f && tar cPf v1.tar -C x/y ../f && rm -r x")
    let run = try sandbox.snap("import", "v1.tar")
    #expect(run.status == 18)
    #expect(run.error.hasSuffix("v1.tar': refused as unsafe: '../f' leads out of the archive\n"), "\(run.error)")
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `what is no archive is refused before anything is read`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("import", "notes.txt")
    #expect(run.status == 1)
    #expect(run.error.contains("notes.txt': it is no archive that is known by its name\nhint: .tar, "))
    #expect(
      try sandbox.snap("import", "nowhere").error.contains("cannot import '\(sandbox.project)/nowhere': No such file"))
    #expect(try sandbox.snap("import", "src").error.hasPrefix("snap: no archive found in 'src'\n"))
    #expect(try sandbox.snap("import").status == 2)
    try sandbox.shell("echo x | xz >v1.tar 2>/dev/null || printf '\\3757zXZ\\0' >v1.tar")
    #expect(try sandbox.snap("import", "v1.tar").error.contains("it is compressed with xz or bzip2 (unpack it first"))
  }

  @Test func `a leading folder can be dropped`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir app-1 && cp -r src app-1 && tar cf app-1.tar app-1 && rm -r app-1")
    #expect(try sandbox.snap("import", "app-1.tar", "--strip-components", "1", "--name", "v1", "-q").status == 0)
    #expect(try sandbox.snap("ls", "-R", "v1").output == "src/\nsrc/main.py\n")
  }

  @Test func `export writes the layout, import reads it back as it was`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("git init -q -b trunk . && git add -A && git commit -qm x; ln -s notes.txt link")
    try sandbox.snap("save", "v1.1.0", "-m", "the message", "--time", "2026-11-21 09:34:00")
    let run = try sandbox.snap("export", "v1.1.0", "--layout", "backups", "--to", "../old")
    #expect(run.status == 0, "\(run.error)")
    let archive = "v1.1.0/the project_v1.1.0_2026-11-21T09-34-00Z.tar.gz"
    #expect(sandbox.exists(sandbox.folder + "/old/" + archive))
    #expect(
      try sandbox.shell(
        "mkdir ../out && tar xzf '../old/\(archive)' -C ../out && cd ../out && sha256sum -c --quiet ../old/v1.1.0/MANIFEST.txt"
      )
      .status == 0)
    try sandbox.shell(
      "mkdir ../bad && cp -r ../old/v1.1.0 ../bad && sed -i 's/^[0-9a-f]\\(.*notes.txt\\)$/f\\1/' ../bad/*/MANIFEST.txt"
    )
    let swapped = try sandbox.shell(
      "mkdir ../third && cd ../third && \"$SNAP\" init -q && exec \"$SNAP\" import ../bad")
    #expect(swapped.status == 3)
    #expect(swapped.error.contains(".tar.gz': damaged: 'notes.txt' is not what the MANIFEST says"), "\(swapped.error)")
    let again = try sandbox.snap("export", "v1.1.0", "--layout", "backups", "--to", "../old")
    #expect(again.status == 18)
    #expect(again.error.contains("exists already; nothing written\nhint: "))
    try sandbox.shell("mkdir ../second && cd ../second && \"$SNAP\" init -q && \"$SNAP\" import ../old -q")
    let both = try sandbox.shell("\"$SNAP\" show v1.1.0; cd ../second; \"$SNAP\" show v1.1.0")
    func lines(_ label: String) -> [String] { both.outputLines.filter { $0.hasPrefix(label) } }
    for label in ["Version:", "Saved:", "Commit:", "Branch:", "Message:"] {
      #expect(lines(label).count == 2, "\(label) \(both.output)")
      #expect(Set(lines(label).map { $0.split(separator: "(")[0].split(separator: " ") }).count == 1, "\(lines(label))")
    }
    #expect(
      try sandbox.shell("cd ../second && \"$SNAP\" restore v1.1.0 --to ../back -q && diff -r ../out ../back").status
        == 0)
  }
}

import Foundation
import TestSupport
import Testing

struct ReleaseTests {
  private func names(_ sandbox: SnapSandbox) throws -> [String] {
    try sandbox.snap("list").outputLines.map { String($0.split(separator: "\t")[0]) }
  }

  @Test func `the version's name is taken from the project when asked for, and not otherwise`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("git init -q -b main . && git add -A && git commit -qm x && git tag v0.9")
    #expect(try sandbox.snap("save", "--version-from", "auto", "-q").status == 0)
    try sandbox.write("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.10.0\"\n")
    #expect(try sandbox.snap("save", "--version-from", "auto", "-q").status == 0)
    try sandbox.write("pyproject.toml", "[project]\nversion = \"0.11.0\"\n")
    #expect(try sandbox.snap("save", "--version-from", "auto", "-q").status == 0)
    try sandbox.write("package.json", "{\"name\": \"x\", \"version\": \"1.0.0-rc.1\"}\n")
    #expect(try sandbox.snap("save", "--version-from", "auto", "src", "-q").status == 0)
    #expect(try names(sandbox) == ["v0.9", "v0.10.0", "v0.11.0", "v1.0.0-rc.1"])
    #expect(try sandbox.snap("save", "--version-from", "package.json").status == 22)
    #expect(try sandbox.snap("save", "--version-from", "git", "-q").status == 22)
    #expect(try sandbox.snap("save").output.contains(/saved \d{4}-/))
  }

  @Test func `where snap.yml says so, a save without a name is called as the project, once, and then by its time`()
    throws
  {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "version-from: auto\n")
    try sandbox.write("package.json", "{\"version\": \"1.0.0\"}\n")
    for _ in 1...2 { #expect(try sandbox.snap("save", "-q").status == 0) }
    try sandbox.write("package.json", "{\"version\": \"1.1.0\"}\n")
    #expect(try sandbox.snap("save", "src/", "-q").status == 0, "a part is no release")
    #expect(try sandbox.snap("save", "mine", "-q").status == 0)
    #expect(try sandbox.snap("save", "-q").status == 0)
    let found = try names(sandbox)
    #expect(found.count == 5 && found[0] == "v1.0.0" && found[3] == "mine" && found[4] == "v1.1.0", "\(found)")
    #expect([1, 2].allSatisfy { found[$0].hasPrefix("20") })
    try sandbox.write("package.json", "{\"name\": \"x\"}\n")
    let run = try sandbox.snap("save", "-q")
    #expect(run.status == 0)
    #expect(run.error.hasPrefix("snap: warning: '\(sandbox.project)/package.json' has no \"version\""), "\(run.error)")
    #expect(run.error.hasSuffix("; the version is called by its time\n"))
    #expect(try sandbox.snap("config").output.contains("version-from\tauto\tsnap.yml:1\n"))
  }

  @Test func `a name that another save takes meanwhile fails no save`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("package.json", #"{"version": "1.2.0"}"#)
    try sandbox.write("snap.yml", "version-from: auto\nhooks:\n  before-save: '\"$SNAP\" save v1.2.0 -q'\n")
    let run = try sandbox.snap("save", "-q")
    #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
    let lines = try sandbox.snap("list").outputLines
    #expect(lines.count == 2 && lines[0].hasPrefix("v1.2.0\t") && lines[1].contains(/^\d{4}-\d\d-\d\dT/), "\(lines)")
  }

  @Test func `snap init has it so where a file says a version, but for what a timer runs`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("package.json", "{\"version\": \"1.2.0\"}\n")
    let made = try sandbox.snap("init")
    #expect(made.output.contains("  version v1.2.0 (package.json): what the first save without a name is called\n"))
    #expect(made.output.contains("next: snap save     to save the first version\n"))
    #expect(try sandbox.snap("save", "--version-from", "time", "-q").status == 0)
    for _ in 1...2 { #expect(try sandbox.snap("save", "-q").status == 0) }
    let found = try names(sandbox)
    #expect(found.count == 3 && found[1] == "v1.2.0" && found[0].hasPrefix("20") && found[2].hasPrefix("20"))
    let other = try SnapSandbox()
    try other.write("package.json", "{\"name\": \"x\"}\n")
    #expect(try other.snap("init").output.contains("wrote snap.yml\n"))
    #expect(try other.shell("grep version-from snap.yml").output == "# version-from: auto\n")
  }

  @Test func `where no version is written down, the message says so`() throws {
    let sandbox = try SnapSandbox.withProject()
    let none = try sandbox.snap("save", "--version-from", "auto")
    #expect(none.status == 1)
    #expect(
      none.error == """
        snap: no version to take a name from: \(sandbox.project) is not under git
        hint: give the version's name: snap save v1.2.0

        """)
    #expect(try sandbox.snap("save", "--version-from", "Cargo.toml").error.contains("there is no Cargo.toml in "))
    try sandbox.write("package.json", "{\"name\": \"x\"}")
    #expect(
      try sandbox.snap("save", "--version-from", "auto").error.contains("package.json' has no \"version\" to take"))
    try sandbox.write("package.json", "{\"version\": \"a/b\"}")
    #expect(try sandbox.snap("save", "--version-from", "auto").error.contains("'a/b' cannot be a version name"))
    #expect(try sandbox.snap("save", "--version-from", "npm").status == 2)
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `a tag of the version's name at another commit is worth a warning`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("git init -q . && git add -A && git commit -qm x && git tag -a v1 -m v1 && git tag v2")
    #expect(try sandbox.snap("save", "v1").error.isEmpty)
    try sandbox.shell("echo 2 >>notes.txt; git commit -qam y")
    let run = try sandbox.snap("save", "v2")
    #expect(run.status == 0)
    #expect(
      run.error.contains(/^snap: warning: the tag v2 is at commit [0-9a-f]{7}, but this is [0-9a-f]{7}; saving what/))
    #expect(try sandbox.snap("save", "v3").error.isEmpty)
  }

  @Test func `the changelog gets an entry, once, at its end`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      "git init -q . && git add -A && git commit -qm x; printf '# Log\\n\\n## v0.1 - 2020-01-01\\n' >LOG.md; chmod 0640 LOG.md"
    )
    let arguments = ["--changelog", "LOG.md", "-q", "--time", "2026-11-21 09:34:00"]
    func save(_ words: String...) throws -> SnapRun {
      try sandbox.shell("exec \"$SNAP\" save " + (words + arguments).map { "'\($0)'" }.joined(separator: " "))
    }
    #expect(try save("v1.0", "-m", "first\nand more").status == 0)
    #expect(try save("v1.0").status == 22)
    #expect(try save("v1.1", "--dry-run").status == 0)
    #expect(try save("v1").status == 0, "v1.0 is another version")
    #expect(try save("v0.1").status == 0)
    let commit = try sandbox.shell("git rev-parse --short=7 HEAD").outputLines[0]
    #expect(
      sandbox.read("LOG.md") == """
        # Log

        ## v0.1 - 2020-01-01

        ## v1.0 - 2026-11-21

        - first
          and more (commit \(commit))

        ## v1 - 2026-11-21

        - commit \(commit)

        """)
    #expect(try sandbox.shell("stat -c %a LOG.md; ls -A | grep -c snap-").output == "640\n0\n")
    #expect(try sandbox.snap("save", "v2", "--changelog", "NEW.md", "-q").status == 0)
    #expect(sandbox.read("NEW.md")?.hasPrefix("# Changelog\n\n## v2 - ") == true)
  }

  @Test func `a changelog that is a link is refused before anything is saved`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("ln -s notes.txt LOG.md")
    let run = try sandbox.snap("save", "v1", "--changelog", "LOG.md")
    #expect(run.status == 18)
    #expect(run.error == "snap: '\(sandbox.project)/LOG.md' is a symbolic link; not writing there\n")
    #expect(try sandbox.snap("save", "v1", "--changelog", "src").error.contains("src' is a folder; not writing there"))
    #expect(try sandbox.snap("list").output.isEmpty)
    let late = try sandbox.snap("save", "v1", "--changelog", "nowhere/LOG.md", "-q")
    #expect(late.status == 3)
    #expect(late.error.hasPrefix("snap: warning: v1 is saved; cannot write '"))
  }
}

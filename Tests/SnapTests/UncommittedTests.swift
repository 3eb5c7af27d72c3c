import TestSupport
import Testing

struct UncommittedTests {
  /// A project under git, all of it committed.
  private func withCommit() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("secrets/.env", "TITLE=one\n")
    try sandbox.write("sub/gone.txt", "gone\n")
    let run = try sandbox.shell(
      "head -c 3000 /dev/zero >sub/picture.bin; printf 'x\\n' >'sub/a name\twith \"all\"'; "
        + "git init -q -b main . && git add -A && git commit -qm one && git clone -q . ../clone")
    try #require(run.status == 0, "\(run.error)")
    return sandbox
  }

  private func apply(_ revision: String, _ sandbox: SnapSandbox) throws -> SnapRun {
    try sandbox.shell("\"$SNAP\" show \(revision) --uncommitted >../patch && cd ../clone && git apply ../patch")
  }

  @Test func `the patch makes of the commit's files those of the version`() throws {
    let sandbox = try withCommit()
    try sandbox.shell(
      "sed -i s/two/2/ notes.txt; rm sub/gone.txt; echo y >>'sub/a name\twith \"all\"'; echo n >new; git add new; "
        + "printf 'a\\0b' >>sub/picture.bin; chmod +x src/main.py; echo stranger >untracked")
    #expect(try sandbox.snap("save", "v1").status == 0)
    let shown = try sandbox.snap("show", "v1").output
    #expect(shown.contains("\nChanges:   6 files, +3 -2 uncommitted\n"), "\(shown)")
    let applied = try apply("v1", sandbox)
    #expect(applied.status == 0, "\(applied.error)")
    let compared = try sandbox.shell(
      "\"$SNAP\" restore v1 --to ../version -q && rm ../version/untracked && diff -r --exclude=.git ../version ../clone && "
        + "test -x ../clone/src/main.py")
    #expect(compared.status == 0, "\(compared.output)")
  }

  @Test func `what a save leaves out is in no patch`() throws {
    let sandbox = try withCommit()
    try sandbox.write("secrets/old.key", "OLDKEY\n")
    try sandbox.shell("git add -A && git commit -qm keys")
    try sandbox.write(".snapignore", "secrets/\n")
    try sandbox.shell(
      "echo TITLE=two >secrets/.env; rm secrets/old.key; echo four >>notes.txt; echo 1 >>config/app.json")
    #expect(try sandbox.snap("save", "v1", "--exclude", "config").status == 0)
    let patch = try sandbox.snap("show", "v1", "--uncommitted").output
    #expect(
      patch.contains("+four") && !patch.contains("TITLE") && !patch.contains("OLDKEY") && !patch.contains("app.json"))
    #expect(try sandbox.snap("save", "v2", "config").status == 0)
    let part = try sandbox.snap("show", "v2", "--uncommitted").output
    #expect(part.contains("app.json") && !part.contains("notes.txt"))
  }

  @Test func `a file that became a folder brings nothing along of what the folder hides`() throws {
    let sandbox = try withCommit()
    try sandbox.write(".snapignore", "hidden.txt\n")
    try sandbox.shell(
      "rm notes.txt; mkdir notes.txt; echo HIDDEN >notes.txt/hidden.txt; echo open >notes.txt/open.txt; git add -A notes.txt"
    )
    #expect(try sandbox.snap("save", "v1").status == 0)
    let patch = try sandbox.snap("show", "v1", "--uncommitted").output
    #expect(patch.contains("+open") && patch.contains("-three") && !patch.contains("HIDDEN"))
  }

  @Test func `a project in a folder of a work tree has its own changes only, and git applies them`() throws {
    let sandbox = try withCommit()
    try sandbox.shell(
      "echo outside >>notes.txt; echo inside >>sub/gone.txt; cd sub && \"$SNAP\" init -q && \"$SNAP\" save v1 -q")
    let run = try sandbox.shell(
      "cd sub && \"$SNAP\" show v1 --uncommitted >../../patch && cd ../../clone && git apply ../patch")
    #expect(run.status == 0, "\(run.error)")
    #expect(sandbox.read(sandbox.folder + "/clone/sub/gone.txt") == "gone\ninside\n")
    #expect(sandbox.read(sandbox.folder + "/clone/notes.txt") == "one\ntwo\nthree\n")
  }

  @Test func `nothing that the tree configures is run, and nothing changes the form of the patch`() throws {
    let sandbox = try withCommit()
    try sandbox.write(".gitattributes", "*.txt diff=evil\n")
    try sandbox.shell(
      "for setting in diff.external diff.evil.command diff.evil.textconv; do git config $setting \"touch '$PWD/../ran'; echo\"; done; "
        + "git config color.ui always; git config diff.noprefix true; git config diff.renames copies; git config diff.context 0; "
        + "git config diff.relative true; git mv notes.txt moved.txt; echo 4 >>moved.txt")
    #expect(try sandbox.snap("save", "v1").status == 0)
    #expect(!sandbox.exists("../ran"))
    let applied = try apply("v1", sandbox)
    #expect(applied.status == 0, "\(applied.error)")
    #expect(sandbox.read(sandbox.folder + "/clone/moved.txt") == "one\ntwo\nthree\n4\n")
    #expect(!sandbox.exists(sandbox.folder + "/clone/notes.txt"))
  }

  @Test func `a patch that would be too large is kept as a list of files`() throws {
    let sandbox = try withCommit()
    try sandbox.shell("seq 300000 >>notes.txt; printf b >>sub/picture.bin")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 0)
    #expect(
      run.error
        == "snap: the uncommitted changes are too large to be kept as a patch; the version has the list of files\n")
    #expect(
      try sandbox.snap("show", "v1").outputLines.contains(
        "Changes:   2 files, +300 000 -0 uncommitted; too large to be kept as a patch"))
    let shown = try sandbox.snap("show", "v1", "--uncommitted")
    #expect(shown.status == 3)
    #expect(shown.output == "300000\t0\tnotes.txt\n-\t-\tsub/picture.bin\n")
    #expect(shown.error == "snap: warning: the patch of v1 was too large to be kept; these are its files\n")
  }

  @Test func `a git that cannot tell the difference fails no save`() throws {
    let sandbox = try withCommit()
    let run = try sandbox.shell(
      "echo 4 >>notes.txt; object=$(git rev-parse HEAD:notes.txt); "
        + "rm -f .git/objects/$(echo $object | cut -c1-2)/$(echo $object | cut -c3-); \"$SNAP\" save v1")
    #expect(run.status == 0)
    #expect(run.error.hasPrefix("snap: warning: the uncommitted changes are not recorded: "), "\(run.error)")
    #expect(try sandbox.snap("cat", "v1:notes.txt").output.hasSuffix("4\n"))
  }

  @Test func `the patch lives as long as its version, whatever is collected or encoded anew`() throws {
    let sandbox = try withCommit()
    for number in 1...4 {
      try sandbox.shell("echo 'line \(number)' >>notes.txt; \"$SNAP\" save v\(number) -q")
    }
    let patches = try (1...4).map { try sandbox.snap("show", "v\($0)", "--uncommitted").output }
    let foretold = try sandbox.snap("forget", "v1", "v3").output.firstMatch(of: /now, ([0-9 ]+ bytes)/)
    let freed = try sandbox.snap("gc").output
    #expect(freed.contains("freed \(try #require(foretold).1)"), "\(freed)")
    #expect(try sandbox.snap("gc", "--deep").status == 0)
    for number in [2, 4] {
      let patch = try sandbox.snap("show", "v\(number)", "--uncommitted").output
      #expect(patch == patches[number - 1] && patch.contains("+line \(number)\n"))
    }
    #expect(try sandbox.snap("verify", "--read-data").status == 0)
  }

  @Test func `a patch that is lost is damage, and named as what it is`() throws {
    let sandbox = try withCommit()
    try sandbox.shell("\"$SNAP\" save v1 -q; ls .snap/packs/* >../before; echo 4 >>notes.txt; \"$SNAP\" save v2 -q")
    try sandbox.shell(
      "find .snap/packs -type f | while read -r f; do grep -q \"${f##*/}\" ../before || rm -f \"$f\"; done")
    let run = try sandbox.snap("verify")
    #expect(run.status == 13)
    #expect((run.output + run.error).contains("'the uncommitted changes' in v2"), "\(run.output)\(run.error)")
    #expect(try sandbox.snap("show", "v2", "--uncommitted").status == 13)
    #expect(try sandbox.snap("restore", "v1", "--to", "../v1").status == 0)
  }

  @Test func `in an encrypted repository the patch is sealed`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.shell("git init -q . && git add -A && git commit -qm one; echo UNCOMMITTED >>notes.txt")
    #expect(try sandbox.snap("save", "v1", environment: sandbox.unlocked).status == 0)
    #expect(
      try sandbox.snap("show", "v1", "--uncommitted", environment: sandbox.unlocked).output.hasSuffix("+UNCOMMITTED\n"))
    #expect(try sandbox.shell("grep -r UNCOMMITTED .snap ../cache").status == 1)
  }

  @Test func `a version without uncommitted changes has an empty patch, and says why`() throws {
    let sandbox = try withCommit()
    #expect(try sandbox.snap("save", "clean").status == 0)
    let clean = try sandbox.snap("show", "clean", "--uncommitted")
    #expect(clean.status == 0 && clean.output.isEmpty)
    #expect(clean.error == "snap: clean has no uncommitted changes: all was committed\n")
    try sandbox.shell("echo new >untracked; \"$SNAP\" save untracked -q")
    let untracked = try sandbox.snap("show", "untracked", "--uncommitted")
    #expect(untracked.error.hasSuffix("no change of a tracked file is recorded\n"))
    try sandbox.shell("rm -rf .git; \"$SNAP\" save bare -q")
    #expect(try sandbox.snap("show", "bare", "--uncommitted").error.hasSuffix("not saved from a git work tree\n"))
    #expect(try sandbox.snap("show", "bare", "--uncommitted", "--manifest").status == 2)
  }

  @Test func `as JSON the figures stand in every listing, and the patch only where it is asked for`() throws {
    let sandbox = try withCommit()
    try sandbox.shell("echo 4 >>notes.txt; \"$SNAP\" save v1 -q; printf '\\377' >>notes.txt; \"$SNAP\" save v2 -q")
    let list = try sandbox.snap("list", "--json").output
    #expect(list.contains(#""uncommitted":{"files":1,"lines_added":1,"lines_removed":0,"form":"patch","bytes":"#))
    #expect(!list.contains("@@"))
    let shown = try sandbox.snap("show", "v1", "--uncommitted", "--json").output
    #expect(shown.contains(#""message_type":"uncommitted""#) && shown.contains(#""patch":"diff --git a/notes.txt"#))
    #expect(!shown.contains("patch_b64"))
    #expect(try sandbox.snap("show", "v2", "--uncommitted", "--json").output.contains("\"patch_b64\":\""))
  }
}

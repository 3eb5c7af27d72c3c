import Foundation
import TestSupport
import Testing

struct RestoreTests {
  @Test func `a version comes back whole in another folder`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("restore", "v1", "--to", "../out")
    #expect(run.status == 0)
    #expect(try sandbox.shell("diff -r --exclude=.snap . ../out").status == 0)
    #expect(run.output.contains("restored v1 to \(sandbox.folder)/out"))
  }

  @Test func `a folder that is not empty is refused`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write(sandbox.folder + "/out/x", "")
    let run = try sandbox.snap("restore", "v1", "--to", "../out")
    #expect(run.status == 18)
    #expect(run.error.hasPrefix("snap: \(sandbox.folder)/out is not empty; use --overwrite or another directory"))
    #expect(try sandbox.snap("restore", "v1", "--to", "../out", "--overwrite", "if-changed").status == 0)
  }

  @Test func `globs and paths select`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.snap("restore", "v1", "--path", "*.json", "--path", "src", "--to", "../out")
    #expect(try sandbox.shell("cd ../out && find . -type f | sort").output == "./config/app.json\n./src/main.py\n")
  }

  @Test func `a path with dots is one from the current folder`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let source = sandbox.project + "/src"
    #expect(try sandbox.snap("restore", "v1", "--path", "./main.py", "--to", "../../a", folder: source).status == 0)
    #expect(try sandbox.snap("restore", "v1", "../config", "./*.py", "--to", "../../b", folder: source).status == 0)
    #expect(try sandbox.snap("restore", "v1", ".", "--to", "../../c", folder: source).status == 0)
    let files = try sandbox.shell("cd .. && find a b c -type f | sort").outputLines
    #expect(files == ["a/src/main.py", "b/config/app.json", "b/src/main.py", "c/src/main.py"])
    #expect(try sandbox.snap("find", "./main.py", folder: source).output.contains("src/main.py"))
    let missing = try sandbox.snap("restore", "v1", "./mian.py", "--to", "../../d", folder: source)
    #expect(missing.error == "snap: 'src/mian.py' is not in version v1 (nearest: 'src/main.py')\n")
  }

  @Test func `a path with dots is found where the version keeps it, and where the project is now`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write(sandbox.folder + "/other/x", "")
    #expect(try sandbox.snap("save", "both", ".", "../other").status == 0)
    let source = sandbox.project + "/src"
    // Kept from `/`, as one of the sources lies outside.
    let inner = String(source.dropFirst()) + "/main.py"
    #expect(try sandbox.snap("find", "./main.py", "--in", "both", folder: source).output.contains(inner))
    #expect(try sandbox.snap("cat", "both:./main.py", folder: source).status == 0)
    #expect(try sandbox.shell("cp -a . ../moved").status == 0)
    let moved = sandbox.folder + "/moved/src"
    #expect(try sandbox.snap("find", "./main.py", "--in", "v1", folder: moved).output.contains("src/main.py"))
    #expect(try sandbox.snap("cat", "v1:./main.py", folder: moved).status == 0)
  }

  @Test func `REV and a path restores what is in the folder`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.snap("restore", "v1:src", "--to", "../a")
    try sandbox.snap("restore", "v1:config/app.json", "--to", "../b")
    try sandbox.snap("restore", "v1", "--strip-components", "1", "--to", "../c")
    #expect(sandbox.exists("../a/main.py"))
    #expect(sandbox.exists("../b/app.json"))
    #expect(sandbox.exists("../c/main.py") && sandbox.exists("../c/app.json"))
  }

  @Test func `a path that is not in the version is named with the nearest`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("restore", "v1", "--path", "src/mian.py", "--to", "../out")
    #expect(run.status == 21)
    #expect(run.error == "snap: 'src/mian.py' is not in version v1 (nearest: 'src/main.py')\n")
    #expect(!sandbox.exists("../out"))
  }

  @Test func `in place, what is overwritten is saved first and comes back with undo`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "mine\n")
    let run = try sandbox.snap("restore", "v1", "notes.txt")
    #expect(run.status == 0)
    #expect(sandbox.read("notes.txt") == "one\ntwo\nthree\n")
    #expect(run.output.firstMatch(of: /Before:  saved as before-restore-[0-9TZ-]+; snap undo goes back to it/) != nil)
    #expect(try sandbox.snap("undo").status == 0)
    #expect(sandbox.read("notes.txt") == "mine\n")
  }

  @Test func `in place with --delete takes away what the version lacks, and not what save leaves out`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("extra.txt", "extra\n")
    try sandbox.write("node_modules/lib.js", "lib\n")
    #expect(try sandbox.snap("restore", "v1", "--delete").status == 0)
    #expect(!sandbox.exists("extra.txt"))
    #expect(sandbox.exists("node_modules/lib.js"))
    #expect(sandbox.exists(".snap/config"))
    try sandbox.snap("undo")
    #expect(sandbox.read("extra.txt") == "extra\n")
  }

  @Test func `a dry run changes nothing`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "mine\n")
    let run = try sandbox.snap("restore", "v1", "--dry-run")
    #expect(run.output.contains("would restore v1"))
    #expect(sandbox.read("notes.txt") == "mine\n")
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `a safety version is not the latest`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "mine\n")
    try sandbox.snap("restore", "v1", "notes.txt")
    #expect(try sandbox.snap("show", "latest").output.hasPrefix("Version:   v1\n"))
  }

  @Test func `an archive holds what the version holds`() throws {
    let sandbox = try SnapSandbox.withVersion()
    for name in ["v1.tar", "v1.tar.gz", "v1.tar.zst"] {
      #expect(try sandbox.snap("export", "v1", "-o", "../\(name)").status == 0)
    }
    let check = try sandbox.shell(
      """
      set -e; cd ..; for name in v1.tar v1.tar.gz v1.tar.zst; do
      rm -rf x; mkdir x; tar -xf $name -C x; diff -r --exclude=.snap 'the project' x; done; "$SNAP" -C 'the project' export v1 | cmp - v1.tar
      """)
    #expect(check.status == 0, "\(check.output)\(check.error)")
    let again = try sandbox.snap("export", "v1", "-o", "../v1.tar")
    #expect(again.status == 18)
    #expect(again.error.hasPrefix("snap: \(sandbox.folder)/v1.tar exists already\nhint: --force"))
  }

  @Test func `the manifest is what sha256sum checks`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("odd\nname", "x")
    try sandbox.shell("head -c 1000000 /dev/urandom >large.bin; truncate -s 300000 sparse; echo end >>sparse; : >empty")
    try sandbox.snap("save", "v1")
    let run = try sandbox.shell("\"$SNAP\" show v1 --manifest | sha256sum -c --quiet --strict -")
    #expect(run.status == 0, "\(run.output)\(run.error)")
  }

  @Test func `undo of a restore in place gives back a file that stood where a hard link was saved`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("echo 1 >a && ln a b")
    try sandbox.snap("save", "linked")
    try sandbox.shell("rm b && echo precious >b && echo x >a")
    #expect(try sandbox.snap("restore", "linked").status == 0)
    #expect(try sandbox.shell("cat a b").output == "1\n1\n")
    #expect(try sandbox.snap("undo").status == 0)
    #expect(try sandbox.shell("cat a b").output == "x\nprecious\n")
  }

  @Test func `nothing is restored into the repository`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "one")
    #expect(try sandbox.snap("restore", "one", "--to", ".snap/packs/x").status == 18)
  }

  @Test func `a lost manifest stops neither the list nor the next save`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "one")
    try sandbox.shell("rm -r .snap/packs/*")
    #expect(try sandbox.snap("list").status == 0)
    #expect(try sandbox.snap("save", "two").status == 0)
    try sandbox.snap("restore", "two", "--to", "elsewhere")
    #expect(try sandbox.snap("forget", "one").status != 70)
  }

  @Test func `undo saves what was edited since the restore`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("printf A1 >a")
    try sandbox.snap("save", "w1")
    try sandbox.shell("printf A2 >a")
    try sandbox.snap("restore", "w1")
    try sandbox.shell("printf A3 >a")
    #expect(try sandbox.snap("undo").status == 0)
    #expect(try sandbox.shell("cat a").output == "A2")
    #expect(try sandbox.snap("undo").status == 0)
    #expect(try sandbox.shell("cat a").output == "A3")
  }

  @Test func `a file that gives way to a folder is saved first, also when the work tree is named`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir c && echo y >c/y")
    try sandbox.snap("save", "full")
    try sandbox.shell("rm -r c && echo PRECIOUS >c")
    #expect(try sandbox.snap("restore", "full", "--to", ".", "--overwrite", "always").status == 0)
    #expect(try sandbox.shell("cat c/y").output == "y\n")
    let safety = try sandbox.snap("list").outputLines.map { String($0.prefix { $0 != "\t" }) }
    let name = try #require(safety.first { $0.hasPrefix("before-restore") })
    #expect(try sandbox.snap("cat", "\(name):c").output == "PRECIOUS\n")
  }
}

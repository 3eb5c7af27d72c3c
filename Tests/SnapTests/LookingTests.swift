import Foundation
import TestSupport
import Testing

struct LookingTests {
  @Test func `list in a pipe has nine stable columns`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "v1", "-m", "first\nline", "--tag", "a,b", "--time", "2026-11-21T09:34:00Z")
    let columns = try sandbox.snap("list").output.dropLast().split(separator: "\t", omittingEmptySubsequences: false)
    #expect(columns.count == 9)
    #expect(columns[0] == "v1")
    #expect(columns[2] == "2026-11-21T09:34:00Z")
    #expect(columns[4] == "46")
    #expect(columns[7] == "a,b")
    #expect(columns[8] == "first line")
    #expect(try sandbox.snap("list", "--tag", "zzz").output.isEmpty)
  }

  @Test func `ls, cat and find look inside`() throws {
    let sandbox = try SnapSandbox.withVersion()
    #expect(try sandbox.snap("ls", "v1").output == "config/\nnotes.txt\nsrc/\n")
    #expect(try sandbox.snap("ls", "v1:src").output == "main.py\n")
    #expect(try sandbox.snap("ls", "-l", "v1:src").output.hasPrefix("-rw-"))
    #expect(try sandbox.snap("cat", "v1:notes.txt", "v1:src/main.py").output == "one\ntwo\nthree\nprint('hello')\n")
    #expect(try sandbox.snap("find", "*.py").output == "v1:src/main.py\n")
    #expect(try sandbox.snap("find", "*.rs").status == 21)
    let folder = try sandbox.snap("cat", "v1:src")
    #expect(folder.status == 18)
    #expect(folder.error == "snap: 'src' is a folder\nhint: snap ls v1:src\n")
  }

  @Test func `log folds versions in which the path is the same`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.snap("save", "v2")
    try sandbox.write("notes.txt", "changed\n")
    try sandbox.snap("save", "v3")
    try sandbox.shell("rm notes.txt")
    try sandbox.snap("save", "v4")
    let rows = try sandbox.snap("log", "notes.txt").outputLines.map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(rows.map { "\($0[0]) \($0[2])" } == ["v4 removed", "v3 changed", "v1..v2 (2) added"])
    #expect(try sandbox.snap("log", "nothing").status == 21)
  }

  @Test func `diff shows letters, names, sizes and lines`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "one\n2\nthree\n")
    try sandbox.write("new.txt", "new\n")
    try sandbox.shell("rm src/main.py")
    #expect(
      try sandbox.snap("diff", "--name-only", "--content-only").output == "new.txt\nnotes.txt\nsrc/main.py\n")
    let letters = try sandbox.snap("diff", "--content-only").output
    #expect(letters == "+  new.txt\nM  notes.txt\n-  src/main.py\n")
    #expect(
      try sandbox.snap("diff", "--stat", "--path", "new.txt").output.contains("1 added, 0 removed, 0 changed, +4 B"))
    let patch = try sandbox.snap("diff", "--patch", "--path", "notes.txt").output
    #expect(
      patch == """
        diff --git a/notes.txt b/notes.txt
        --- a/notes.txt
        +++ b/notes.txt
        @@ -1,3 +1,3 @@
         one
        -two
        +2
         three

        """)
    #expect(try sandbox.snap("diff", "--exit-code", "-q").status == 1)
    try sandbox.snap("save", "v2")
    #expect(try sandbox.snap("diff", "--exit-code").status == 0)
    #expect(try sandbox.snap("diff", "v1..v2", "--content-only").output == letters)
    #expect(
      try sandbox.snap("diff", "v2", "v1", "--content-only").output == "-  new.txt\nM  notes.txt\n+  src/main.py\n")
    #expect(
      try sandbox.snap("diff", ".", "v1", "--content-only").output == "-  new.txt\nM  notes.txt\n+  src/main.py\n")
  }

  @Test func `git applies the patch between two versions`() throws {
    let sandbox = try SnapSandbox.withProject()
    let lines = (1...200).map { "line \($0)" }
    try sandbox.write("long.txt", lines.joined(separator: "\n"))
    try sandbox.snap("save", "v1")
    var changed = lines
    changed[3] = "changed"
    changed.remove(at: 100)
    changed.insert("inserted", at: 150)
    changed.append("no newline at the end")
    try sandbox.write("long.txt", changed.joined(separator: "\n"))
    try sandbox.write("sub/new.txt", "new\n")
    try sandbox.shell("rm notes.txt; chmod +x src/main.py")
    try sandbox.snap("save", "v2")
    try sandbox.snap("restore", "v1", "--to", "../old")
    let check = try sandbox.shell(
      "\"$SNAP\" diff v1 v2 --patch >../p && cd ../old && git apply ../p && diff -r --exclude=.snap . '../the project' && test -x src/main.py"
    )
    #expect(check.status == 0, "\(check.output)\(check.error)")
  }

  @Test func `a binary file is said to differ`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("printf 'a\\000b' >bin")
    try sandbox.snap("save", "v1")
    try sandbox.shell("printf 'a\\000c' >bin")
    #expect(try sandbox.snap("diff", "--patch").output.contains("Binary files a/bin and b/bin differ\n"))
  }

  @Test func `revisions are named in every way`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.snap("save", "v2", "--tag", "prod")
    let id = try sandbox.snap("list").outputLines[0].split(separator: "\t")[1]
    for revision in [String(id), "v1", "latest~1", "v2~1"] {
      #expect(try sandbox.snap("show", revision).output.hasPrefix("Version:   v1\n"), "\(revision)")
    }
    for revision in ["latest", "tag:prod", "@{2099-01-01}"] {
      #expect(try sandbox.snap("show", revision).output.hasPrefix("Version:   v2\n"), "\(revision)")
    }
    let unknown = try sandbox.snap("show", "v9")
    #expect(unknown.status == 21)
    #expect(unknown.error.hasPrefix("snap: no snapshot matches 'v9'"))
  }

  @Test func `ignored tells source, line and pattern as git does`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(".snapignore", "# logs\nlogs/\n*.tmp\n!keep.tmp\n")
    let run = try sandbox.snap("ignored", "logs/x", "a.tmp", "keep.tmp", "src", "node_modules/")
    #expect(run.status == 0)
    #expect(
      run.output == """
        .snapignore:2:logs/\tlogs/x
        .snapignore:3:*.tmp\ta.tmp
        .snapignore:4:!keep.tmp\tkeep.tmp
        (built-in):1:node_modules/\tnode_modules/

        """)
    #expect(try sandbox.snap("ignored", "src").status == 1)
    try sandbox.write("logs/today", "")
    #expect(try sandbox.snap("ignored").output == ".snapignore:2:logs/\tlogs/\n")
    #expect(try sandbox.snap("ignored", "/etc/passwd").status == 2)
  }

  @Test func `a closed pipe ends a listing silently with 0`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkdir many && cd many && seq -f 'a-file-with-a-rather-long-name-%g' 1 3000 | xargs touch")
    try sandbox.snap("save", "v1")
    let run = try sandbox.shell("{ \"$SNAP\" ls -R v1; echo $? >../status; } | head -1")
    #expect(run.error.isEmpty)
    #expect(run.output == "config/\n")
    #expect(sandbox.read("../status") == "0\n")
  }

  @Test func `a full disk behind standard output is told`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.shell("\"$SNAP\" ls v1 >/dev/full")
    #expect(run.status == 16)
    #expect(run.error == "snap: cannot write standard output: No space left on device\n")
  }
}

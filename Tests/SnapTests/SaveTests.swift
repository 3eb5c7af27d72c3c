import Foundation
import TestSupport
import Testing

struct SaveTests {
  @Test func `a project whose folder's name is no UTF-8 is one like others`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.shell(
      #"""
      set -e; d=$(printf 'caf\351'); mkdir "$d"; cd "$d"; "$SNAP" init; echo 1 >a; mkdir sub; cd sub; "$SNAP" save v1 -q
      "$SNAP" ls v1; cd ..; echo 2 >a; "$SNAP" restore v1 -q; cat a; "$SNAP" undo -q; cat a; "$SNAP" status --no-tree
      "$SNAP" diff --name-only; cd ..; s=$(printf 'st\377re'); "$SNAP" -r "$s" init; "$SNAP" -r "$s" save v1 "$d/a" -q
      "$SNAP" -r "$s" ls v1; "$SNAP" -r "$s" restore v1 --to "$d/out" -q; cat "$d/out/$d/a"; "$SNAP" -r "$d" list -q | cut -f1
      "$SNAP" -r "$s" init || echo "status $?"
      """#)
    #expect(run.status == 0, "\(run.error)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasSuffix(#"at \#(sandbox.project)/caf\xe9/.snap"#) == true, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("Project:") && $0.contains(#"/caf\xe9  (repository"#) })
    #expect(lines.contains { $0.hasSuffix(#"/st\xffre"#) })
    #expect(!run.output.contains("/proc/self/fd") && !run.error.contains("/proc/self/fd"), "\(run.error)")
    #expect(run.error.contains(#"/st\xffre already holds a repository"#))
    #expect(lines.filter { ["1", "2"].contains($0) } == ["1", "2", "2"])
  }

  @Test func `the summary is as people know it`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("node_modules/lib.js", "x")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 0)
    #expect(run.error.isEmpty)
    let lines = run.outputLines
    #expect(lines[0] == "Files:   3 new, 0 changed, 0 unmodified, 0 removed")
    #expect(lines[1].wholeMatch(of: /Stored:  .+ new for 46 B  \(dedup \d+, delta \d+, zstd \d+\)/) != nil)
    #expect(lines[2] == "Ignored: node_modules/ 1 (built-in; --no-ignore saves them)")
    #expect(lines[3].wholeMatch(of: /saved v1  id [0-9a-f]{8}  in \d+\.\d s/) != nil)
  }

  @Test func `the git state stands in the summary and in show`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("git init -q -b trunk . && git add -A && git commit -qm x && git tag v0.9 && echo x >new.txt")
    let run = try sandbox.snap("save", "v1")
    #expect(run.output.firstMatch(of: /Git:     trunk @ [0-9a-f]{7} \(v0\.9\), 1 file dirty/) != nil)
    #expect(try sandbox.snap("show", "v1").output.contains("Branch:    trunk\n"))
    #expect(try sandbox.shell("git status --porcelain").output == "?? new.txt\n", "git must not see .snap")
  }

  @Test func `--require-clean refuses what is not committed`() throws {
    let sandbox = try SnapSandbox.withProject()
    #expect(try sandbox.snap("save", "v1", "--require-clean").status == 18)
    try sandbox.shell("git init -q . && git add -A && git commit -qm x")
    #expect(try sandbox.snap("save", "v1", "--require-clean").status == 0)
    try sandbox.write("notes.txt", "changed\n")
    let run = try sandbox.snap("save", "v2", "--require-clean")
    #expect(run.status == 18)
    #expect(run.error.hasPrefix("snap: 1 file not committed in \(sandbox.project); nothing saved\n"))
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `without a name the version is called after the time`() throws {
    let sandbox = try SnapSandbox.withProject()
    for _ in 0..<3 { #expect(try sandbox.snap("save", "--time", "2026-11-21 09:34:00").status == 0) }
    #expect(
      try sandbox.snap("list").outputLines.map { $0.split(separator: "\t")[0] }.sorted() == [
        "2026-11-21T09-34-00Z", "2026-11-21T09-34-00Z-2", "2026-11-21T09-34-00Z-3",
      ])
  }

  @Test func `a first word with a slash is a path`() throws {
    let sandbox = try SnapSandbox.withProject()
    #expect(try sandbox.snap("backup", "./src").status == 0)
    #expect(try sandbox.snap("ls", "-R", "latest").output == "src/\nsrc/main.py\n")
  }

  @Test func `paths outside of the project are kept from the root`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(sandbox.folder + "/outside/x.txt", "x\n")
    #expect(try sandbox.snap("save", "v1", "../outside").status == 0)
    let path = String(sandbox.folder.drop { $0 == "/" }) + "/outside/x.txt"
    #expect(try sandbox.snap("cat", "v1:\(path)").output == "x\n")
  }

  @Test func `from a folder below, all of the project is saved`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "v1", folder: sandbox.project + "/src")
    #expect(try sandbox.snap("cat", "v1:notes.txt").output == "one\ntwo\nthree\n")
    #expect(try sandbox.snap("cat", "v1:./main.py", folder: sandbox.project + "/src").output == "print('hello')\n")
  }

  @Test func `a taken name is refused with 22`() throws {
    let run = try SnapSandbox.withVersion().snap("save", "v1")
    #expect(run.status == 22)
    #expect(run.error.hasPrefix("snap: version 'v1' exists already"))
  }

  @Test func `standard input and a command's output become a file`() throws {
    let sandbox = try SnapSandbox.withProject()
    #expect(try sandbox.snap("save", "db1", "--stdin", "--stdin-filename", "dumps/a.sql", input: "rows\n").status == 0)
    #expect(try sandbox.snap("cat", "db1:dumps/a.sql").output == "rows\n")
    #expect(try sandbox.snap("save", "db2", "--stdin-from-command", "--", "printf", "%s", "--json").status == 0)
    #expect(try sandbox.snap("cat", "db2:stdin").output == "--json")
  }

  @Test func `when the command fails nothing is saved`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("save", "db", "--stdin-from-command", "--", "sh", "-c", "echo half; exit 3")
    #expect(run.status == 23)
    #expect(run.error == "snap: 'sh' exited with 3; nothing was saved\n")
    #expect(try sandbox.snap("save", "db", "--stdin-from-command", "--", "no-such-program").status == 23)
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `what cannot be read is named, counted and changes the status`() throws {
    let sandbox = try SnapSandbox.withProject()
    let missing = try sandbox.snap("save", "v1", "src", "nothing-here")
    #expect(missing.status == 3)
    #expect(missing.error.hasPrefix("snap: skipped: nothing-here: No such file or directory\n"))
    let all = try sandbox.snap("save", "v2", "nothing-here")
    #expect(all.status == 1)
    #expect(all.error.contains("snap: nothing to save: none of the sources exist\n"))
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `an unchanged tree can be skipped`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("save", "v2", "--skip-if-unchanged")
    #expect(run.status == 0)
    #expect(run.output == "unchanged since v1; nothing saved\n")
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `a dry run saves nothing`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("save", "v1", "-n")
    #expect(run.output.contains("would save v1"))
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `an empty project is saved with a note`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.snap("init")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 0)
    #expect(run.error == "snap: there was nothing to read: the version holds no files\n")
  }

  @Test func `paths may come from a file`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("list", "notes.txt\nsrc/main.py\n")
    #expect(try sandbox.snap("save", "v1", "--files-from", "list").status == 0)
    #expect(try sandbox.snap("ls", "-R", "v1").output == "notes.txt\nsrc/\nsrc/main.py\n")
    #expect(try sandbox.snap("save", "v2", "--files-from", "nowhere").status == 1)
  }

  @Test func `a name that is no UTF-8 survives the command line`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      #"name=$(printf 'a\377b'); echo content >"$name"; "$SNAP" save v1 "$name" -q && "$SNAP" cat "v1:$name" && "$SNAP" ls v1"#
    )
    #expect(run.outputBytes == Array("content\na".utf8) + [0xFF] + Array("b\n".utf8))
  }

  @Test func `a second save at the same time succeeds too`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell("\"$SNAP\" save a -q & \"$SNAP\" save b -q; first=$?; wait $!; echo $first $?")
    #expect(run.output == "0 0\n")
    #expect(try sandbox.snap("list").outputLines.count == 2)
  }

  @Test func `the clock behind the newest version is told`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "v1", "--time", "2099-01-01")
    let run = try sandbox.snap("save", "v2")
    #expect(run.status == 0)
    #expect(run.error.firstMatch(of: /snap: warning: clock is \d+ years behind the newest version v1/) != nil)
  }

  @Test func `with few file descriptors rules and marks of folders are read all the same`() throws {
    let sandbox = try SnapSandbox()
    var path = ""
    for number in 0..<60 {
      path += "n\(number)/"
      try sandbox.write("\(path).snapignore", "secret-*")
      try sandbox.write("\(path)secret-\(number)", "x")
      try sandbox.write("\(path)kept-\(number)", "x")
      try sandbox.write("\(path)cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55")
      try sandbox.write("\(path)cache/made", "x")
    }
    let run = try sandbox.shell(
      "\"$SNAP\" init -q && ulimit -n 32 && \"$SNAP\" save v1 --exclude-caches --json -q; \"$SNAP\" ls v1 -R >../listed; "
        + "grep -c kept- ../listed; grep -cE 'secret-|made' ../listed")
    #expect(run.error.isEmpty && run.output.hasSuffix("60\n0\n"), "\(run.error) \(run.output)")
  }

  @Test func `with few file descriptors a save opens folders and files in turn`() throws {
    let sandbox = try SnapSandbox()
    for number in 0..<40 {
      for file in 0..<5 { try sandbox.write("d\(number)/f\(file)", "\(number) \(file)") }
    }
    try sandbox.write(String(repeating: "n/", count: 90) + "f", "deep")
    let run = try sandbox.shell(
      "\"$SNAP\" init -q && ulimit -n 32 && \"$SNAP\" save v1 --json -q; \"$SNAP\" ls v1 -R | grep -c f")
    #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
    #expect(run.output.hasSuffix("201\n"), "\(run.output)")
  }
}

import Foundation
import TestSupport
import Testing

struct GuardTests {
  @Test func `the state before is saved, and the command has this process's input and output`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap(
      "guard", "--", "sh", "-c", "cat; echo changed >notes.txt; echo told >&2", input: "given\n")
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output == "given\n")
    #expect(run.errorLines.count == 2)
    #expect(run.errorLines[0].contains(/^snap: saved before-sh-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ; running 'sh'$/))
    #expect(run.errorLines[1] == "told")
    #expect(try sandbox.snap("cat", "latest:notes.txt").output == "one\ntwo\nthree\n")
  }

  @Test func `a command that fails ends with 23 and the one command that goes back`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap(
      "guard", "--name", "before it", "-q", "--", "sh", "-c", "rm notes.txt; echo x >new; echo y >src/main.py; exit 7")
    #expect(run.status == 23)
    #expect(
      run.error == """
        snap: 'sh' exited with 7; the state before it is saved as before it
        hint: snap restore 'before it' --delete

        """)
    let line = try #require(run.errorLines.last).dropFirst("hint: snap ".count)
    #expect(try sandbox.shell("\"$SNAP\" \(line) -q").status == 0)
    #expect(
      try sandbox.shell("cat notes.txt src/main.py; ls").output
        == "one\ntwo\nthree\nprint('hello')\nconfig\nnotes.txt\nsrc\n")
  }

  @Test func `SIGTERM reaches the command, and the way back is told`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      """
      "$SNAP" guard --name before -- sh -c 'echo running >../started; exec sleep 100' & guard=$!
      until [ -e ../started ]; do kill -0 $guard || exit 1; sleep 0.05; done
      kill -TERM $guard; wait $guard
      """)
    #expect(run.status == 23)
    #expect(run.error.contains("killed by signal 15; the state before it is saved as before\n"))
    #expect(run.error.hasSuffix("restore before --delete\n"))
  }

  @Test(arguments: [("rm -rf .snap; exit 1", Int32(23)), ("rm -rf .snap", 10)])
  func `who removes the repository is not told to go back to it`(command: String, status: Int32) throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("guard", "-q", "--name", "before", "--", "sh", "-c", command)
    #expect(run.status == status)
    #expect(
      run.error == """
        snap: 'sh' exited with \(status == 23 ? 1 : 0), and before, the state before it, cannot be found any more: \
        no repository found in \(sandbox.project) or any parent
        hint: snap init

        """)
  }

  @Test func `who forgets the version that was saved for him is told how to get it back`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell("\"$SNAP\" guard -q --name before -- \"$SNAP\" forget -q before")
    #expect(run.status == 21)
    #expect(
      run.error.hasSuffix("cannot be found any more: no snapshot matches 'before'\nhint: snap undo, or snap list\n"))
  }

  @Test func `when the save fails the command is not run`() throws {
    let sandbox = try SnapSandbox.withVersion()
    #expect(try sandbox.snap("guard", "--name", "v1", "--", "touch", "ran").status == 22)
    #expect(try sandbox.snap("guard", "-r", "../nowhere", "--", "touch", "ran").status == 10)
    #expect(
      try sandbox.snap("guard", "touch", "ran").error
        == "snap: guard needs a command after --\nhint: snap guard -- touch ran\n")
    #expect(try sandbox.snap("guard", "--").status == 2)
    #expect(!sandbox.exists("ran"))
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test(.disabled(if: isRoot, "root reads everything")) func `what cannot be read keeps the command from running`()
    throws
  {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("chmod 0 notes.txt")
    let run = try sandbox.snap("guard", "--name", "b", "--", "touch", "ran")
    #expect(run.status == 3)
    #expect(
      run.error.hasSuffix(
        "b does not hold everything; 'touch' was not run\nhint: --allow-partial runs it all the same\n"))
    #expect(!sandbox.exists("ran"))
    #expect(try sandbox.snap("guard", "--allow-partial", "--", "touch", "ran").status == 0)
    #expect(sandbox.exists("ran"))
  }

  @Test func `a command that is not there is told, and a repository elsewhere is in the line that goes back`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("a", "1\n")
    try sandbox.snap("init", "-r", "../the store")
    let missing = try sandbox.snap("guard", "-r", "../the store", "--name", "b1", "--", "no-such-program")
    #expect(missing.status == 23)
    #expect(
      missing.error.contains("cannot run 'no-such-program': No such file or directory\nhint: b1 was saved and stays"))
    let run = try sandbox.snap("-r", "../the store", "guard", "--name", "b2", "--", "false")
    #expect(run.errorLines.last == "hint: snap -r '\(sandbox.folder)/the store' restore b2 --delete")
    try sandbox.snap("init", "-q")
    let elsewhere = try sandbox.snap("-C", sandbox.project, "guard", "--name", "b3", "--", "false", folder: "/")
    #expect(elsewhere.errorLines.last == "hint: snap -C '\(sandbox.project)' restore b3 --delete")
  }

  @Test func `with --json the command's words go to standard error`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("guard", "--json", "--name", "b", "--", "echo", "hello")
    #expect(run.status == 0)
    #expect(run.errorLines.last == "hello")
    let object = try JSONSerialization.jsonObject(with: Data((run.outputLines.last ?? "").utf8)) as? [String: Any]
    #expect(run.outputLines.count == 1)
    #expect(object?["version"] as? String == "b")
    #expect(object?["passed"] as? Bool == true)
  }
}

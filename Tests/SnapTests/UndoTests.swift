import TestSupport
import Testing

struct UndoTests {
  /// Everything about the project but the repository, as text.
  private static func state(_ sandbox: SnapSandbox) throws -> String {
    try sandbox.shell(
      """
      find . -path ./.snap -prune -o -printf '%P %y %m %U %G %T@ %n %l\\n' | sort
      find . -path ./.snap -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
      find . -path ./.snap -prune -o -print0 | sort -z | xargs -0 getfattr -h -d -m- -e hex 2>/dev/null
      """
    ).output
  }

  private static func versions(_ sandbox: SnapSandbox) throws -> [String] {
    try sandbox.snap("list").outputLines.map { String($0.prefix { $0 != "\t" }) }
  }

  /// Restores, undoes, undoes that, and undoes that again: each must give back exactly what was before.
  private static func goThereAndBack(_ sandbox: SnapSandbox, _ restore: String) throws {
    let before = try state(sandbox)
    let run = try sandbox.shell("\"$SNAP\" restore \(restore)")
    #expect(run.status == 0, "\(run.error)")
    let restored = try state(sandbox)
    for expected in [before, restored, before] {
      let undo = try sandbox.snap("undo")
      #expect(undo.status == 0, "\(undo.error)")
      #expect(try state(sandbox) == expected, "\(undo.output)")
    }
  }

  @Test(arguments: [
    "chmod 600 notes.txt", "touch -d 2001-01-01 notes.txt", "setfattr -n user.mine -v x notes.txt", "chmod 700 src",
    "touch -h -d 2001-01-01 link", "chmod 4755 config/app.json", "setfattr -n user.mine -v x src",
    "chmod 600 one", "echo more >>one", "rm one && echo other >one", "rm link && ln -s elsewhere link",
    "rm notes.txt", "rm -r src", "rm link two", "rm -r src && echo file >src", "rm -r config src notes.txt",
    "rm notes.txt && ln -s src notes.txt", "mkdir extra && echo x >extra/x", "mkdir extra && chmod 711 extra",
    "rm notes.txt && mkdir notes.txt && echo in >notes.txt/in", "mv src source",
    "ln -f one three && echo 2 >new && mv new one",
  ])
  func `undo gives back exactly what was, and undo of undo what was restored`(_ change: String) throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("ln -s notes.txt link && echo 1 >one && ln one two && mkfifo fifo && touch -d 2020-01-01 . src")
    try sandbox.snap("save", "v1")
    try sandbox.shell(change)
    try Self.goThereAndBack(sandbox, "v1 --overwrite \(change.contains("extra") ? "if-changed --delete" : "always")")
  }

  @Test(
    .enabled(if: isRoot),
    arguments: [
      "chown 12345:54321 notes.txt", "chown -h 12345 link", "chown 12345 src", "chown 12345 tool", "mknod link2 c 1 3",
      "rm link && mknod link b 7 1", "setfattr -n trusted.mine -v x notes.txt && echo more >>notes.txt",
      "chmod 1777 src && chgrp 54321 src && chmod g+s src", "echo other >tool && chown 12345 tool && chmod 6755 tool",
      "setfattr -x user.mine notes.txt",
    ])
  func `undo gives back what only root can change`(_ change: String) throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("ln -s x link; echo old >tool; chmod 4755 tool; setfattr -n user.mine -v y notes.txt")
    try sandbox.snap("save", "v1")
    try sandbox.shell(change)
    try Self.goThereAndBack(sandbox, "v1 --delete")
  }

  @Test func `undo gives back set-user-id bits that the restore did not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("echo old >tool && chmod 4755 tool")
    try sandbox.snap("save", "v1")
    try sandbox.shell("echo new >tool && chmod 6755 tool")
    let run = try sandbox.snap("restore", "v1")
    #expect(run.error.contains("set-user-id bits, devices and security attributes not restored for 1 file;"))
    #expect(try sandbox.shell("stat -c %a tool; cat tool").output == "755\nold\n")
    try sandbox.snap("undo")
    #expect(try sandbox.shell("stat -c %a tool; cat tool").output == "6755\nnew\n")
  }

  @Test func `a set-user-id file that is as the version has it is left alone`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("echo old >tool && chmod 4755 tool")
    try sandbox.snap("save", "v1")
    let run = try sandbox.snap("restore", "v1")
    #expect(run.status == 0 && run.error.isEmpty)
    #expect(try sandbox.shell("stat -c %a tool").output == "4755\n")
    #expect(try Self.versions(sandbox) == ["v1"])
    #expect(try sandbox.snap("undo").status == 18)
  }

  @Test func `a restore that only made something is what undo takes back`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write("notes.txt", "mine\n")
    try sandbox.snap("restore", "v1", "notes.txt")
    try sandbox.shell("rm src/main.py")
    try sandbox.snap("restore", "v1", "src/main.py")
    #expect(sandbox.exists("src/main.py"))
    #expect(try sandbox.snap("ops").outputLines.filter { $0.contains("  restore  v1 into ") }.count == 2)
    let run = try sandbox.snap("undo")
    #expect(run.status == 0 && run.output.contains("undone: v1 into "))
    #expect(!sandbox.exists("src/main.py"))
    #expect(sandbox.read("notes.txt") == "one\ntwo\nthree\n")
  }

  @Test func `undo leaves what was changed since, and says so`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm -r src config")
    try sandbox.snap("restore", "v1")
    try sandbox.shell("echo mine >src/main.py; echo mine >config/mine")
    let run = try sandbox.snap("undo")
    #expect(run.status == 3)
    #expect(
      run.error
        == "snap: warning: 3 items left, changed since the restore made them: config, src, src/main.py\n")
    #expect(try sandbox.shell("find src config -type f | sort").output == "config/mine\nsrc/main.py\n")
    #expect(sandbox.read("src/main.py") == "mine\n")
  }

  @Test func `without the version, undo gives back what was overwritten`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm -r src; echo mine >notes.txt")
    try sandbox.snap("restore", "v1")
    try sandbox.shell("\"$SNAP\" forget v1 && \"$SNAP\" gc && \"$SNAP\" undo")
    #expect(sandbox.read("notes.txt") == "mine\n")
    #expect(sandbox.exists("src/main.py"))
  }

  @Test func `a forgotten safety version is as good, one that is gone is missed`() throws {
    let sandbox = try SnapSandbox.withVersion()
    for (forget, text) in [("forget", "mine\n"), ("forget --prune", "one\ntwo\nthree\n")] {
      try sandbox.shell("rm -rf src; echo mine >notes.txt")
      try sandbox.snap("restore", "v1")
      let name = try #require(Self.versions(sandbox).last)
      try sandbox.shell("\"$SNAP\" \(forget) \(name); rm .snap/operations/*-forget")
      let run = try sandbox.snap("undo")
      #expect(run.status == 0)
      #expect(run.error.contains("what the restore overwrote does not come back") == text.hasPrefix("one"))
      #expect(sandbox.read("notes.txt") == text && !sandbox.exists("src"))
    }
  }

  @Test func `undo does not make the folder anew that was restored into`() throws {
    // The repository lies elsewhere: where a project is that holds its own, is known.
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell(
      """
      "$SNAP" init -q -r ../elsewhere; "$SNAP" save -q -r ../elsewhere v1; echo mine >notes.txt
      "$SNAP" restore -q -r ../elsewhere v1; mv ../'the project' ../moved
      """)
    let run = try sandbox.snap("undo", "-r", "../elsewhere", folder: sandbox.folder + "/moved")
    #expect(run.status == 18)
    #expect(
      run.error.contains(
        "the project, which was restored into, is not there any more; nothing undone\nhint: snap restore before-"))
    #expect(!sandbox.exists(sandbox.project))
  }

  @Test func `undo with dropped components`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("echo mine >main.py")
    try Self.goThereAndBack(sandbox, "v1 --strip-components 1 --path src --path config")
  }

  @Test func `a full folder gives way to a file after it was saved`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("thing", "file\n")
    try sandbox.snap("save", "v1")
    try sandbox.shell("rm thing && mkdir -p thing/node_modules && echo precious >thing/node_modules/x")
    let refused = try sandbox.snap("restore", "v1")
    #expect(refused.status == 3)
    #expect(refused.error.contains("thing is a folder, but none in the snapshot; --overwrite always replaces it"))
    try Self.goThereAndBack(sandbox, "v1 --overwrite always --path thing")
    #expect(sandbox.read("thing/node_modules/x") == "precious\n")
  }

  @Test func `a safety version holds no more than what is changed`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("chmod 700 src; chmod 600 notes.txt; touch -r config src; touch other")
    try sandbox.snap("restore", "v1")
    let name = try #require(Self.versions(sandbox).first { $0.hasPrefix("before-restore") })
    let paths = try sandbox.snap("ls", name).outputLines.map { String($0.split(separator: " ").last ?? "") }
    #expect(paths.contains { $0.hasSuffix("src") || $0.hasSuffix("src/") } && paths.contains("notes.txt"))
    #expect(!paths.contains { $0.contains("main.py") || $0.contains("other") || $0.contains("app.json") })
  }

  @Test func `a version of folders outside is not restored in place`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(sandbox.folder + "/outside/x", "x\n")
    try sandbox.snap("save", "v1", "../outside", "src")
    try sandbox.shell("rm -r src")
    let run = try sandbox.snap("restore", "v1")
    #expect(run.status == 18)
    #expect(run.error.contains("v1 holds paths from / (it was saved from outside "))
    #expect(run.error.contains("hint: --to DIR restores it below DIR; with --to / it goes where it was"))
    #expect(try sandbox.shell("ls").output == "config\nnotes.txt\n")
    #expect(try sandbox.snap("restore", "v1", "--to", "../elsewhere").status == 0)
    #expect(sandbox.exists(sandbox.folder + "/elsewhere" + sandbox.folder + "/outside/x"))
  }

  @Test func `delete does not excuse a folder that is not empty`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.write(sandbox.folder + "/unrelated/keep", "x")
    let run = try sandbox.snap("restore", "v1", "--to", "../unrelated", "--delete")
    #expect(run.status == 18)
    #expect(run.error.contains("unrelated is not empty; use --overwrite or another directory"))
    #expect(sandbox.exists(sandbox.folder + "/unrelated/keep"))
    #expect(try sandbox.snap("restore", "v1", "--to", "../new", "--delete").status == 0)
  }

  @Test func `in a copy of the project undo and diff look at the copy`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      """
      echo one >f; "$SNAP" save -q w1; echo two >f; "$SNAP" restore -q w1; cp -a . ../copied; echo today >f
      cd ../copied; "$SNAP" undo -q; cat f "$OLDPWD/f"; "$SNAP" diff w1 --name-only; mv ../copied ../moved
      cd ../moved; "$SNAP" diff w1 --name-only; echo "diff: $?"
      """)
    #expect(run.outputLines == ["two", "today", "f", "f", "diff: 0"], "\(run.output)\(run.error)")
  }
}

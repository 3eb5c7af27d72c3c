import Foundation
import TestSupport
import Testing

/// What people meet when the world is not as it should be: one test a row of the table of faults.
struct FaultTests {
  @Test func `init below a folder that is not there names that folder, and makes nothing`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap("--repo", "\(sandbox.project)/missing/deeper/store", "init")
    #expect(run.status == 1)
    #expect(
      run.error == """
        snap: cannot create a repository at \(sandbox.project)/missing/deeper/store: the folder \(sandbox.project)/missing/deeper does not exist
        hint: mkdir -p '\(sandbox.project)/missing/deeper', or mount the disk

        """)
    #expect(StoreTestFolder.names(sandbox.project).contains("missing") == false)
  }

  @Test func `no repository here or above`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap("list")
    #expect(run.status == 10)
    #expect(run.error == "snap: no repository found in \(sandbox.project) or any parent\nhint: snap init\n")
  }

  @Test func `a folder that may not be listed is named, by all who walk it`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.shell(
      """
      as() { \(isRoot ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : "") "$SNAP" "$@"; echo $?; }
      chmod 755 ..; chmod -R a+rwX .snap . && chmod 333 . && as save v2 && as ignored && as diff && as status -q; chmod 755 .
      """)
    #expect(run.output == "19\n19\n19\n19\n", "\(run.error)")
    #expect(
      run.errorLines.filter { !$0.contains("warning") }
        == [String](repeating: "snap: cannot open folder \(sandbox.project): Permission denied", count: 4))
  }

  @Test func `a repository that vanishes while a dump is made`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", "dumps:\n  app: {command: rm -rf .snap; echo x}\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 10)
    #expect(run.error == "snap: no repository at \(sandbox.project)/.snap (is the disk mounted?)\n")
  }

  @Test func `a repository that is not there`() throws {
    let run = try SnapSandbox().snap("list", "-r", "/nonexistent/usb")
    #expect(run.status == 10)
    #expect(run.error.hasPrefix("snap: no repository at /nonexistent/usb (is the disk mounted?)\n"))
  }

  @Test func `an empty mount point`() throws {
    let sandbox = try SnapSandbox()
    let run = try sandbox.snap("list", "-r", sandbox.project)
    #expect(run.status == 10)
    #expect(run.error.hasPrefix("snap: no repository at \(sandbox.project) (is the disk mounted?)\n"))
  }

  @Test func `a folder that is no repository`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("x", "")
    let run = try sandbox.snap("list", "-r", ".")
    #expect(run.status == 10)
    #expect(run.error.hasPrefix("snap: \(sandbox.project) is not a snap repository (config missing)\n"))
  }

  @Test func `a repository that has lost its configuration`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm .snap/config")
    let run = try sandbox.snap("list", "-r", ".snap")
    #expect(run.status == 13)
    #expect(run.error.hasPrefix("snap: \(sandbox.project)/.snap is not a snap repository (config missing)\nhint: "))
  }

  @Test func `init where there is a repository`() throws {
    let run = try SnapSandbox.withProject().snap("init")
    #expect(run.status == 1)
    #expect(run.error.firstMatch(of: /\/\.snap already holds a repository \(id [0-9a-f]+…\); nothing changed/) != nil)
  }

  @Test func `init in a folder that is not empty`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("x", "")
    let run = try sandbox.snap("init", "-r", ".")
    #expect(run.status == 18)
    #expect(run.error.hasPrefix("snap: \(sandbox.project) is not empty; use an empty or new directory"))
  }

  @Test func `an ambiguous prefix lists the candidates`() throws {
    let sandbox = try SnapSandbox.withProject()
    // 17 ids: two begin with the same digit. Four digits are needed, so the shortest ambiguous prefix is asked for.
    for number in 1...3 { try sandbox.snap("save", "v\(number)") }
    #expect(try sandbox.snap("show", "0").status == 21)
  }

  @Test func `a missing index is rebuilt and told`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm .snap/index.sqlite*")
    let run = try sandbox.snap("list")
    #expect(run.status == 0)
    #expect(run.error.firstMatch(of: /snap: index rebuilt from \d+ packs?/) != nil)
    #expect(run.output.hasPrefix("v1\t"))
  }

  @Test func `a damaged index is put aside and rebuilt`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm -f .snap/index.sqlite-*; echo garbage >.snap/index.sqlite")
    let run = try sandbox.snap("list")
    #expect(run.status == 0)
    #expect(run.error.contains("index.sqlite was damaged; rebuilt (old file kept as index.sqlite.bad)"))
    #expect(sandbox.exists(".snap/index.sqlite.bad"))
    #expect(try sandbox.snap("cat", "v1:notes.txt").output == "one\ntwo\nthree\n")
  }

  @Test func `a missing pack is damage`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("rm -rf .snap/packs/*/*")
    let run = try sandbox.snap("verify")
    #expect(run.status == 13)
    #expect(!run.error.isEmpty)
    #expect(try sandbox.snap("cat", "v1:notes.txt").status == 13)
  }

  @Test func `flipped bytes are found, and the rest still restores`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("for i in 1 2 3 4 5 6; do head -c 900000 /dev/urandom >f$i; done")
    try sandbox.snap("save", "v1")
    try sandbox.shell(
      "for p in .snap/packs/*/*; do chmod u+w $p; printf '\\377\\377\\377\\377' | dd of=$p bs=1 seek=500000 conv=notrunc status=none; done"
    )
    let verify = try sandbox.snap("verify", "--read-data")
    #expect(verify.status == 13)
    #expect(verify.error.contains("damaged"))
    let restore = try sandbox.snap("restore", "v1", "--to", "../out")
    #expect(restore.status == 13)
    #expect(sandbox.exists("../out/notes.txt"))
    #expect(!sandbox.exists("../out/f1") || !sandbox.exists("../out/f2") || !sandbox.exists("../out/f3"))
  }

  @Test func `a version of a newer format is refused by name`() throws {
    let sandbox = try SnapSandbox.withVersion()
    // The checksum no longer fits either, so this is damage; either way nothing is read.
    try sandbox.shell("chmod u+w .snap/config; sed -i 's/^version.*/version: 99/;s/^format.*/format: 99/' .snap/config")
    #expect([13, 15].contains(try sandbox.snap("list").status))
  }

  @Test func `restore refuses a target that is a file`() throws {
    let sandbox = try SnapSandbox.withVersion()
    let run = try sandbox.snap("restore", "v1", "--to", "notes.txt")
    #expect(run.status == 18)
    #expect(sandbox.read("notes.txt") == "one\ntwo\nthree\n")
  }

  @Test func `a symbolic link in the target is not followed`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell("mkdir ../out ../elsewhere && ln -s ../elsewhere ../out/src")
    let run = try sandbox.snap("restore", "v1", "--to", "../out", "--overwrite", "never")
    #expect(run.status == 18)
    #expect(run.error.contains("is a symlink; not following it"))
    #expect(try sandbox.shell("ls ../elsewhere").output.isEmpty)
  }

  @Test func `the repository is not saved into itself`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.snap("init", "-r", "store")
    try sandbox.write("x", "x\n")
    let run = try sandbox.snap("save", "v1", "-r", "store")
    #expect(run.status == 0)
    #expect(run.error.contains("not saving the repository into itself: store"))
    #expect(try sandbox.snap("ls", "v1", "-r", "store").output == "x\n")
  }

  @Test func `special files are saved where they mean something`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkfifo pipe; ln -s nowhere dangling")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 0)
    #expect(try sandbox.snap("ls", "-l", "v1").output.contains("dangling -> nowhere"))
  }

  @Test func `a signal ends a save without adding to history`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell("mkfifo ../pipe")
    // The save waits for a pipe that nobody closes, until the signal comes.
    let run = try sandbox.shell(
      """
      sleep 100 >../pipe & writer=$!
      "$SNAP" save v1 --stdin <../pipe & save=$!
      while [ ! -d .snap/pending ] || [ -z "$(ls .snap/pending)" ]; do sleep 0.05; kill -0 $save || break; done
      kill -TERM $save; while grep -q "^ShdPnd:.*[1-9a-f]" /proc/$save/status; do :; done; kill $writer; wait $save; echo $?
      """)
    #expect(run.output == "143\n")
    #expect(try sandbox.snap("list").output.isEmpty)
    #expect(try sandbox.snap("save", "v1").status == 0)
  }
}

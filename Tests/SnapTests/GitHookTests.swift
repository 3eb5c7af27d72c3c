import Foundation
import TestSupport
import Testing

struct GitHookTests {
  /// A project under git with a clone to push to.
  private func withGit() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      "git init -q -b main . && git add -A && git commit -qm x && git init -q --bare ../origin && git remote add origin ../origin"
    )
    try #require(run.status == 0, "\(run.error)")
    return sandbox
  }

  private func names(_ sandbox: SnapSandbox) throws -> [String] {
    try sandbox.snap("list").outputLines.map { String($0.split(separator: "\t")[0]) }
  }

  @Test func `a tag of what is checked out saves a version of its name`() throws {
    let sandbox = try withGit()
    #expect(try sandbox.snap("hook", "install").output.hasPrefix("tag\tinstalled\t\(sandbox.project)/.git/hooks/"))
    #expect(try sandbox.snap("hook", "install").output.hasPrefix("tag\talready installed\t"))
    try sandbox.shell("echo 2 >>notes.txt; git commit -qam y; cd src; git tag v1.1; git tag -a release/2 -m two")
    #expect(try names(sandbox) == ["v1.1", "release-2"])
    let other = try sandbox.shell("git tag v1.0 HEAD~1; git tag -d v1.1; git branch b; git tag -f v1.1")
    #expect(other.status == 0)
    #expect(
      other.error
        == "snap: version 'v1.1' exists already (id \(try id(of: "v1.1", sandbox)))\nhint: choose another name, or snap forget v1.1\n"
    )
    #expect(try names(sandbox) == ["v1.1", "release-2"])
  }

  @Test func `a push does not take the name that the release is to have`() throws {
    let sandbox = try withGit()
    try sandbox.write("package.json", #"{"version": "1.2.0"}"#)
    try sandbox.write("snap.yml", "version-from: auto\n")
    let run = try sandbox.shell("\"$SNAP\" hook install -q --on push; git push -q origin HEAD:x")
    #expect(run.status == 0, "\(run.error)")
    let names = try names(sandbox)
    #expect(names.count == 1 && names[0].contains(/^\d{4}-\d\d-\d\dT/), "\(names)")
  }

  @Test func `in a linked work tree without a repository of its own nothing is saved, and that is said`() throws {
    let sandbox = try withGit()
    try sandbox.shell("\"$SNAP\" hook install; \"$SNAP\" hook install --on push; git worktree add -q ../linked")
    let said =
      "snap: nothing saved: no repository in \(sandbox.folder)/linked\nhint: snap init there, or work in the main work tree\n"
    for command in ["git tag v1", "git push -q origin HEAD:x"] {
      let run = try sandbox.shell("cd ../linked && \(command)")
      #expect(run.status == 0 && run.error == said, "\(command): \(run.error)")
    }
    #expect(try names(sandbox).isEmpty)
    let own = try sandbox.shell("cd ../linked && \"$SNAP\" init -q && git tag v2 && \"$SNAP\" list")
    #expect(own.output.hasPrefix("v2\t"), "\(own.error)")
  }

  @Test func `tags that are packed, and a tag of another commit, save nothing`() throws {
    let sandbox = try withGit()
    try sandbox.shell("git tag v1.0; \"$SNAP\" hook install; echo half-edited >>notes.txt")
    let run = try sandbox.shell("git gc -q && git pack-refs --all && git tag v0.9 HEAD && git pack-refs --all")
    #expect(run.status == 0)
    #expect(try names(sandbox) == ["v0.9"])
    #expect(try sandbox.shell("ls .git | grep -c snap-new-tags").output == "0\n")
  }

  @Test func `a hook with lines of somebody's own is not removed`() throws {
    let sandbox = try withGit()
    try sandbox.shell("\"$SNAP\" hook install; echo 'echo mine' >>.git/hooks/reference-transaction")
    let run = try sandbox.snap("hook", "remove")
    #expect(run.status == 18)
    #expect(run.error.contains("reference-transaction' was changed since it was installed; not removing it\n"))
    #expect(try sandbox.shell("tail -n 1 .git/hooks/reference-transaction").output == "echo mine\n")
  }

  private func id(of version: String, _ sandbox: SnapSandbox) throws -> String {
    String(try sandbox.snap("list").outputLines.first { $0.hasPrefix(version) }?.split(separator: "\t")[1] ?? "")
  }

  @Test func `a push saves first, when something changed, and is never held up`() throws {
    let sandbox = try withGit()
    try sandbox.snap("hook", "install", "--on", "push")
    #expect(try sandbox.shell("git push -q origin main && git push -q origin main:more").status == 0)
    #expect(try sandbox.snap("list").outputLines.count == 1)
    try sandbox.shell("rm -r .snap/packs")
    #expect(
      try sandbox.shell("echo 3 >>notes.txt; git push -q origin main:third; git -C ../origin branch | wc -l").output
        == "3\n")
  }

  @Test func `an earlier hook is run first, with its input, decides, and comes back`() throws {
    let sandbox = try withGit()
    try sandbox.write(".git/hooks/pre-push", "#!/bin/sh\necho \"$1\" >>../seen; cat >>../seen; exit ${REFUSE:-0}\n")
    try sandbox.shell("chmod +x .git/hooks/pre-push")
    let before = sandbox.read(".git/hooks/pre-push")
    try sandbox.snap("hook", "install", "--on", "push")
    #expect(try sandbox.snap("hook", "list").outputLines[1].hasPrefix("push\tinstalled, runs the earlier hook first\t"))
    #expect(try sandbox.shell("REFUSE=1 git push -q origin main").status != 0)
    #expect(try sandbox.snap("list").output.isEmpty)
    #expect(try sandbox.shell("git push -q origin main").status == 0)
    #expect(try sandbox.snap("list").outputLines.count == 1)
    let seen = (sandbox.read(sandbox.folder + "/seen") ?? "").split(separator: "\n")
    #expect(seen.count == 4 && seen[0] == "origin" && seen[1] == seen[3] && seen[1].hasPrefix("refs/heads/main "))
    #expect(try sandbox.snap("hook", "install", "--on", "push", "--on", "tag").status == 0)
    #expect(try sandbox.snap("hook", "remove").outputLines.count == 2)
    #expect(sandbox.read(".git/hooks/pre-push") == before)
    #expect(!sandbox.exists(".git/hooks/reference-transaction") && !sandbox.exists(".git/hooks/pre-push.before-snap"))
    #expect(try sandbox.snap("hook", "remove").output.isEmpty)
  }

  @Test func `a hook that is no script counts as somebody else's`() throws {
    let sandbox = try withGit()
    try sandbox.shell("ln -s /dev/null .git/hooks/pre-push; truncate -s 9M .git/hooks/reference-transaction")
    let run = try sandbox.snap("hook", "list")
    #expect(run.status == 0, "\(run.error)")
    #expect(run.outputLines.count == 3 && run.outputLines.allSatisfy { !$0.contains("\tinstalled") }, "\(run.output)")
  }

  @Test func `a project below the work tree's root is found, and a copy saves itself`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.shell(
      "git init -q . && mkdir 'sub dir' && echo 1 >'sub dir/a' && cd 'sub dir' && \"$SNAP\" init -q && \"$SNAP\" hook install -q"
    )
    let run = try sandbox.shell(
      "git add -A && git commit -qm x && git tag v1 && cp -a . ../copy && cd ../copy && git tag v2 && cd 'sub dir' && \"$SNAP\" list -q | cut -f1; cd '../../the project/sub dir'; \"$SNAP\" list | cut -f1"
    )
    #expect(run.output == "v1\nv2\nv1\n", "\(run.error)")
  }

  @Test func `without git, or where hooks are shared, nothing is written`() throws {
    let sandbox = try SnapSandbox.withProject()
    #expect(try sandbox.snap("hook", "install").error == "snap: \(sandbox.project) is not under git\nhint: git init\n")
    try sandbox.shell("git init -q . && mkdir ../common && git config core.hooksPath ../common")
    let run = try sandbox.snap("hook", "install")
    #expect(run.status == 18)
    #expect(run.error.contains("git's hooks are in \(sandbox.folder)/common, which other projects may share"))
    #expect(try sandbox.shell("ls ../common").output.isEmpty)
    try sandbox.shell("git config core.hooksPath .githooks")
    #expect(try sandbox.snap("hook", "install", "-q").status == 0)
    #expect(sandbox.exists(".githooks/reference-transaction"))
  }
}

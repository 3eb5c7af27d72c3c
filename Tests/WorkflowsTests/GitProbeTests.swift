import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct GitProbeTests {
  @Test func `status output gives commit, branch and the number of dirty files`() {
    let records = [
      "# branch.oid 3f9a2c1d", "# branch.head main", "1 .M N... 100644 100644 100644 a b notes.txt",
      "2 R. N... 100644 100644 100644 a b R100 new", "old", "? untracked",
    ]
    let state = GitProbe.parse(
      status: Array(records.map { $0 + "\0" }.joined().utf8), describe: Array("v1.2-4-g3f9a2c1\n".utf8),
      remotes: Array("remote.origin.url\nhttps://user:secret@example.org/x.git\0".utf8))
    #expect(state.commit == "3f9a2c1d")
    #expect(state.branch == "main")
    #expect(state.dirtyFileCount == 3)
    #expect(state.describe == "v1.2-4-g3f9a2c1-dirty")
    #expect(state.remote == "https://example.org/x.git")
  }

  @Test func `a repository without a commit has an empty one`() {
    let state = GitProbe.parse(
      status: Array("# branch.oid (initial)\0# branch.head (detached)\0".utf8), describe: [], remotes: [])
    #expect(state == GitState(commit: "", branch: "", describe: "", dirtyFileCount: 0, remote: ""))
  }

  @Test(arguments: [
    ("https://host/x", "https://host/x"), ("https://me@host/x", "https://host/x"),
    ("https://me:pa@ss@host/x@y", "https://host/x@y"), ("git@host:x.git", "git@host:x.git"),
    ("ssh://git@host:22/x", "ssh://host:22/x"), ("/srv/x", "/srv/x"),
  ])
  func `no credentials stay in a remote`(_ url: String, _ safe: String) {
    #expect(GitProbe.withoutCredentials(url) == safe)
  }

  @Test func `a folder outside of git is told apart from one that git refuses`() throws {
    let sandbox = try SnapSandbox()
    guard case .notARepository = GitProbe.state(of: Array(sandbox.project.utf8)) else {
      Issue.record("there is no repository")
      return
    }
    try sandbox.write(".git", "gitdir: /nonexistent\n")
    guard case .unavailable(let reason) = GitProbe.state(of: Array(sandbox.project.utf8)) else {
      Issue.record("git must complain")
      return
    }
    #expect(reason.hasPrefix("fatal: "))
  }

  @Test func `asking git runs nothing that the tree configures`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("a", "a\n")
    try sandbox.shell(
      "git init -q -b main . && git add a && git commit -qm x && git config core.fsmonitor \"touch '$PWD/../ran'\"")
    guard case .state(let state) = GitProbe.state(of: Array(sandbox.project.utf8)) else {
      Issue.record("git must answer")
      return
    }
    #expect(state.branch == "main")
    #expect(state.commit.count == 40)
    #expect(!state.isDirty)
    #expect(!sandbox.exists("../ran"))
  }
}

import Foundation
import TestSupport
import Testing

struct HookTests {
  private func project(_ configuration: String) throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("snap.yml", configuration)
    return sandbox
  }

  private static let all = """
    exclude: [log]
    hooks:
      before-save: echo "before $SNAP_VERSION $PWD" >>log
      after-save: echo "after $SNAP_RESULT" >>log
      on-success: echo "success $SNAP_VERSION $SNAP_STATUS $SNAP_ID" >>log; echo to stdout
      on-failure: echo "failure $SNAP_STATUS $SNAP_MESSAGE" >>log
    notify:
      command: [sh, -c, 'echo "told $SNAP_RESULT $SNAP_HOOK" >>log']

    """

  @Test func `hooks run in their order, in the project, and know what came of the save`() throws {
    let sandbox = try project(Self.all)
    let dry = try sandbox.snap("save", "v1", "-n")
    #expect(dry.output.contains("Hooks:   would run before-save, after-save, on-success, on-failure\n"))
    #expect(!sandbox.exists("log"))
    let run = try sandbox.snap("save", "v1", "--json", folder: sandbox.project + "/src")
    #expect(run.status == 0)
    #expect(run.outputLines.count == 1, "a hook's output goes to standard error")
    #expect(run.error == "to stdout\n")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(run.outputBytes)) as? [String: Any])
    let id = try #require(summary["snapshot_id"] as? String)
    #expect(
      sandbox.read("log")
        == "before v1 \(sandbox.project)\nafter success\nsuccess v1 0 \(id)\ntold success notify\n")
    try sandbox.snap("save", "v2", "--no-hooks")
    try sandbox.snap("diff")
    #expect(sandbox.read("log")?.split(separator: "\n").count == 4)
  }

  @Test func `what before-save did before it failed is undone`() throws {
    let sandbox = try project(
      "exclude: [log]\nhooks: {before-save: 'echo paused >>log; exit 1', after-save: 'echo resumed >>log'}\n")
    #expect(try sandbox.snap("save", "v1").status == 23)
    #expect(sandbox.read("log") == "paused\nresumed\n")
  }

  @Test func `a save that fails is told, and what before-save did is undone`() throws {
    let sandbox = try project(Self.all + "dumps:\n  app: {command: exit 9}\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 23)
    #expect(
      sandbox.read("log")?.split(separator: "\n").dropFirst().map(String.init) == [
        "after failure", "failure 23 dump 'app' failed: exited with 9; nothing was saved", "told failure notify",
      ])
    try sandbox.shell("rm log; git init -q .")
    #expect(try sandbox.snap("save", "v1", "--require-clean").status == 18)
    #expect(sandbox.read("log")?.contains("failure 18 ") == true)
  }

  @Test func `when before-save fails nothing is saved`() throws {
    let sandbox = try project("hooks:\n  before-save: exit 5\n  after-save: touch after\n  on-failure: touch failure\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 23)
    #expect(
      run.error == "snap: hook 'before-save' failed: 'exit 5' exited with 5; nothing was saved\n"
        + "hint: --no-hooks saves without hooks\n")
    #expect(sandbox.exists("after") && sandbox.exists("failure"))
    #expect(try sandbox.snap("list").output.isEmpty)
  }

  @Test func `a hook that cannot be run is named`() throws {
    let sandbox = try project("hooks:\n  before-save: [nosuch]\n")
    #expect(
      try sandbox.snap("save", "v1").error
        == "snap: hook 'before-save' failed: cannot run 'nosuch': No such file or directory; nothing was saved\n"
        + "hint: --no-hooks saves without hooks\n")
    try sandbox.write("snap.yml", "notify:\n  command: [nosuch]\n")
    let run = try sandbox.snap("save", "v1", "-q")
    #expect(run.status == 3)
    #expect(run.error == "snap: warning: hook 'notify' failed: cannot run 'nosuch': No such file or directory\n")
  }

  @Test func `a hook that fails after the save makes the status 3`() throws {
    let sandbox = try project("hooks:\n  after-save: exit 6\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 3)
    #expect(run.error == "snap: warning: hook 'after-save' failed: 'exit 6' exited with 6\n")
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `a hook that saves does not call itself`() throws {
    let sandbox = try project("exclude: [log]\nhooks:\n  on-success: echo x >>log; \"$SNAP\" save inner -q\n")
    #expect(try sandbox.snap("save", "outer").status == 0)
    #expect(sandbox.read("log") == "x\n")
    #expect(try sandbox.snap("list").outputLines.count == 2)
  }

  @Test func `a hook that runs longer than its timeout is stopped, also one that ignores being told to`() throws {
    let sandbox = try project("hooks:\n  timeout: 1s\n  before-save: trap '' TERM; echo $$ >../hook; sleep 600\n")
    let run = try sandbox.snap("save", "v1")
    #expect(run.status == 23)
    #expect(
      run.error
        == "snap: hook 'before-save' was stopped: it ran longer than the timeout of 1 second; nothing was saved\n"
        + "hint: --no-hooks saves without hooks\n")
    #expect(try sandbox.shell("kill -0 $(cat ../hook)").status != 0)
    let wrong = try project("hooks:\n  timeout: soon\n")
    #expect(
      try wrong.snap("save").error == "snap: snap.yml:2: hooks.timeout: 'soon' is not a time (like 90s or 30min)\n")
  }

  @Test(arguments: [("TERM", Int32(143)), ("INT", 130)])
  func `hooks hear of the signal that ended a save, with the status that it has`(signal: String, status: Int32) throws {
    let sandbox = try project(
      """
      hooks:
        before-save: trap '' TERM; kill -\(signal) $PPID; sleep 600
        after-save: echo "$SNAP_RESULT $SNAP_STATUS"

      """)
    let run = try sandbox.shell("exec env --default-signal=INT \"$SNAP\" save v1")
    #expect(run.status == status)
    #expect(
      run.error
        == "failure \(status)\nsnap: interrupted; hook 'before-save' was stopped; nothing was added to history\n")
  }

  @Test func `a signal after the save changes nothing of it, and what is to follow does`() throws {
    let sandbox = try project(
      "hooks:\n  after-save: kill -TERM $PPID; echo after\n  on-success: echo $SNAP_STATUS\nnotify:\n  command: echo told\n"
    )
    let run = try sandbox.snap("save", "v1", "-q")
    #expect(run.status == 0 && run.error == "after\n0\ntold\n", "\(run.error)")
    #expect(try sandbox.snap("list").outputLines.count == 1)
  }

  @Test func `a webhook and a healthcheck hear of success and failure, and no message shows their path`() throws {
    let sandbox = try project(
      """
      dumps:
        app: {command: test ! -e broken && echo fine}
      notify:
        healthcheck: ${HC_URL}
        webhook: http://127.0.0.1:1/secret-token

      """)
    // The first answers all that it is asked and notes it; at the second nobody listens.
    try sandbox.write(
      sandbox.folder + "/server.py",
      """
      import http.server, os
      class H(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
          body = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
          open('../asked', 'a').write(f'{self.command} {self.path} {body}\\n')
          self.send_response(200); self.end_headers()
        do_GET = do_POST
        def log_message(self, *a): pass
      s = http.server.HTTPServer(('127.0.0.1', 0), H)
      open('../port.new', 'w').write(str(s.server_port)); os.rename('../port.new', '../port')
      s.serve_forever()
      """)
    let run = try sandbox.shell(
      #"""
      python3 ../server.py & P=$!; until [ -e ../port ]; do :; done; export HC_URL="http://127.0.0.1:$(cat ../port)/uuid-1?x=1"
      "$SNAP" save v1 -q; echo $?; touch broken; "$SNAP" save v2 -q; echo $?; kill $P
      HC_URL= "$SNAP" save v3 --no-dumps -q; echo $?; PATH=/nowhere "$SNAP" save v4 --no-dumps -q; echo $?
      """#)
    #expect(run.output == "3\n23\n3\n3\n")
    let asked = try #require(sandbox.read(sandbox.folder + "/asked")).split(separator: "\n").map(String.init)
    #expect(asked.first == "GET /uuid-1?x=1 ")
    #expect(asked.last == "POST /uuid-1/fail?x=1 dump 'app' failed: exited with 1; nothing was saved")
    #expect(run.error.contains("snap: warning: webhook (http://127.0.0.1:1/***) was not told: curl: (7) "))
    #expect(run.error.contains("healthcheck (${HC_URL}) was not told: the variable HC_URL is not set"))
    #expect(run.error.contains("webhook (http://127.0.0.1:1/***) was not told: it takes curl, which cannot be run"))
    #expect(!run.error.contains("secret-token") && !run.error.contains("uuid-1"))
  }
}

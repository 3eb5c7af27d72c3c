import TestSupport
import Testing

struct BeforeDeployTests {
  private static let package = "{\n  \"name\": \"app\",\n  \"scripts\": {\n    \"deploy\": \"./deploy.sh\"\n  }\n}\n"
  private static let command = "snap save --quiet --skip-if-unchanged --version-from=time --message before-deploy"

  @Test func `a project with a script deploy gets one that saves before it, once, and loses it again`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("package.json", Self.package)
    let line = "npm\tbefore npm run deploy\t\(Self.command)\n"
    #expect(try sandbox.snap("schedule", "install", "before-deploy").output == "before-deploy\tinstalled\t\(line)")
    let changed = sandbox.read("package.json") ?? ""
    #expect(changed.contains("    \"predeploy\": \"\(Self.command)\",\n    \"deploy\": \"./deploy.sh\"\n"))
    #expect(
      try sandbox.snap("schedule", "install", "before-deploy").output == "before-deploy\talready installed\t\(line)")
    #expect(sandbox.read("package.json") == changed)
    #expect(try sandbox.snap("schedule", "list").output == "before-deploy\tinstalled\t\(line)")
    #expect(
      try sandbox.shell("\(Self.command.replacing("snap ", with: "\"$SNAP\" ")) && \"$SNAP\" list").output.hasSuffix(
        "\tbefore-deploy\n"))
    #expect(try sandbox.snap("schedule", "remove", "before-deploy").output == "before-deploy\tremoved\t\(line)")
    #expect(sandbox.read("package.json") == Self.package)
    #expect(try sandbox.snap("schedule", "remove", "before-deploy").error == "snap: nothing is scheduled\n")
  }

  @Test func `a script predeploy of somebody's own is neither overwritten nor removed`() throws {
    let sandbox = try SnapSandbox.withProject()
    let own = Self.package.replacing("\"deploy\"", with: "\"predeploy\": \"npm test\", \"deploy\"")
    try sandbox.write("package.json", own)
    let run = try sandbox.snap("schedule", "install", "before-deploy")
    #expect(run.status == 18)
    #expect(
      run.error == """
        snap: '\(sandbox.project)/package.json' has a script predeploy of its own; nothing changed
        hint: put this in front of it: \(Self.command) && …

        """)
    #expect(try sandbox.snap("schedule", "remove").output.isEmpty)
    #expect(sandbox.read("package.json") == own)
  }

  @Test func `a project that is pushed to its server saves before that, and before no other push`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      "git init -q -b main . && git add -A && git commit -qm x; for r in origin production; do git init -q --bare ../$r; git remote add $r ../$r; done"
    )
    #expect(
      try sandbox.snap("schedule", "install", "before-deploy").output.hasPrefix("before-deploy\tinstalled\tgit\t"))
    #expect(
      try sandbox.snap("schedule", "install", "before-deploy").output.hasPrefix(
        "before-deploy\talready installed\tgit\t"))
    #expect(try sandbox.shell("git push -q origin main && \"$SNAP\" list").output.isEmpty)
    let deployed = try sandbox.shell("git push -q production main && \"$SNAP\" list")
    #expect(deployed.output.hasSuffix("\tbefore-deploy\n"), "\(deployed.error)")
    #expect(
      try sandbox.snap("hook", "list").outputLines.map { $0.split(separator: "\t")[1] } == [
        "not installed", "not installed", "installed",
      ])
    #expect(try sandbox.snap("schedule", "remove").output.hasPrefix("before-deploy\tremoved\tgit\t"))
    #expect(!sandbox.exists(".git/hooks/pre-push"))
  }

  @Test func `a hook before every push does for deployments, too, and takes the place of theirs`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      "git init -q . && git remote add deploy ../x; \"$SNAP\" schedule install before-deploy; \"$SNAP\" hook install --on push"
    )
    #expect(try sandbox.snap("schedule", "install", "before-deploy").output.contains("\talready installed\t"))
    #expect(try sandbox.snap("schedule", "remove").output.isEmpty)
    #expect(try sandbox.snap("hook", "remove").output.hasPrefix("push\tremoved\t"))
    #expect(!sandbox.exists(".git/hooks/pre-push"))
  }

  @Test func `where nothing says how a project is deployed, the line to call is named`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.snap("schedule", "install", "before-deploy")
    #expect(run.status == 1)
    #expect(
      run.error == """
        snap: \(sandbox.project) does not say how it is deployed: no script deploy in package.json, no git remote called deploy, production, \
        prod, live, heroku, dokku
        hint: put this before the command that deploys: \(Self.command)

        """)
    try sandbox.write("package.json", "{\"scripts\": {")
    let broken = try sandbox.snap("schedule", "install", "before-deploy")
    #expect(broken.status == 1)
    #expect(broken.error == "snap: '\(sandbox.project)/package.json' is not a JSON object\n")
    for words in [["--at", "02:00"], ["daily"], ["--with", "cron"]] {
      #expect(try sandbox.shell("\"$SNAP\" schedule install before-deploy \(words.joined(separator: " "))").status == 2)
    }
  }
}

import Foundation
import TestSupport
import Testing

/// What `snap key` does to the slots of an encrypted repository.
struct KeyTests {
  private func opens(_ sandbox: SnapSandbox, _ keyFile: String) throws -> Bool {
    let run = try sandbox.snap("list", "--key-file", keyFile)
    #expect(run.status == 0 || run.status == 12, "\(run.error)")
    return run.status == 0
  }

  @Test func `init makes a key file and a recovery code, and both open the repository`() throws {
    let sandbox = try SnapSandbox()
    try sandbox.write("notes.txt", "one\n")
    let made = try sandbox.snap("init", "--encrypt", "--key-file", "../key", "-q")
    #expect(made.status == 0)
    let code = try #require(made.output.firstMatch(of: /^recovery code: ((?:[0-9A-Z]{7}-){7}[0-9A-Z]{7})\n$/)).1
    #expect(try sandbox.shell("stat -c %a ../key").output == "600\n")
    #expect(try sandbox.snap("save", "v1", "--key-file", "../key").status == 0)
    let typed = try sandbox.secret("code", code.lowercased().replacing("-", with: " ") + "\n")
    let cat = try sandbox.snap("cat", "v1:notes.txt", "-p", typed)
    #expect(cat.output == "one\n", "\(cat.error)")
  }

  @Test func `a password opens, whichever way it comes, and without the line end of its file`() throws {
    let sandbox = try SnapSandbox()
    let file = try sandbox.secret("password", "pass wörd\r\n")
    #expect(try sandbox.snap("init", "--encrypt", "--no-recovery-code", "-p", file).status == 0)
    for environment in [
      ["SNAP_PASSWORD": "pass wörd"], ["SNAP_PASSWORD_FILE": file], ["SNAP_PASSWORD_COMMAND": "cat \(file)"],
    ] {
      #expect(try sandbox.snap("list", environment: environment).status == 0, "\(environment)")
    }
    #expect(try sandbox.snap("list", "--password-command", "echo 'pass wörd'").status == 0)
    let wrong = try sandbox.snap("list", environment: ["SNAP_PASSWORD": "pass word"])
    #expect(wrong.status == 12)
    #expect(wrong.error == "snap: wrong password for \(sandbox.project)/.snap (1 key slot tried)\n")
  }

  @Test func `an option wins over the environment`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    let environment = ["SNAP_KEY_FILE": "../missing", "SNAP_PASSWORD": "wrong"]
    #expect(try sandbox.snap("list", "--key-file", "../key", environment: environment).status == 0)
    #expect(try sandbox.snap("list", environment: environment).error.contains("cannot read the key file ../missing"))
  }

  @Test func `a key that is added opens, is listed without any key, and is removed by its label`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    #expect(try sandbox.key("add --label ci --new-key-file ../ci").output == "key 'ci' added\n")
    #expect(try sandbox.shell("stat -c %a ../ci").output == "600\n")
    #expect(try opens(sandbox, "../ci"))
    let rows = try sandbox.snap("key", "list").outputLines.map { $0.split(separator: "\t").map(String.init) }
    #expect(rows.map { $0.first } == ["key file", "ci"])
    #expect(rows.allSatisfy { $0.count == 4 && $0[2] == "key file" })
    let removed = try sandbox.key("remove ci")
    #expect(removed.output == "key 'ci' removed\n")
    #expect(
      removed.error == "snap: an old copy of the repository still opens with it; snap key rotate makes new keys\n")
    #expect(try !opens(sandbox, "../ci"))
    #expect(try opens(sandbox, "../key"))
  }

  @Test func `a key is removed by the start of its id`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.key("add --label ci --new-key-file ../ci")
    let id = try #require(try sandbox.snap("key", "list").outputLines.last?.split(separator: "\t")[1])
    #expect(try sandbox.key("remove \(id.uppercased())").output == "key 'ci' removed\n")
  }

  @Test func `passwd changes the secret of the slot it was called with, and no other`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.key("add --label ci --new-key-file ../ci")
    let run = try sandbox.key("passwd --new-key-file ../new")
    #expect(run.output == "key 'key file' changed\n")
    #expect(
      run.error == "snap: an old copy of the repository still opens with the old one; snap key rotate makes new keys\n")
    #expect(try [opens(sandbox, "../key"), opens(sandbox, "../new"), opens(sandbox, "../ci")] == [false, true, true])
  }

  @Test func `rotate needs leave to drop other keys, and what was saved before stays readable and shared`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.shell("head -c 300000 /dev/urandom >data")
    try sandbox.snap("save", "v1", environment: sandbox.unlocked)
    try sandbox.key("add --label ci --new-key-file ../ci")
    let refused = try sandbox.key("rotate")
    #expect(refused.status == 18)
    #expect(
      refused.error == """
        snap: new keys can be locked for 'key file' only: 1 other key would go ('ci')
        hint: --drop-others removes them; add them again afterwards

        """)
    #expect(try opens(sandbox, "../ci"), "a refusal changes nothing")
    let rotated = try sandbox.key("rotate --drop-others")
    #expect(rotated.output == "what is saved from now on has new keys (epoch 1)\n")
    #expect(rotated.error == "snap: key 'ci' is gone; snap key add makes a new one\n")
    #expect(try [opens(sandbox, "../ci"), opens(sandbox, "../key")] == [false, true])
    try sandbox.write("new.txt", "new\n")
    let saved = try sandbox.snap("save", "v2", "--json", environment: sandbox.unlocked)
    let summary = try JSONSerialization.jsonObject(with: Data((saved.outputLines.last ?? "").utf8)) as? [String: Any]
    #expect(
      (summary?["data_added"] as? NSNumber)?.intValue ?? .max < 10_000, "the file of 300 000 bytes is not stored again")
    #expect(try sandbox.snap("cat", "v1:notes.txt", environment: sandbox.unlocked).output == "one\ntwo\nthree\n")
    #expect(try sandbox.snap("verify", "--read-data", environment: sandbox.unlocked).status == 0)
  }

  @Test func `an old copy of the slots does not open what was saved after a rotation`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.snap("save", "v1", environment: sandbox.unlocked)
    try sandbox.shell("cp -r .snap/keys ../old")
    try sandbox.key("rotate")
    try sandbox.write("new.txt", "new\n")
    try sandbox.snap("save", "v2", environment: sandbox.unlocked)
    try sandbox.shell("rm -r .snap/keys ../cache && cp -r ../old .snap/keys")
    let told = try sandbox.snap("cat", "v1:notes.txt", environment: sandbox.unlocked)
    #expect(told.status == 14 && told.error.contains("its keys are of epoch 0, and were of 1 here"))
    // On a machine that has seen nothing of it.
    try sandbox.shell("rm -r ../.local/state/snap")
    #expect(try sandbox.snap("cat", "v1:notes.txt", environment: sandbox.unlocked).output == "one\ntwo\nthree\n")
    #expect(try sandbox.snap("cat", "v2:new.txt", environment: sandbox.unlocked).status != 0)
    // Nothing is destroyed by who takes it for damage: with the right slots all of it is there.
    try sandbox.snap("gc", environment: sandbox.unlocked)
    try sandbox.snap("repair", environment: sandbox.unlocked)
    #expect(try sandbox.snap("list", environment: sandbox.unlocked).output.hasPrefix("v1\t"))
  }

  @Test func `a slot that a rotation left behind opens nothing, and does not come back`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.snap("save", "v1", environment: sandbox.unlocked)
    try sandbox.key("export ../exported")
    try sandbox.shell("cp -r .snap/keys ../old")
    try sandbox.key("rotate")
    let rotated = try sandbox.shell("ls .snap/keys").outputLines[0]
    let imported = try sandbox.key("import ../exported")
    #expect(imported.output == "0 key slots put back, 0 were there\n")
    #expect(imported.error.contains("1 key slot left out: a rotation has made newer keys"))
    // Beside the new one it is passed over; alone with a newer one that has another secret, it is refused.
    try sandbox.shell("cp ../old/* .snap/keys/")
    try sandbox.write("new.txt", "new\n")
    #expect(try sandbox.snap("save", "v2", environment: sandbox.unlocked).status == 0)
    #expect(try sandbox.snap("verify", "--read-data", environment: sandbox.unlocked).status == 0)
    try sandbox.key("add --new-key-file ../second --label second")
    try sandbox.shell("rm .snap/keys/\(rotated)")
    let refused = try sandbox.snap("list", environment: sandbox.unlocked)
    #expect(refused.status == 12 && refused.error.contains("a rotation left it behind"), "\(refused.error)")
  }

  @Test func `import puts back what was removed or damaged, and leaves the rest`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    try sandbox.key("add --label ci --new-key-file ../ci")
    #expect(try sandbox.snap("key", "export", "../keys").output == "../keys: 2 key slots, still locked\n")
    #expect(try sandbox.shell("stat -c %a ../keys").output == "600\n")
    try sandbox.key("remove ci")
    #expect(try sandbox.snap("key", "import", "../keys").output == "1 key slot put back, 1 were there\n")
    #expect(try opens(sandbox, "../ci"))
    try sandbox.shell("for slot in .snap/keys/*; do : >$slot; done")
    #expect(try sandbox.snap("key", "import", "../keys").output == "2 key slots put back, 0 were there\n")
    #expect(try opens(sandbox, "../ci") && opens(sandbox, "../key"))
  }

  @Test func `what is remembered opens until it is forgotten`() throws {
    let sandbox = try SnapSandbox.withKeyFile()
    let run = try sandbox.key("remember --for 1h")
    guard run.status == 0 else {
      // Some containers have no keyring.
      #expect(
        run.status == 1 && run.error.hasPrefix("snap: the kernel's keyring cannot keep the keys: "), "\(run.error)")
      return
    }
    #expect(run.output == "the keys are remembered for 60 min 0 s; snap key forget ends it\n")
    #expect(try sandbox.snap("list").status == 0)
    #expect(try sandbox.snap("key", "add", "--new-key-file", "../x", "--label", "x").status == 12, "a change asks")
    #expect(try sandbox.snap("key", "forget").output == "the keys are not remembered any more\n")
    #expect(try sandbox.snap("key", "forget").output == "no keys were remembered\n")
    #expect(try sandbox.snap("list").status == 12)
  }
}

import Foundation
import TestSupport
import Testing

struct KeyedDiffTests {
  @Test func `diff --keys shows rows, fields and settings, and masks secrets`() throws {
    let sandbox = try project()
    let run = try sandbox.snap("diff", "--keys", "--content-only")
    #expect(
      run.output == """
        M  .env  1 added, 0 removed, 2 changed
           M DB_URL  "postgres://app:***@a/x" -> "postgres://app:***@b/x"  (secret changed)
           M PASSWORD  "***" -> "***"  (secret changed)
           + PORT  "80"
        M  data.json  1 added, 1 removed, 1 changed; rows by id
           M users[id=1].n  "a" -> "b"
           - users[id=2]  {"id":2,"token":"***"}
           + users[id=3]  {"id":3}
        diff --git a/notes.txt b/notes.txt
        --- a/notes.txt
        +++ b/notes.txt
        @@ -1,3 +1,3 @@
         one
        -password=***
        +password=***
         three

        """)
    #expect(run.error.isEmpty)
    for secret in ["hunter", "s3cret"] { #expect(!run.output.contains(secret)) }
    let shown = try sandbox.snap("diff", "--keys", "--show-secrets").output
    #expect(shown.contains(#"M PASSWORD  "hunter2" -> "hunter3""#))
    #expect(shown.contains("-password=s3cret\n"))
    #expect(try sandbox.snap("diff", "--patch").output.contains("-PASSWORD=hunter2\n"))
  }

  @Test func `diff --keys --json prints one object a change`() throws {
    let sandbox = try project()
    let objects = try sandbox.snap("diff", "--keys", "--json", "--path", "data.json").outputLines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(
      objects.map { $0["message_type"] as? String } == [
        "change", "key_change", "key_change", "key_change", "statistics",
      ])
    #expect(objects[0]["rows"] as? [String] == ["by id"])
    #expect(objects[1]["key"] as? String == "users[id=1].n")
    #expect(objects[1]["new"] as? String == "b")
    #expect((objects[2]["old"] as? [String: Any])?["token"] as? String == "***")
    #expect(objects[2]["masked"] as? Bool == true)
  }

  @Test func `what is not what its name says is compared as text, with one note`() throws {
    let sandbox = try project()
    try sandbox.write("data.json", "{\"token\": \"abc\",\n")
    let run = try sandbox.snap("diff", "--keys", "--path", "data.json")
    #expect(run.error == "snap: data.json is compared as text: line 2 is not JSON\n")
    #expect(run.output.contains("+{\"token\": ***\n"))
    #expect(run.status == 0)
  }

  @Test func `--key names what tells rows apart, and says when it does not`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write("d.json", #"[{"sku":"a","id":1},{"sku":"b","id":2}]"#)
    try sandbox.snap("save", "v1")
    try sandbox.write("d.json", #"[{"sku":"a","id":3},{"sku":"b","id":2}]"#)
    let by = try sandbox.snap("diff", "--key", "sku", "--content-only")
    #expect(by.output == "M  d.json  0 added, 0 removed, 1 changed; rows by sku\n   M [sku=a].id  1 -> 3\n")
    #expect(by.error.isEmpty)
    let other = try sandbox.snap("diff", "--key", "none", "--content-only")
    #expect(other.error == "snap: d.json: 'none' does not tell all rows apart; they are compared by id\n")
    #expect(other.output.hasPrefix("M  d.json  1 added, 1 removed, 0 changed; rows by id\n"))
    #expect(try sandbox.snap("diff", "--show-secrets").status == 2)
    #expect(try sandbox.snap("diff", "--keys", "--patch").status == 2)
  }

  @Test func `log shows what changed in each version`() throws {
    let sandbox = try project()
    try sandbox.snap("save", "v2")
    try sandbox.snap("save", "v3")
    let lines = try sandbox.snap("log", "--keys", ".env").outputLines
    #expect(
      lines.map { $0.split(separator: "\t")[0] } == [
        "v2..v3 (2)", "  M  .env  1 added, 0 removed, 2 changed",
        "     M DB_URL  \"postgres://app:***@a/x\" -> \"postgres://app:***@b/x\"  (secret changed)",
        "     M PASSWORD  \"***\" -> \"***\"  (secret changed)", "     + PORT  \"80\"", "v1", "  +  .env  47 B",
      ])
    let patch = try sandbox.snap("log", "--patch", "notes.txt").output
    #expect(patch.contains("-password=s3cret\n+password=s4cret\n"))
    #expect(patch.contains("--- /dev/null\n+++ b/notes.txt\n"))
    let types = try sandbox.snap("log", "--keys", "--json", "data.json").outputLines.map {
      try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["message_type"] as? String
    }
    #expect(types == ["log", "change", "key_change", "key_change", "key_change", "log", "change"])
    // Of a range the first version has nothing before it.
    #expect(!(try sandbox.snap("log", "--patch", "notes.txt", "--range", "v2..v3").output.contains("@@")))
  }

  private func project() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(".env", "DB_URL=postgres://app:one@a/x\nPASSWORD=hunter2\n")
    try sandbox.write("data.json", #"{"users":[{"id":1,"n":"a"},{"id":2,"token":"t"}]}"#)
    try sandbox.write("notes.txt", "one\npassword=s3cret\nthree\n")
    try sandbox.snap("save", "v1")
    try sandbox.write(".env", "DB_URL=postgres://app:two@b/x\nPASSWORD=hunter3\nPORT=80\n")
    try sandbox.write("data.json", #"{"users":[{"id":1,"n":"b"},{"id":3}]}"#)
    try sandbox.write("notes.txt", "one\npassword=s4cret\nthree\n")
    return sandbox
  }
}

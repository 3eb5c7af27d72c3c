import Foundation
import TestSupport
import Testing

struct SecretWarningTests {
  private static let remedy =
    " in a repository that is not encrypted; leave such files out (.snapignore), or use an encrypted repository (snap init --encrypt)\n"

  @Test func `a save tells once which new or changed files hold secrets`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(".env", "TOKEN=abc\n")
    let first = try sandbox.snap("save", "v1", "-q")
    #expect(first.error == "snap: warning: v1 holds the secrets of .env\(Self.remedy)")
    #expect(first.status == 0)
    // Nothing is told again of a file that is as it was, even when it is read.
    #expect(try sandbox.snap("save", "v2", "-q").error.isEmpty)
    #expect(try sandbox.snap("save", "v3", "-q", "--force").error.isEmpty)
    try sandbox.write(".env", "TOKEN=abcd\n")
    for name in ["a", "b", "c", "d"] { try sandbox.write("\(name).env", "API_KEY=\(name)\n") }
    let changed = try sandbox.snap("save", "v4", "-q")
    #expect(changed.error == "snap: warning: v4 holds the secrets of .env, a.env, b.env and 2 others\(Self.remedy)")
    #expect(!changed.error.contains("abcd"))
  }

  @Test func `a large file is looked at, too`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.shell(
      "{ echo '-----BEGIN PRIVATE KEY-----'; head -c 3000000 /dev/zero | base64; } >large.pem")
    #expect(try sandbox.snap("save", "v1", "-q").error.contains("v1 holds the secrets of large.pem in"))
  }

  @Test func `a dry run tells what would be held, and JSON how many files`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(".env", "TOKEN=abc\n")
    #expect(
      try sandbox.snap("save", "v1", "-q", "-n").error
        == "snap: warning: v1 would hold the secrets of .env\(Self.remedy)")
    let run = try sandbox.snap("save", "v1", "--json")
    let summary = try JSONSerialization.jsonObject(with: Data((run.outputLines.last ?? "").utf8)) as? [String: Any]
    #expect(summary?["secret_files"] as? Int == 1)
    #expect(run.error.hasPrefix(#"{"message_type":"warning","message":"v1 holds the secrets"#))
  }

  @Test func `a flag, snap.yml and an ignore rule keep it quiet`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.write(".env", "TOKEN=abc\n")
    #expect(try sandbox.snap("save", "v1", "-q", "--no-secret-warning").error.isEmpty)
    try sandbox.write("snap.yml", "secrets: off\n")
    try sandbox.write(".env", "TOKEN=abcd\n")
    #expect(try sandbox.snap("save", "v2", "-q").error.isEmpty)
    #expect(try sandbox.snap("config").output.contains("secrets\toff\tsnap.yml:1\n"))
    try sandbox.write("snap.yml", "secrets: warn\n")
    try sandbox.write(".snapignore", ".env\n")
    try sandbox.write(".env", "TOKEN=abcde\n")
    #expect(try sandbox.snap("save", "v3", "-q").error.isEmpty)
    try sandbox.write("snap.yml", "secrets: maybe\n")
    let wrong = try sandbox.snap("save", "v4")
    #expect(wrong.error == "snap: snap.yml:1: secrets: 'maybe' is not warn or off\n")
    #expect(wrong.status == 2)
  }
}

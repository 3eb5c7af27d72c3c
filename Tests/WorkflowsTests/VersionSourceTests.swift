import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct VersionSourceTests {
  @Test func `the outermost member is found, whatever stands before it`() {
    func version(_ text: String) -> String? { JSONMembers.string("version", in: Array(text.utf8)) }
    #expect(version(#"{"name": "x", "version": "1.2.0"}"#) == "1.2.0")
    #expect(version(#"{"a": {"version": "9"}, "b": [{"version": "8"}, "}"], "c": null, "version" : "1"}"#) == "1")
    #expect(version("\u{FEFF}{\"ver\\u0073ion\":\"\\u00e9\\ud83d\\ude00\\n\"}") == "é😀\n")
    for text in [
      "", "[]", "{", "{}", #"{"version": 1}"#, #"{"a" 1, "version": "1"}"#, #"{"a": }, "version": "1"}"#,
      #"{"version": "1"#, #"{"version": "\x"}"#, #"{"version": "\ud83d"}"#, #"["version", "1"]"#,
    ] {
      #expect(version(text) == nil, "\(text)")
    }
  }

  @Test func `no damage to a file of versions traps`() {
    let json = Array(#"{"a": {"b": [1, "x\u0041\ud83d\ude00"]}, "version": "1.2.0", "c": true}"#.utf8)
    let toml = Array("[package]\nname = \"x\"\nnote = \"\"\"\n[a]\n\"\"\"\n[tool.poetry]\nversion = '1.2'\n".utf8)
    for count in json.indices { _ = JSONMembers.string("c", in: Array(json[..<count])) }
    for count in toml.indices { _ = TOMLKeys.string("version", inTable: "tool.poetry", of: Array(toml[..<count])) }
    var generator = SeededGenerator(seed: 4)
    var found = 0
    for _ in 0..<2000 {
      var bytes = (json, toml)
      bytes.0[Int.random(in: json.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      bytes.1[Int.random(in: toml.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      if JSONMembers.string("version", in: bytes.0) == "1.2.0" { found += 1 }
      if TOMLKeys.string("version", inTable: "tool.poetry", of: bytes.1) == "1.2" { found += 1 }
    }
    #expect(found > 1000, "most damage stands elsewhere")
  }

  @Test func `a table's string is found, and not another's`() {
    func version(_ text: String, _ table: String) -> String? {
      TOMLKeys.string("version", inTable: table, of: Array(text.utf8))
    }
    let text = """
      version = "0"
      [ package ] # comment
      name = "x" # version = "9"
      text = \"\"\"
      [other]
      version = "8"
      \"\"\"
      version='1.2.3' # it
      [[package.list]]
      version = "7"
      [tool."poetry"]\r
      version = "2"\r
      """
    #expect(version(text, "package") == "1.2.3")
    #expect(version(text, "tool.poetry") == "2")
    #expect(version(text, "other") == nil)
    #expect(version("[package]\nversion.workspace = true", "package") == nil)
    #expect(version("[package]\nversion = 1", "package") == nil)
  }

  @Test func `words come back from a shell as they were`() throws {
    let words = ["", "plain", "with blank", "it's", "$HOME `x` \\", "-n", "a\nb", "*", "é"]
    let line = "printf '<%s>' " + words.map(shellWord).joined(separator: " ")
    let child = try ChildProcess([Array("sh".utf8), Array("-c".utf8), Array(line.utf8)])
    #expect(String(decoding: child.readAll().output, as: UTF8.self) == words.map { "<\($0)>" }.joined())
  }
}

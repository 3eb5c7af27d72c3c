import SnapshotModel
import Testing

@testable import Workflows

struct PackageScriptsTests {
  private static let texts = [
    "{\n  \"scripts\": {\n    \"build\": \"x\",\n    \"deploy\": \"y\"\n  }\n}\n", "{\"scripts\":{\"deploy\":\"y\"}}",
    "{\r\n\t\"scripts\" : {\r\n\t\t\"deploy\" : \"y\" ,\r\n\t\t\"z\":1 }\r\n}",
    "{\"scripts\":{\"a\":[{}],  \"deploy\":\"\\\"\"}}",
    "{\"scripts\":{},\"name\":\"{\\\"scripts\\\"\",\"scripts\":{ \"deploy\": \"y\"}}",
    "\u{FEFF}{ \"scripts\": {\n\"deploy\":null}}",
  ]

  @Test(arguments: texts) func `what is put in comes out again, and nothing else is touched`(_ text: String) throws {
    let before = try PackageScripts(Array(text.utf8), file: "f")
    let bytes = before.inserting("predeploy", "a \"b\" \\ c", before: "deploy")
    let after = try PackageScripts(bytes, file: "f")
    #expect(after.command("predeploy") == "a \"b\" \\ c")
    #expect(after.contains("deploy"))
    #expect(after.removing("predeploy") == Array(text.utf8))
    #expect(bytes.count > text.utf8.count && before.removing("predeploy") == Array(text.utf8))
  }

  @Test func `a script that somebody has moved to the end goes with the comma before it`() throws {
    let last = try PackageScripts(Array(#"{"scripts": {"deploy": "y", "predeploy": "x" }}"#.utf8), file: "f")
    #expect(String(decoding: last.removing("predeploy"), as: UTF8.self) == #"{"scripts": {"deploy": "y" }}"#)
    let only = try PackageScripts(Array(#"{"scripts": { "predeploy": "x"}}"#.utf8), file: "f")
    #expect(String(decoding: only.removing("predeploy"), as: UTF8.self) == #"{"scripts": { }}"#)
  }

  @Test func `a text that breaks anywhere is refused, never changed`() throws {
    let whole = Array(Self.texts[0].utf8.dropLast())
    for count in whole.indices {
      #expect(throws: SnapFault.self) { try PackageScripts(Array(whole[..<count]), file: "f") }
    }
    for text in ["[]", "\"x\"", "{\"scripts\" {}}", "{,}"] {
      #expect(throws: SnapFault.self) { try PackageScripts(Array(text.utf8), file: "f") }
    }
    #expect(try !PackageScripts(Array("{\"scripts\": [\"deploy\"]}".utf8), file: "f").contains("deploy"))
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct KeyedComparisonTests {
  @Test func `rows are matched by what every row has alone`() throws {
    let lines = try changes(
      #"{"u":[{"id":1,"n":"a"},{"id":2,"n":"b"}],"v":[]}"#, #"{"u":[{"id":3,"n":"c"},{"n":"a2","id":1}],"v":[]}"#)
    #expect(lines == [#"M u[id=1].n "a" "a2""#, #"- u[id=2] {"id":2,"n":"b"}"#, #"+ u[id=3] {"id":3,"n":"c"}"#])
    // Two rows with one id: the name tells them apart, and what is asked for comes first.
    let twice = (
      #"[{"id":1,"name":"x","s":1},{"id":1,"name":"y","s":2}]"#,
      #"[{"id":1,"name":"x","s":1},{"id":1,"name":"y","s":3}]"#
    )
    #expect(try changes(twice.0, twice.1) == ["M [name=y].s 2 3"])
    #expect(
      try changes(twice.0, twice.1, keys: ["s"]) == [
        #"- [s=2] {"id":1,"name":"y","s":2}"#, #"+ [s=3] {"id":1,"name":"y","s":3}"#,
      ])
    #expect(try changes(#"[{"_id":{"$oid":"a"},"n":1}]"#, #"[{"_id":{"$oid":"a"},"n":2}]"#) == ["M [_id=a].n 1 2"])
    #expect(try changes(#"[{"userId":7,"n":1}]"#, #"[{"userId":7,"n":2}]"#) == ["M [userId=7].n 1 2"])
  }

  @Test func `rows without a key are whole rows, or places where none moved`() throws {
    #expect(try changes("[[1,2],[3,4]]", "[[1,2],[3,5]]") == ["M [1][1] 4 5"])
    #expect(try changes("[1,2,2,3]", "[2,3,4]") == ["- [] 1", "- [] 2", "+ [] 4"])
    #expect(try changes("[1,2]", "[2,1]") == ["M . reordered"])
    #expect(try changes(#"[{"a":1},{"a":1}]"#, #"[{"a":1}]"#) == [#"- [] {"a":1}"#])
    #expect(try compare("[[1],[2]]", "[[1],[2],[3]]").matchings == [.wholeRows])
  }

  @Test func `blanks, escapes and the order of members are no change`() throws {
    #expect(
      try changes(#"{"a":"é","b":[{"c":1,"d":2}]}"#, "{ \"b\" : [ {\"d\":2,\"c\":1} ],\n\"a\":\"\\u00e9\"}").isEmpty)
    #expect(try changes(#"{"a":1}"#, #"{"a":"1"}"#) == [#"M a 1 "1""#])
    #expect(try changes(#"{"a":{}}"#, #"{"a":[]}"#) == ["M a {} []"])
  }

  @Test func `what has no keys is said to be text`() {
    let cases: [(KeyedFormat, String, String)] = [
      (.json, "{", "line 1 is not JSON"), (.json, "{\n\"a\":}\n", "line 2 is not JSON"),
      (.json, "", "line 1 is not JSON"),
      (
        .json, String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
        "it is nested deeper than 128 levels"
      ),
      (.json, #"{"a":1,"a":2}"#, #"the key "a" stands twice in one object"#),
      (.yaml, "a: b: c", "line 1 is not YAML: mapping values are not allowed in this context"),
      (.yaml, "? [a]\n: b", "line 1 has a key of several parts"), (.toml, "a = [1", "line 1 ends within a list"),
      (.toml, "a = \"x", "line 1 has a string without an end"), (.toml, "just words", "line 1 is not TOML"),
      (.toml, "[" + String(repeating: "a.", count: 1_000_000) + "a]", "line 1 has a name of more than 32 parts"),
      (.ini, "[a", "line 1 begins a section without an end"), (.ini, "just words", "line 1 is no key with a value"),
      (.environment, "A=1\nnonsense\n", "line 2 is no NAME=value"),
    ]
    for (format, text, reason) in cases {
      #expect(throws: KeyedFault(reason), "\(text)") { try format.compare(Array(text.utf8), Array(#"{"z":0}"#.utf8)) }
    }
  }

  @Test func `aliases that spell out to gigabytes are refused`() {
    var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...9 {
      text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ","))]\n"
    }
    #expect(throws: KeyedFault.self) { try KeyedFormat.yaml.compare(Array(text.utf8), []) }
  }

  @Test func `each format gives its keys`() throws {
    #expect(
      try changes("a: 1\nb: [x]\n---\nc: !T y\n", "a: 2\nb: [x]\n---\nc: !T z\n", .yaml)
        == ["M [0].a 1 2", #"M [1].c."!T" "y" "z""#])
    #expect(try changes("x: &x {p: 1}\ny: *x\n", "x: &x {p: 2}\ny: *x\n", .yaml) == ["M x.p 1 2", "M y.p 1 2"])
    #expect(try changes("k: yes\nn: 010\n", "k: no\nn: ~\n", .yaml) == [#"M k "yes" "no""#, #"M n "010" null"#])
    #expect(
      try changes(
        "v = 1\n[t.u] # c\nx = \"a#\" # b\nl = [1, # one\n 2]\n[[r]]\nn='a'\n[[r]]\nm = \"\"\"\n[no]\n\"\"\"\n",
        "v = 2\n[t.u]\nx = \"b\"\nl = [1,\n 2]\n[[r]]\nn='b'\n[[r]]\nm = \"\"\"\n[yes]\n\"\"\"\n", .toml)
        == [
          "M v 1 2", #"M t.u.x "a#" "b""#, #"M t.u.l "[1, # one\n 2]" [1,2]"#, #"M r.1.n "a" "b""#,
          #"M r.2.m "\"\"\"\n[no]\n\"\"\"" "\"\"\"\n[yes]\n\"\"\"""#,
        ])
    #expect(
      try changes("top=1\n[s]\na: x\n  more\nflag\nm=1\nm=2\n", "top=1\n; c\n[s]\na: x\n  less\nm=1\nm=3\n", .ini)
        == [#"M s.a "x\nmore" "x\nless""#, "- s.flag null", #"M s.m[1] "2" "3""#])
    #expect(
      try changes("A=1 # one\nexport B='two\nlines'\n", "A=1\nB='two\nLines'\n", .environment) == [
        #"M B "two\nlines" "two\nLines""#
      ])
    #expect(
      try changes("{\"id\":1}\n{\"id\":2}\n", "{\"id\":2}\n{\"id\":3}\n") == [
        #"- [id=1] {"id":1}"#, #"+ [id=3] {"id":3}"#,
      ])
  }

  @Test func `damaged texts are refused or compared, and never trap`() {
    var generator = SeededGenerator(seed: 4711)
    let samples: [(KeyedFormat, String)] = [
      (.json, #"{"u":[{"id":1,"n":"a\u00e9\\"},{"id":2,"n":-1.5e3}],"t":[true,null]}"#),
      (.yaml, "a: &x [1, {b: !T c}]\nd: *x\n"), (.toml, "[[a.b]]\nc = \"\"\"x\"\"\" # y\nd = {e = ['f']}\n"),
      (.ini, "[a]\nb = c \\\n d\ne: f\n"), (.environment, "export A=\"b\nc\"\nD='e' # f\n"),
    ]
    for (format, text) in samples {
      let whole = Array(text.utf8)
      for length in 0...whole.count { _ = try? format.compare(Array(whole[..<length]), whole) }
      for _ in 0..<2000 {
        var bytes = whole
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        _ = try? format.compare(whole, bytes)
      }
    }
  }

  private func compare(
    _ old: String, _ new: String, _ format: KeyedFormat = .json, keys: [String] = []
  ) throws -> KeyedComparison {
    try format.compare(Array(old.utf8), Array(new.utf8), keys: keys.map { Array($0.utf8) })
  }

  private func changes(
    _ old: String, _ new: String, _ format: KeyedFormat = .json, keys: [String] = []
  ) throws -> [String] {
    let comparison = try compare(old, new, format, keys: keys)
    return comparison.changes.map { change in
      let texts = comparison.texts(of: change, showsSecrets: true)
      let values = [texts.old, texts.new].compactMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
      let letter = change.kind == .added ? "+" : change.kind == .removed ? "-" : "M"
      return ([letter, change.name(showsSecrets: true)] + (change.kind == .reordered ? ["reordered"] : values)).joined(
        separator: " ")
    }
  }
}

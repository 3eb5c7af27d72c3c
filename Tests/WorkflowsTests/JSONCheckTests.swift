import Foundation
import TestSupport
import Testing

@testable import Workflows

struct JSONCheckTests {
  private func isJSON(_ bytes: [UInt8], pieceLength: Int = .max) -> Bool {
    var check = JSONCheck()
    var rest = bytes[...]
    while !rest.isEmpty {
      check.add(rest.prefix(pieceLength))
      rest = rest.dropFirst(pieceLength)
    }
    return check.isWhole
  }

  @Test(arguments: [
    "0", " -0.5e+10 ", "true", "null", "\"\"", "[]", "{}", "[1,2.0,-3E5]", #"{"a":{"b":[[],{}]},"c":"\u00e9\n\"é€😀"}"#,
    "[\n  true ,false\t]\r\n", "1e5", "[0,0.0,10]",
  ]) func `what is JSON is taken, in pieces of any length`(text: String) {
    for length in [1, 2, 3, 7, 1000] { #expect(isJSON(Array(text.utf8), pieceLength: length), "\(length)") }
  }

  @Test(arguments: [
    "", " ", "[", "{]", "[1,]", "{\"a\":1,}", "{,}", "{\"a\"}", "{a:1}", "01", "-", "1.", ".5", "1e", "+1", "tru",
    "truex",
    "nul", "[1 2]", "1 2", "[]]", "\"", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "[\"a\":1]", "{\"a\" 1}", "{1:2}", "NaN",
  ]) func `what is none is refused`(text: String) { #expect(!isJSON(Array(text.utf8))) }

  @Test func `strings must be UTF-8`() {
    for bad in [
      [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0x80],
    ]
      as [[UInt8]]
    {
      #expect(!isJSON([0x22] + bad + [0x22]), "\(bad)")
    }
  }

  @Test func `depth is bounded`() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: JSONCheck.depthMax)
    #expect(isJSON(deep + deep.map { _ in UInt8(ascii: "]") }))
    #expect(!isJSON(deep + [UInt8(ascii: "["), UInt8(ascii: "]")] + deep.map { _ in UInt8(ascii: "]") }))
  }

  @Test func `it agrees with Foundation on damaged texts`() throws {
    let seed: UInt64 = 6
    var generator = SeededGenerator(seed: seed)
    let good = Array(#"{"id": 17, "name": "Zoë \u00df", "tags": ["a", null, -1.5e3, true], "in": {"x": {}}}"#.utf8)
    var taken = 0
    func compare(_ bytes: [UInt8]) {
      let expected = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      let actual = isJSON(bytes)
      if actual { taken += 1 }
      // Foundation also takes bytes beyond a NUL, other encodings and a byte order mark.
      if bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB]) || bytes.starts(with: [0xFE]) { return }
      #expect(actual == expected, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
    for length in good.indices { compare(Array(good[..<length])) }
    for _ in 0..<3000 {
      var bytes = good
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0x01...0x7F, using: &generator)
      compare(bytes)
    }
    #expect(taken > 500)
  }
}

import SnapshotModel
import Testing

@testable import snap

struct TextTests {
  @Test func `every argument comes back from its text byte for byte`() {
    let cases: [[UInt8]] = [
      [], Array("plain".utf8), [0xFF], [0x61, 0xC3], [0xC3, 0xA4, 0xFE], Array("\u{10FFAB}x".utf8), Array("ä€😀".utf8),
      [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
    ]
    for bytes in cases { #expect(ArgumentText.encode(ArgumentText.decode(bytes)) == bytes) }
    for byte in UInt8.min ... .max { #expect(ArgumentText.encode(ArgumentText.decode([byte, 0x41])) == [byte, 0x41]) }
    #expect(ArgumentText.decode(Array("ä€😀".utf8)) == "ä€😀")
  }

  @Test func `JSON text escapes what it must`() {
    let value = JSONValue.object(
      JSONObject([
        "a\"b": .string("\\\n\t\u{1}é😀"), "n": .null, "t": .boolean(true), "i": .integer(-3), "u": .unsigned(.max),
        "d": .number(2.5), "whole": .number(3), "nan": .number(.nan), "list": .array([.integer(1), .array([])]),
      ]))
    #expect(
      value.text
        == #"{"a\"b":"\\\n\t\u0001é😀","n":null,"t":true,"i":-3,"u":18446744073709551615,"d":2.5,"whole":3,"nan":null,"list":[1,[]]}"#
    )
  }

  @Test func `base64 pads as RFC 4648 says`() {
    let pairs = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
    ]
    for (plain, coded) in pairs { #expect(base64(Array(plain.utf8)) == coded) }
  }

  @Test func `tables align by what a terminal shows`() {
    var table = Table([.init(title: "A"), .init(title: "B", alignment: .right)])
    table.append(["日本", "1"])
    table.append(["x", "234"])
    #expect(table.aligned == "A       B\n日本    1\nx     234\n")
    #expect(table.tabSeparated == "日本\t1\nx\t234\n")
  }

  @Test func `sizes are powers of 1024`() {
    #expect(ByteSize(argument: "10M")?.byteCount == 10 << 20)
    #expect(ByteSize(argument: "1.5 KiB")?.byteCount == 1536)
    #expect(ByteSize(argument: "4096")?.byteCount == 4096)
    for bad in ["", "M", "12Q", "-1", "1e3", "nan", "99999999P"] { #expect(ByteSize(argument: bad) == nil, "\(bad)") }
  }

  @Test func `ranges split at the two dots outside of braces`() {
    #expect(RevisionRange.split("v1..v2") ?? ("", "") == ("v1", "v2"))
    #expect(RevisionRange.split("v1..") ?? ("", "") == ("v1", "latest"))
    #expect(RevisionRange.split("@{a..b}..v2") ?? ("", "") == ("@{a..b}", "v2"))
    #expect(RevisionRange.split("v1.2") == nil)
  }

  @Test func `lengths of time are read without thinking`() {
    #expect(TimeText.elapsed(3.14) == "3.1 s")
    #expect(TimeText.elapsed(125) == "2 min 5 s")
    #expect(TimeText.rough(26 * 3600) == "26 hours")
    #expect(TimeText.rough(50 * 3600) == "2 days")
  }
}

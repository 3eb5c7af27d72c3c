import TestSupport
import Testing

@testable import Workflows

struct SampledContentTests {
  @Test func `noise looks random, text ordered, and of a few bytes nothing is said`() throws {
    var random = SeededGenerator(seed: 7)
    let noise = (0..<SampledContent.byteCountMin).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(try #require(SampledContent(noise)).looksRandom)
    let text = Array(String(repeating: "INSERT INTO orders VALUES (17, 'Zoë', 12.50);\n", count: 200).utf8)
    #expect(try #require(SampledContent(text)).looksOrdered)
    let base64 = (0..<8192).map { _ in UInt8(ascii: "A") + UInt8.random(in: 0..<64, using: &random) }
    #expect(try #require(SampledContent(base64)).looksOrdered, "64 letters are not noise")
    #expect(SampledContent(noise.dropLast()) == nil)
    #expect(try #require(SampledContent([UInt8](repeating: 0, count: 5000))).valuesInUse == 1)
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import Packing

struct ManifestDamageTests {
  private func sample(_ seed: UInt64) throws -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let entries = ManifestSamples.randomEntries(60, using: &generator)
    return try #require(ManifestSamples.segments(entries).first).bytes
  }

  @Test func `a segment cut short anywhere is refused`() throws {
    let bytes = try sample(11)
    for length in 0..<bytes.count {
      #expect(throws: PackingError.self, "length \(length)") {
        try ManifestReader.entries(ofSegment: bytes[..<length])
      }
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `flipped bits give an error or a manifest that could be written`(seed: UInt64) throws {
    let bytes = try sample(seed)
    var generator = SeededGenerator(seed: seed)
    var readCount = 0
    for _ in 0..<500 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      do {
        let entries = try ManifestReader.entries(ofSegment: damaged)
        readCount += 1
        _ = try ManifestSamples.segments(entries)
      } catch let error as PackingError {
        if case .invalidInput = error { Issue.record("read what cannot be written: \(error)") }
      }
    }
    #expect(readCount > 0)
  }

  @Test func `random bytes behind a right head are refused or valid`() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let bytes =
        ManifestSegment.magic + [1, UInt8.random(in: 1...9, using: &generator)]
        + (0..<15).map { _ in UInt8.random(in: 0..<40, using: &generator) } + generator.bytes(400)
      if let entries = try? ManifestReader.entries(ofSegment: bytes) { _ = try ManifestSamples.segments(entries) }
    }
  }
}

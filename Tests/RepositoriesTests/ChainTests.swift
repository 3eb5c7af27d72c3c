import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

@Suite struct ChainTests {
  @Test func `a chain that has reached its end is left for an earlier version`() throws {
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 3)
    var bytes = random.bytes(40 << 10)
    var expected: [String: [UInt8]] = [:]
    for number in 1...80 {
      // So that no piece stays.
      for at in stride(from: 0, to: bytes.count, by: 1024) { bytes[at + Int.random(in: 0..<1024, using: &random)] ^= 1 }
      let before = fixture.objectBytes()
      try repository.save("v\(number)", ["file": bytes])
      expected["v\(number)"] = bytes
      // Without a base it is 40 KiB, and 14 on the first version, once that is 64 versions old.
      if number > 1 { #expect(fixture.objectBytes() - before < 10 << 10, "version \(number)") }
    }
    for snapshot in try repository.snapshots().map(\.snapshot) {
      let fresh = try fixture.open()
      #expect(try fresh.tree(of: snapshot)["file"] == expected[snapshot.version])
      // The file's, and those of the manifest's segment and root.
      #expect(fresh.reader().decodedFrameCount <= 3 * ChainLimits.usual.length)
    }
  }
}

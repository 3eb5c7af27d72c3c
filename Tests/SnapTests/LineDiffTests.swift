import TestSupport
import Testing

@testable import snap

struct LineDiffTests {
  @Test func `matches are ascending, equal and rebuild both texts`() {
    for seed in 0..<300 as Range<UInt64> {
      var random = SplitMix(state: seed)
      let old = (0..<Int.random(in: 0...60, using: &random)).map { _ in Int.random(in: 0...12, using: &random) }
      var new = old
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        let at = Int.random(in: 0...new.count, using: &random)
        if Bool.random(using: &random) || new.isEmpty {
          new.insert(99, at: at)
        } else {
          new.remove(at: min(at, new.count - 1))
        }
      }
      let matches = LineDiff.matches(old, new)
      var (x, y) = (0, 0)
      for match in matches {
        #expect(match.count > 0 && match.old >= x && match.new >= y, "seed \(seed)")
        for offset in 0..<match.count { #expect(old[match.old + offset] == new[match.new + offset], "seed \(seed)") }
        (x, y) = (match.old + match.count, match.new + match.count)
      }
      #expect(x <= old.count && y <= new.count)
      if old == new { #expect(matches.reduce(0) { $0 + $1.count } == old.count) }
    }
  }

  @Test func `a small change in a long text gives a small diff`() {
    let old = (0..<20000).map { "line \($0 % 700)" }
    var new = old
    new[10000] = "other"
    new.insert("inserted", at: 3)
    let matches = LineDiff.matches(old, new)
    #expect(matches.reduce(0) { $0 + $1.count } == 19999)
  }

  @Test func `texts that have nothing in common are replaced whole`() {
    #expect(LineDiff.matches(Array(0..<5000), Array(10000..<15000)).isEmpty)
  }
}

/// Enough of a generator for tests; the seed names the case.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

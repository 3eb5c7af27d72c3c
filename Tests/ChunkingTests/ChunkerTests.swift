import Testing

@testable import Chunking

struct ChunkerTests {
  private let chunker = Chunker()

  @Test func `chunks cover the input and hold to minimum and maximum`() {
    let bytes = noise(3 << 20, seed: 1)
    let lengths = chunker.lengths(of: bytes[...], isFinal: true)
    #expect(lengths.reduce(0, +) == bytes.count)
    #expect(lengths.allSatisfy { $0 <= 256 << 10 })
    #expect(lengths.dropLast().allSatisfy { $0 >= 16 << 10 })
  }

  @Test func `the mean chunk of noise is within a tenth of the average`() throws {
    let bytes = noise(16 << 20, seed: 2)
    let everywhere = try #require(ChunkerParameters(minimum: 16 << 10, average: 64 << 10, maximum: 256 << 10))
    let lengths = Chunker(parameters: everywhere).lengths(of: bytes[...], isFinal: true)
    let mean = bytes.count / lengths.count
    #expect((59 << 10)...(70 << 10) ~= mean)
    #expect(lengths.filter { $0 == 256 << 10 }.count * 100 <= lengths.count)
  }

  @Test func `behind the first 4 MiB chunks are four times as long`() {
    let bytes = noise(32 << 20, seed: 2)
    let chunks = starts(of: bytes)
    let (near, far) = (chunks.filter { $0.0 < 4 << 20 }, chunks.filter { $0.0 >= 4 << 20 })
    #expect(near.allSatisfy { 16 << 10...256 << 10 ~= $0.1 })
    #expect(far.dropLast().allSatisfy { 64 << 10...1 << 20 ~= $0.1 })
    #expect((226 << 10)...(290 << 10) ~= far.reduce(0) { $0 + $1.1 } / far.count)
  }

  @Test func `a file that grows is cut as before where it was`() throws {
    let bytes = noise(9 << 20, seed: 12)
    let lengths = chunker.lengths(of: bytes[...], isFinal: true)
    for count in [3 << 20, 4 << 20, 5 << 20] {
      let shorter = chunker.lengths(of: bytes[..<count], isFinal: true)
      #expect(shorter.dropLast() == lengths.prefix(shorter.count - 1)[...])
    }
  }

  @Test(arguments: [1, 100_000, 3 << 20])
  func `a stream in pieces is cut as the whole is`(pieceLength: Int) {
    let bytes = noise(9 << 20, seed: 13)
    var cutter = StreamCutter(chunker)
    var lengths: [Int] = []
    var start = 0
    func take(isFinal: Bool) {
      let piece = cutter.cut(isFinal: isFinal)
      #expect(piece.bytes.elementsEqual(bytes[start..<start + piece.lengths.reduce(0, +)]))
      start += piece.bytes.count
      lengths += piece.lengths
    }
    for at in stride(from: 0, to: bytes.count, by: pieceLength) {
      cutter.add(bytes[at..<min(at + pieceLength, bytes.count)])
      if cutter.byteCountWaiting >= 1 << 20 { take(isFinal: false) }
    }
    take(isFinal: true)
    #expect(lengths == chunker.lengths(of: bytes[...], isFinal: true))
    #expect(cutter.cut(isFinal: true).bytes.isEmpty)
  }

  @Test func `a run of one byte is cut at the maximum`() {
    let zeros = [UInt8](repeating: 0, count: 600 << 10)
    #expect(chunker.lengths(of: zeros[...], isFinal: true) == [256 << 10, 256 << 10, 88 << 10])
  }

  @Test(arguments: [1, 63, 64, 65, 5000, 70_000])
  func `boundaries come back after bytes are put in front`(count: Int) {
    let bytes = noise(4 << 20, seed: 3)
    let old = ends(of: bytes)
    let new = Set(ends(of: noise(count, seed: 4) + bytes).map { $0 - count })
    // The first chunk or two depend on where the chunk began; from the first common boundary on all agree.
    guard let first = old.firstIndex(where: { new.contains($0) }) else {
      Issue.record("no boundary came back")
      return
    }
    #expect(first < 8)
    #expect(old[first...].allSatisfy { new.contains($0) })
  }

  @Test func `a change in the middle moves only the boundaries beside it`() {
    let old = noise(4 << 20, seed: 5)
    var new = old
    new.replaceSubrange((2 << 20)..<(2 << 20) + 10, with: noise(33, seed: 6))
    let before = Set(ends(of: old))
    let after = Set(ends(of: new).map { $0 > 2 << 20 ? $0 - 23 : $0 })
    #expect(before.symmetricDifference(after).count <= 8)
    #expect(before.filter { $0 < 2 << 20 } == after.filter { $0 < 2 << 20 })
  }

  @Test func `a boundary depends on the last 64 bytes only`() {
    let bytes = noise(1 << 20, seed: 7)
    for (start, length) in starts(of: bytes) where length < 256 << 10 && start + length < bytes.count {
      var other = noise(length, seed: UInt64(start))
      other.replaceSubrange((length - 64)..., with: bytes[start + length - 64..<start + length])
      let cut = chunker.lengths(of: other[...], isFinal: true)[0]
      // Other bytes before may bring an earlier boundary, never prevent this one.
      #expect(cut <= length)
      #expect(cut == length || hashBelow(other, at: cut))
    }
  }

  @Test func `two lanes find what a plain scan finds`() throws {
    for parameters in [
      ChunkerParameters.standard, try #require(ChunkerParameters(minimum: 64, average: 256, maximum: 1024)),
      try #require(ChunkerParameters(minimum: 1000, average: 20_000, maximum: 50_001)),
      try #require(ChunkerParameters(minimum: 500, average: 5000, maximum: 30_001, longFrom: 200_000)),
    ] {
      let chunker = Chunker(parameters: parameters)
      let bytes = noise(1 << 20, seed: 8) + Array(repeating: 7, count: 60_000) + noise(30_001, seed: 9)
      #expect(chunker.lengths(of: bytes[...], isFinal: true) == plainLengths(bytes, chunker))
    }
  }

  @Test func `input in pieces is cut as the whole is`() {
    let bytes = noise(2 << 20, seed: 10)
    let whole = chunker.lengths(of: bytes[...], isFinal: true)
    var lengths: [Int] = []
    var start = 0
    var end = 0
    while start < bytes.count {
      end = min(bytes.count, max(end, start) + 37_777)
      let cuts = chunker.lengths(of: bytes[start..<end], isFinal: end == bytes.count)
      lengths += cuts
      start += cuts.reduce(0, +)
    }
    #expect(lengths == whole)
  }

  @Test func `a last chunk may be short and nothing has no chunk`() {
    #expect(chunker.lengths(of: [], isFinal: true) == [])
    #expect(chunker.lengths(of: [1], isFinal: true) == [1])
    #expect(chunker.lengths(of: [1], isFinal: false) == [])
    #expect(chunker.lengths(of: noise(16 << 10, seed: 11)[...], isFinal: false) == [])
  }

  @Test func `parameters out of order are refused`() {
    #expect(ChunkerParameters(minimum: 63, average: 256, maximum: 1024) == nil)
    #expect(ChunkerParameters(minimum: 256, average: 256, maximum: 1024) == nil)
    #expect(ChunkerParameters(minimum: 64, average: 1024, maximum: 1024) == nil)
    #expect(ChunkerParameters(minimum: 64, average: 1024, maximum: (8 << 20) + 1) == nil)
    #expect(ChunkerParameters(minimum: 64, average: 1024, maximum: 8 << 20) != nil)
    #expect(ChunkerParameters(minimum: 64, average: 1024, maximum: (2 << 20) + 1, longFrom: 1) == nil)
    #expect(ChunkerParameters(minimum: 64, average: 1024, maximum: 2 << 20, longFrom: 1) != nil)
    #expect(
      ChunkerParameters(minimum: 16 << 10, average: 64 << 10, maximum: 256 << 10, longFrom: 4 << 20) == .standard)
  }

  /// These never change: other words cut every stored file at other places (`docs/format/chunking.md`).
  @Test func `the gear table and the boundaries are those of the format`() {
    #expect(GearTable.words.count == 256)
    #expect(GearTable.words[0] == 0x3E36_5FF0_0B55_3D1D)
    #expect(GearTable.words[1] == 0xBB7B_DDFD_6192_CB32)
    #expect(GearTable.words[255] == 0xDB18_0FD7_AC34_0C36)
    let lengths = chunker.lengths(of: noise(512 << 10, seed: 0)[...], isFinal: true)
    #expect(lengths == [64109, 53321, 65902, 72632, 62327, 84810, 63980, 57207])
    let long = starts(of: noise(5 << 20, seed: 0)).filter { $0.0 >= 4 << 20 }
    #expect(long.first?.0 == 4_220_221)
    #expect(long.map(\.1) == [227151, 287104, 222144, 221435, 64825])
  }

  private func ends(of bytes: [UInt8]) -> [Int] { starts(of: bytes).map { $0 + $1 } }

  private func starts(of bytes: [UInt8]) -> [(Int, Int)] {
    var start = 0
    return chunker.lengths(of: bytes[...], isFinal: true).map { length in
      defer { start += length }
      return (start, length)
    }
  }

  private func hashBelow(_ bytes: [UInt8], at end: Int) -> Bool {
    let hash = bytes[(end - 64)..<end].reduce(UInt64(0)) { ($0 << 1) &+ GearTable.words[Int($1)] }
    let rule = chunker.rule(at: 0)
    return hash < (end <= rule.normalLength ? rule.strictThreshold : rule.laxThreshold)
  }

  /// The specification, word for word.
  private func plainLengths(_ bytes: [UInt8], _ chunker: Chunker) -> [Int] {
    var lengths: [Int] = []
    var start = 0
    while start < bytes.count {
      var hash: UInt64 = 0
      var length = 0
      let isLong = chunker.parameters.longFrom.map { UInt64(start) >= $0 } ?? false
      let factor = isLong ? 4 : 1
      let (minimum, average) = (chunker.parameters.minimum * factor, chunker.parameters.average * factor)
      let normal = max(minimum, average / 16 * 13)
      while start + length < bytes.count, length < chunker.parameters.maximum * factor {
        hash = (hash << 1) &+ GearTable.words[Int(bytes[start + length])]
        length += 1
        guard length >= minimum else { continue }
        if hash < UInt64.max / UInt64(length <= normal ? average * 4 : average / 4) { break }
      }
      lengths.append(length)
      start += length
    }
    return lengths
  }
}

/// SplitMix64, each output little-endian.
private func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    word ^= word >> 31
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: word))
      word >>= 8
    }
  }
  return Array(bytes.prefix(count))
}

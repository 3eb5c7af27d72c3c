import Packing
import Sealing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct SecondLookTests {
  private let encoder = FrameEncoder()
  private var random = SeededGenerator(seed: 41)

  private func chunk(_ bytes: [UInt8]) -> (id: ChunkID, bytes: ArraySlice<UInt8>) {
    (ChunkHasher(.sha256).id(of: bytes), bytes[...])
  }

  private func base(_ bytes: [UInt8]) -> DeltaBase { DeltaBase(chunks: [chunk(bytes).id.prefix], bytes: bytes[...]) }

  private func decoded(_ frame: EncodedFrame, on base: [UInt8]) throws -> [UInt8] {
    let payload = frame.bytes.dropFirst(frame.header.headerLength)
    return Array(try FrameDecoder().decode(frame.header, payload: payload, prefix: base[...]))
  }

  @Test mutating func `what is elsewhere is found by a second look`() throws {
    let (old, elsewhere) = (random.text(600_000), random.text(100_000))
    var new = old
    new[300_000] ^= 1
    let oldBase = base(old)
    let look = try SecondLook([chunk(new)], on: base(elsewhere), level: .auto, encoder: encoder) { oldBase }
    let frame = try #require(look.frame)
    #expect(look.hasPaid == true && frame.header.storedLength < 400)
    #expect(try decoded(frame, on: old) == new)
  }

  @Test mutating func `nothing is tried twice when it is small, at a level that was asked for, or where it may not be`()
    throws
  {
    let (old, elsewhere) = (random.text(600_000), random.text(100_000))
    func unexpected() throws -> DeltaBase? {
      Issue.record("looked again")
      return nil
    }
    let new = chunk(old + [1])
    #expect(try SecondLook([new], on: base(old), level: .auto, encoder: encoder, second: unexpected).frame != nil)
    _ = try SecondLook([new], on: base(elsewhere), level: .better, encoder: encoder, second: unexpected)
    #expect(try SecondLook([new], on: base(elsewhere), level: .auto, encoder: encoder, second: nil).hasPaid == nil)
  }

  /// With a byte changed in each 16, so that how thoroughly matches are sought makes a difference.
  private mutating func edited(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for at in stride(from: 0, to: bytes.count - 16, by: 16) {
      bytes[at + Int.random(in: 0..<16, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    return bytes
  }

  @Test mutating func `the shorter of both is kept`() throws {
    let old = random.text(400_000)
    let new = chunk(edited(old))
    let noise = base(random.bytes(300_000))
    let first = try #require(try SecondLook([new], on: base(old), level: .auto, encoder: encoder, second: nil).frame)
    let look = try SecondLook([new], on: base(old), level: .auto, encoder: encoder) { noise }
    #expect(look.frame?.bytes == first.bytes)
    #expect(look.hasPaid == false)
    let higher = try #require(try SecondLook([new], on: base(old), level: .auto, encoder: encoder) { nil }.frame)
    #expect(higher.bytes.count < first.bytes.count)
    #expect(try decoded(higher, on: old) == Array(new.bytes))
  }
}

struct TriesTests {
  private var tries = Tries()

  @Test mutating func `where tries do not pay one place in 32 is tried`() {
    for isFirst in [true, false] {
      let isWorthIt = tries.isNextWorthIt()
      #expect(isWorthIt)
      tries.noteTry()
      #expect(tries.awaitsOutcome == !isFirst)
    }
    for _ in 0..<2 { tries.noteOutcome(hasPaid: false) }
    #expect(!tries.awaitsOutcome)
    var count = 0
    for _ in 0..<64 where tries.isNextWorthIt() { count += 1 }
    #expect(count == 2)
    tries.noteTry()
    tries.noteOutcome(hasPaid: true)
    for _ in 0..<2 {
      let isWorthIt = tries.isNextWorthIt()
      #expect(isWorthIt)
      tries.noteTry()
    }
    #expect(tries.awaitsOutcome)
  }

  @Test mutating func `what ceases to pay is given up soon`() {
    for _ in 0..<100 {
      tries.noteTry()
      tries.noteOutcome(hasPaid: true)
    }
    var count = 0
    while tries.isNextWorthIt(), count < 100 {
      count += 1
      tries.noteTry()
      tries.noteOutcome(hasPaid: false)
    }
    #expect((2...17).contains(count))
  }
}

/// Visits every state that the processes can reach, in any order of their steps.
package struct ModelSearch {
  package private(set) var stateCount = 0
  /// Whether a state was met in which a version's chunk is gone.
  package private(set) var losesData = false

  /// - Parameter variant: breaks the protocol; `nil` for the protocol as it is.
  package init(_ variant: BrokenVariant? = nil) {
    let steps = ModelSteps(variant: variant)
    var seen = FingerprintSet()
    var open = [ModelState()]
    _ = seen.insert(open[0].fingerprint)
    while let state = open.popLast(), !losesData {
      steps.forEachNext(of: state) { next in
        guard seen.insert(next.fingerprint) else { return }
        if next.isLost { losesData = true }
        open.append(next)
      }
    }
    stateCount = seen.count
  }
}

/// States that were met, by 64 bits each: of ten million, two share them with a probability of 3 in a million.
///
/// - SeeAlso: Wolper & Leroy, Reliable Hashing without Collision Detection, CAV 1993
private struct FingerprintSet {
  private var slots = [UInt64](repeating: 0, count: 1 << 16)
  private(set) var count = 0

  /// - Returns: whether it was new.
  mutating func insert(_ fingerprint: UInt64) -> Bool {
    if count * 2 >= slots.count { grow() }
    let fingerprint = fingerprint == 0 ? 1 : fingerprint
    guard let free = place(of: fingerprint) else { return false }
    slots[free] = fingerprint
    count += 1
    return true
  }

  /// Where it would go; `nil` when it is there.
  private func place(of fingerprint: UInt64) -> Int? {
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: fingerprint) & mask
    while slots[at] != 0 {
      if slots[at] == fingerprint { return nil }
      at = (at + 1) & mask
    }
    return at
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    for fingerprint in old where fingerprint != 0 {
      if let free = place(of: fingerprint) { slots[free] = fingerprint }
    }
  }
}

extension ModelState {
  /// Of all that it holds.
  fileprivate var fingerprint: UInt64 {
    var mixer = Mixer()
    mixer.add(packs, nextPack, pending)
    mixer.add(tombs.0.map { $0 + 1 } ?? 0, tombs.1.map { $0 + 1 } ?? 0)
    mixer.add(records.0.rawValue, records.1.rawValue, oldRecord.rawValue)
    mixer.add(saver.step.rawValue, saver.attempt, saver.next)
    mixer.add(saver.condemned, saver.listed, saver.known)
    mixer.add(collectors.0)
    mixer.add(collectors.1)
    return mixer.value
  }
}

/// The finaliser of MurmurHash3, word by word.
private struct Mixer {
  private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

  private mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0xFF51_AFD7_ED55_8CCD
    value ^= value >> 33
    value = value &* 0xC4CE_B9FE_1A85_EC53
    value ^= value >> 29
  }

  /// Up to three numbers of 16 bits.
  mutating func add(
    _ first: some FixedWidthInteger, _ second: some FixedWidthInteger, _ third: some FixedWidthInteger = UInt8(0)
  ) {
    var word = UInt64(truncatingIfNeeded: first)
    word |= UInt64(truncatingIfNeeded: second) << 20
    word |= UInt64(truncatingIfNeeded: third) << 40
    add(word)
  }

  mutating func add(_ collector: CollectorState) {
    add(collector.step.rawValue, collector.rounds, collector.next)
    add(collector.target, collector.mask, collector.isNeeded ? UInt8(1) : 0)
    add(collector.condemned, collector.listed, collector.deleted)
  }
}

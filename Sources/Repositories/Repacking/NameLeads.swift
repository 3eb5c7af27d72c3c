import SnapshotModel

/// Of files that came before, newer ones first, the lineages of those whose names differ from another's in hashes and digits only.
struct NameLeads {
  private struct Version {
    var lead: Int
    var age: Int
    var byteCount: Int
  }

  /// Of long files whose names differ in hashes and numbers so many lineages are looked at.
  private static let candidatesMax = 64

  /// The last version of the last lineage whose names have hashes.
  private var byHashPattern: [[UInt8]: Version] = [:]
  /// The last version of each lineage of long files whose names have hashes, and numbers that are no dates.
  private var renumbered: [[UInt8]: [Version]] = [:]
  /// The first of all others.
  private var byDigitPattern: [[UInt8]: Version] = [:]

  mutating func add(_ file: FileVersion, lead: Int) {
    let patterns = file.path.stampPatterns
    let version = Version(lead: lead, age: file.age, byteCount: file.byteCount)
    if let hashes = patterns.butHashes { byHashPattern[hashes] = version }
    guard let pattern = patterns.butNumbers else {
      let digits = patterns.butDigits
      if digits != file.path.bytes, byDigitPattern[digits] == nil { byDigitPattern[digits] = version }
      return
    }
    guard version.byteCount >= FileLineages.siblingBytesMin else { return }
    let known = renumbered[pattern, default: []].firstIndex { $0.lead == lead }
    if let known {
      renumbered[pattern]?[known] = version
    } else if renumbered[pattern, default: []].count < Self.candidatesMax {
      renumbered[pattern, default: []].append(version)
    }
  }

  /// The lead of what differs in hashes only.
  func lead(butForHashes file: FileVersion) -> Int? {
    lead(butForHashes: file.path.stampPatterns, byteCount: file.byteCount)
  }

  /// The lead of what differs in hashes or digits only, and be it of the same age.
  func lead(of file: FileVersion) -> Int? {
    let (patterns, byteCount) = (file.path.stampPatterns, file.byteCount)
    if let lead = lead(butForHashes: patterns, byteCount: byteCount) { return lead }
    guard let pattern = patterns.butNumbers else {
      return byDigitPattern[patterns.butDigits].flatMap { other in
        let isLong = min(byteCount, other.byteCount) >= FileLineages.siblingBytesMin
        return other.age < file.age || isLong && areAlike(byteCount, other.byteCount, within: 2) ? other.lead : nil
      }
    }
    return renumbered[pattern, default: []]
      .filter { $0.age < file.age && areAlike($0.byteCount, byteCount, within: 8) }
      .min { difference($0.byteCount, byteCount) < difference($1.byteCount, byteCount) }?.lead
  }

  private func lead(butForHashes patterns: StampPatterns, byteCount: Int) -> Int? {
    patterns.butHashes.flatMap { byHashPattern[$0] }
      .flatMap { areAlike($0.byteCount, byteCount, within: 2) ? $0.lead : nil }
  }
}

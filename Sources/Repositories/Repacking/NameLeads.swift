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
    let version = Version(lead: lead, age: file.age, byteCount: file.byteCount)
    if let hashes = file.path.hashPattern { byHashPattern[hashes] = version }
    guard let pattern = file.path.renumberedPattern else {
      let digits = file.path.digitPattern
      if digits != file.path.bytes, byDigitPattern[digits] == nil { byDigitPattern[digits] = version }
      return
    }
    guard file.byteCount >= FileLineages.siblingBytesMin else { return }
    let known = renumbered[pattern, default: []].firstIndex { $0.lead == lead }
    if let known {
      renumbered[pattern]?[known] = version
    } else if renumbered[pattern, default: []].count < Self.candidatesMax {
      renumbered[pattern, default: []].append(version)
    }
  }

  /// The lead of what differs in hashes only.
  func lead(butForHashes file: FileVersion) -> Int? {
    file.path.hashPattern.flatMap { byHashPattern[$0] }.flatMap { Self.isWithin(2, file, $0) ? $0.lead : nil }
  }

  /// The lead of what differs in hashes or digits only, and be it of the same age.
  func lead(of file: FileVersion) -> Int? {
    if let lead = lead(butForHashes: file) { return lead }
    guard let pattern = file.path.renumberedPattern else {
      return byDigitPattern[file.path.digitPattern].flatMap { other in
        let isLong = min(file.byteCount, other.byteCount) >= FileLineages.siblingBytesMin
        return other.age < file.age || isLong && Self.isWithin(2, file, other) ? other.lead : nil
      }
    }
    return renumbered[pattern, default: []]
      .filter { $0.age < file.age && Self.isWithin(8, file, $0) }
      .min { abs($0.byteCount - file.byteCount) < abs($1.byteCount - file.byteCount) }?.lead
  }

  /// Whether the longer one is longer by no more than a share of itself.
  private static func isWithin(_ share: Int, _ file: FileVersion, _ other: Version) -> Bool {
    let longer = max(file.byteCount, other.byteCount)
    return longer - min(file.byteCount, other.byteCount) <= longer / share
  }
}

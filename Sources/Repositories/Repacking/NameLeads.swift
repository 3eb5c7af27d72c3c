import SnapshotModel

/// Of files that came before, newer ones first, the lineages of those whose names differ from another's in hashes and digits only.
struct NameLeads {
  private struct Version {
    var lead: Int
    var age: Int
    var byteCount: Int
  }

  /// Of files whose names have hashes, and differ in digits, too, so many lineages are looked at.
  private static let candidatesMax = 64

  /// The last version of each lineage whose names have hashes: of the last lineage, and of those of long files.
  private var byHashPattern: [[UInt8]: Version] = [:]
  private var namedByHash: [[UInt8]: [Version]] = [:]
  /// Those that lead, and have none.
  private var byDigitPattern: [[UInt8]: Version] = [:]

  mutating func add(_ file: FileVersion, lead: Int) {
    let digits = file.path.digitPattern
    let version = Version(lead: lead, age: file.age, byteCount: file.byteCount)
    guard let hashes = file.path.hashPattern else {
      if digits != file.path.bytes, byDigitPattern[digits] == nil { byDigitPattern[digits] = version }
      return
    }
    byHashPattern[hashes] = version
    guard file.byteCount >= FileLineages.siblingBytesMin else { return }
    let known = namedByHash[digits, default: []].firstIndex { $0.lead == lead }
    if let known {
      namedByHash[digits]?[known] = version
    } else if namedByHash[digits, default: []].count < Self.candidatesMax {
      namedByHash[digits, default: []].append(version)
    }
  }

  /// The lead of what differs in hashes only.
  func lead(butForHashes file: FileVersion) -> Int? {
    file.path.hashPattern.flatMap { byHashPattern[$0] }.flatMap { Self.isWithin(2, file, $0) ? $0.lead : nil }
  }

  /// The lead of what differs in hashes or digits only, and be it of the same age.
  func lead(of file: FileVersion) -> Int? {
    if let lead = lead(butForHashes: file) { return lead }
    let digits = file.path.digitPattern
    if file.path.hashPattern == nil {
      return byDigitPattern[digits].flatMap { other in
        let isLong = min(file.byteCount, other.byteCount) >= FileLineages.siblingBytesMin
        return other.age < file.age || isLong && Self.isWithin(2, file, other) ? other.lead : nil
      }
    }
    return namedByHash[digits, default: []]
      .filter { $0.age < file.age && Self.isWithin(8, file, $0) }
      .min { abs($0.byteCount - file.byteCount) < abs($1.byteCount - file.byteCount) }?.lead
  }

  /// Whether the longer one is longer by no more than a share of itself.
  private static func isWithin(_ share: Int, _ file: FileVersion, _ other: Version) -> Bool {
    let longer = max(file.byteCount, other.byteCount)
    return longer - min(file.byteCount, other.byteCount) <= longer / share
  }
}

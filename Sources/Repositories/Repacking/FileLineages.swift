import SnapshotModel

/// Which files are versions of each other: those of one path, and those whose names differ in hashes or digits only.
struct FileLineages {
  /// Files of one age whose names differ so are versions of each other when they are at least so long; shorter ones stand side by side
  /// anyway.
  static let siblingBytesMin = 128 << 10

  let files: [FileVersion]
  /// For each file the one whose version it is taken for: itself when it is the newest.
  let leads: [Int]

  /// - Parameter files: by age, then by path.
  init(_ files: [FileVersion]) {
    var leads = Array(files.indices)
    var byPath: [ArchivePath: Int] = [:]
    var byHashPattern: [[UInt8]: Int] = [:]
    var byDigitPattern: [[UInt8]: Int] = [:]
    var start = 0
    while start < files.count {
      var end = start
      while end < files.count, files[end].age == files[start].age { end += 1 }
      // From the last path to the first: of exports that are named by the day, the youngest leads.
      for number in (start..<end).reversed() {
        let file = files[number]
        if let lead = byPath[file.path] {
          leads[number] = lead
          continue
        }
        let (hashes, digits) = (file.path.hashPattern, file.path.digitPattern)
        let lead =
          byHashPattern[hashes].flatMap { Self.isAlike(file, files[$0]) ? $0 : nil }
          ?? byDigitPattern[digits].flatMap { Self.isVersion(file, of: files[$0]) ? $0 : nil }
        leads[number] = lead ?? number
        // Of another length than the one before it: the next ones may be versions of this one.
        if hashes != file.path.bytes, lead == nil || byHashPattern[hashes] == nil {
          byHashPattern[hashes] = leads[number]
        }
        if digits != file.path.bytes, byDigitPattern[digits] == nil { byDigitPattern[digits] = leads[number] }
        byPath[file.path] = leads[number]
      }
      start = end
    }
    self.files = files
    self.leads = leads
  }

  /// Plaintext bytes of the newest versions' own chunks, and of the others'.
  var byteCounts: (newest: Int, older: Int) {
    leads.enumerated().reduce(into: (0, 0)) { sum, version in
      let byteCount = files[version.offset].ownByteCount
      if version.offset == version.element { sum.0 += byteCount } else { sum.1 += byteCount }
    }
  }

  private static func isVersion(_ file: FileVersion, of lead: FileVersion) -> Bool {
    lead.age < file.age || min(file.byteCount, lead.byteCount) >= siblingBytesMin && isAlike(file, lead)
  }

  private static func isAlike(_ file: FileVersion, _ other: FileVersion) -> Bool {
    let (bytes, otherBytes) = (file.byteCount, other.byteCount)
    return max(bytes, otherBytes) / 2 <= min(bytes, otherBytes)
  }

  /// The lineages of which no version is large; and the others, in the order of
  /// their newest versions' paths, each from the newest version to the oldest.
  func split() -> (small: FileLineages, large: [[FileVersion]]) {
    var isLarge: Set<Int> = []
    for (number, file) in files.enumerated() where file.byteCount > LargeFileHistory.fileBytesMin {
      isLarge.insert(leads[number])
    }
    let small = files.indices.filter { !isLarge.contains(leads[$0]) }.map { files[$0] }
    var members: [Int: [FileVersion]] = [:]
    for (number, file) in files.enumerated() where isLarge.contains(leads[number]) {
      members[leads[number], default: []].append(file)
    }
    let large = isLarge.sorted { (files[$0].path, $0) < (files[$1].path, $1) }.map { lead in
      // Of those that are named by the day the last is the newest.
      (members[lead] ?? []).sorted { a, b in a.age == b.age ? a.path > b.path : a.age < b.age }
    }
    // Without the large ones: a small file may be another's sibling that was none of a large one's.
    return (FileLineages(small), large)
  }
}

import SnapshotModel

/// Which files are versions of each other: those of one path; else those that share content, differ in hashes only, or stand on each other as
/// they are stored, for a save tries what a new name may be a version of, and keeps what fits; else those whose names differ in hashes or
/// digits only.
struct FileLineages {
  /// What chunks' frames stand on, as they are stored.
  typealias Bases = ([ChunkReference]) -> [ChunkReference]

  /// Files of one age whose names differ so are versions of each other when they are at least so long; shorter ones stand side by side
  /// anyway.
  static let siblingBytesMin = 128 << 10

  let files: [FileVersion]
  /// For each file the one whose version it is taken for: itself when it is the newest.
  let leads: [Int]
  private let bases: Bases

  /// - Parameter files: by age, then by path.
  init(_ files: [FileVersion], bases: @escaping Bases) {
    var leads = Array(files.indices)
    var byPath: [ArchivePath: Int] = [:]
    var byContent = ContentLeads(bases: bases)
    var byName = NameLeads()
    // Of each lead: the age of its last version.
    var lastAges: [Int: Int] = [:]
    var start = 0
    while start < files.count {
      let age = files[start].age
      var end = start
      while end < files.count, files[end].age == age { end += 1 }
      // From the last path to the first: of exports that are named by the day, the youngest leads.
      var rest = Array((start..<end).reversed())
      func take(_ lead: (FileVersion) -> Int?) {
        rest.removeAll { number in
          guard let lead = lead(files[number]) else { return false }
          leads[number] = lead
          lastAges[lead] = age
          byName.add(files[number], lead: lead)
          return true
        }
      }
      func mayLead(_ lead: Int, _ file: FileVersion) -> Bool {
        lastAges[lead, default: age] < age && files[lead].path.nameExtension == file.path.nameExtension
      }
      take { byPath[$0.path] }
      take { file in byContent.lead(sharing: file) { mayLead($0, file) } }
      take { file in byName.lead(butForHashes: file).flatMap { mayLead($0, file) ? $0 : nil } }
      take { file in byContent.lead(nextTo: file) { mayLead($0, file) } }
      for number in rest {
        leads[number] = byName.lead(of: files[number]) ?? number
        byName.add(files[number], lead: leads[number])
        lastAges[leads[number]] = age
      }
      for number in start..<end {
        byPath[files[number].path] = leads[number]
        byContent.add(files[number], lead: leads[number])
      }
      start = end
    }
    self.files = files
    self.leads = leads
    self.bases = bases
  }

  /// Plaintext bytes of the newest versions' own chunks, and of the others'.
  var byteCounts: (newest: Int, older: Int) {
    leads.enumerated().reduce(into: (0, 0)) { sum, version in
      let byteCount = files[version.offset].ownByteCount
      if version.offset == version.element { sum.0 += byteCount } else { sum.1 += byteCount }
    }
  }

  /// The lineages of which no version is large; and the others, in the order of
  /// their newest versions' paths, each from the newest version to the oldest.
  func split() -> (small: FileLineages, large: [[FileVersion]]) {
    var isLarge: Set<Int> = []
    for (number, file) in files.enumerated() where file.byteCount > LargeFileHistory.fileBytesMin {
      isLarge.insert(leads[number])
    }
    guard !isLarge.isEmpty else { return (self, []) }
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
    return (FileLineages(small, bases: bases), large)
  }
}

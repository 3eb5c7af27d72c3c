import Packing
import SnapshotModel

/// One version of one file, as far as the order of re-encoded history depends on it.
struct FileVersion {
  var path: ArchivePath
  /// 0 for the newest snapshot, then counting up.
  var age: Int
  /// All that the file consists of.
  var chunks: [ChunkReference]
  /// Which of `chunks` no newer version, and no earlier path, has: the ones that are stored for this version.
  var own: [Int]
}

/// Chunks that are compressed together, and chunks of earlier blocks that they resemble.
struct HistoryBlock {
  var chunks: [ChunkReference]
  /// Empty for a block that stands alone.
  var bases: [ChunkReference]

  var byteCount: Int { chunks.reduce(0) { $0 + $1.length } }
}

/// Puts the chunks of many versions of many files in the order in which they compress best.
///
/// The newest version of each file goes into blocks that stand alone, in path order, so that reading the newest snapshot
/// decodes little else. Older versions go into blocks that stand on these, sorted by file, then by place in the file, then by
/// age: what resembles each other stands side by side, without chains (docs/decisions/repacking.md).
struct HistoryOrder {
  /// 4 MiB: larger blocks gain little and make reading one file dearer.
  static let blockBytesMax = 4 << 20
  /// Versions of large files are laid side by side in strips of this size.
  static let stripBytes: UInt64 = 64 << 10
  /// A block holds so many versions of a strip and no more: who restores an old version decodes the others as well.
  static let versionsMax = 32
  /// Files of one age whose names differ in digits only are versions of each other when they are at least so long; shorter ones
  /// stand side by side anyway.
  static let siblingBytesMin = 128 << 10
  /// Half of what a frame may name: each name takes 16 bytes.
  private static let baseCountMax = FrameHeader.baseCountMax / 2

  private struct Item {
    var lead: Int32
    var strip: Int32
    var age: Int32
    var file: Int32
    var at: Int32
    var isHot: Bool
    var band: Int32 = 0
  }

  private let files: [FileVersion]
  private var items: [Item] = []

  /// - Parameter files: by age, then by path.
  init(_ files: [FileVersion]) {
    self.files = files
    let leads = Self.leads(of: files)
    // Leads are numbered by path.
    let order = Set(leads).sorted { (files[$0].path, $0) < (files[$1].path, $1) }
    var rank: [Int: Int32] = [:]
    for (number, lead) in order.enumerated() { rank[lead] = Int32(number) }
    var placements: [Int: StripPlacement] = [:]
    for (number, file) in files.enumerated() {
      let lead = leads[number]
      let strips = placements[lead, default: StripPlacement(lead: files[lead].chunks)].strips(of: file.chunks)
      for at in file.own {
        items.append(
          Item(
            lead: rank[lead] ?? 0, strip: strips[at], age: Int32(file.age), file: Int32(number), at: Int32(at),
            isHot: lead == number))
      }
    }
    items.sort { a, b in
      (a.lead, a.strip, a.age, a.file, a.at) < (b.lead, b.strip, b.age, b.file, b.at)
    }
    assignBands()
  }

  /// The blocks, those that stand alone first.
  func blocks() -> [HistoryBlock] {
    let hot = items.filter(\.isHot)
    var blocks: [HistoryBlock] = []
    forEachRun(of: hot) { blocks.append(HistoryBlock(chunks: $0.map(reference), bases: [])) }
    let bands = Dictionary(grouping: items.lazy.filter { !$0.isHot }, by: \.band)
    for (_, band) in bands.sorted(by: { $0.key < $1.key }) {
      forEachRun(of: band) { run in
        blocks.append(HistoryBlock(chunks: run.map(reference), bases: bases(of: run, among: hot)))
      }
    }
    return blocks
  }

  /// Plaintext bytes of versions that are not the newest of their file, and of all; nothing is put in order for them.
  static func byteCounts(of files: [FileVersion]) -> (cold: Int, all: Int) {
    zip(files.indices, leads(of: files)).reduce(into: (0, 0)) { sum, version in
      let (number, lead) = version
      let bytes = byteCount(files[number].own.map { files[number].chunks[$0] })
      sum.1 += bytes
      if lead != number { sum.0 += bytes }
    }
  }

  private func reference(_ item: Item) -> ChunkReference { files[Int(item.file)].chunks[Int(item.at)] }

  private mutating func assignBands() {
    var versions: Int32 = 0
    for at in items.indices where !items[at].isHot {
      let isNewStrip = at == 0 || (items[at - 1].lead, items[at - 1].strip) != (items[at].lead, items[at].strip)
      if isNewStrip {
        versions = 0
      } else if items[at - 1].file != items[at].file, !items[at - 1].isHot {
        versions += 1
      }
      items[at].band = versions / Int32(Self.versionsMax)
    }
  }

  private func forEachRun(of items: [Item], _ body: (ArraySlice<Item>) -> Void) {
    var start = 0
    var byteCount = 0
    for at in items.indices {
      let length = reference(items[at]).length
      if byteCount > 0, byteCount + length > Self.blockBytesMax {
        body(items[start..<at])
        start = at
        byteCount = 0
      }
      byteCount += length
    }
    if start < items.count { body(items[start...]) }
  }

  /// The newest version's chunks of the strips in a run and of the strips beside them.
  private func bases(of run: ArraySlice<Item>, among hot: [Item]) -> [ChunkReference] {
    var bases: [ChunkReference] = []
    var byteCount = 0
    var next = 0
    var last: (lead: Int32, strip: Int32) = (-1, -1)
    for item in run where last != (item.lead, item.strip) {
      last = (item.lead, item.strip)
      next = partitioningIndex(in: next..<hot.count) {
        (hot[$0].lead, hot[$0].strip) >= (item.lead, item.strip - 1)
      }
      while next < hot.count, (hot[next].lead, hot[next].strip) <= (item.lead, item.strip + 1) {
        let chunk = reference(hot[next])
        guard byteCount + chunk.length <= Self.blockBytesMax, bases.count < Self.baseCountMax else { return bases }
        bases.append(chunk)
        byteCount += chunk.length
        next += 1
      }
    }
    return bases
  }

  /// For each file the one whose version it is taken for: itself when it is the newest.
  private static func leads(of files: [FileVersion]) -> [Int] {
    var leads = Array(files.indices)
    var byPath: [ArchivePath: Int] = [:]
    var byPattern: [[UInt8]: Int] = [:]
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
        let pattern = file.path.digitPattern
        if pattern != file.path.bytes, let lead = byPattern[pattern], isVersion(file, of: files[lead]) {
          leads[number] = lead
        } else if byPattern[pattern] == nil {
          byPattern[pattern] = number
        }
        byPath[file.path] = leads[number]
      }
      start = end
    }
    return leads
  }

  private static func isVersion(_ file: FileVersion, of lead: FileVersion) -> Bool {
    if lead.age < file.age { return true }
    let (bytes, leadBytes) = (byteCount(file.chunks), byteCount(lead.chunks))
    return min(bytes, leadBytes) >= siblingBytesMin && max(bytes, leadBytes) / 2 <= min(bytes, leadBytes)
  }

  private static func byteCount(_ chunks: [ChunkReference]) -> Int { chunks.reduce(0) { $0 + $1.length } }
}

import Packing
import SnapshotModel

/// Puts the chunks of many versions of many files in the order in which they compress best.
///
/// The newest version of each file goes into blocks that stand alone, in path order, so that reading the newest snapshot
/// decodes little else. Older versions go into blocks that stand on these, sorted by file, then by place in the file, then by
/// age: what resembles each other stands side by side, without chains (docs/decisions/repacking.md).
struct HistoryOrder {
  /// Versions of longer files are laid side by side in strips of this size.
  static let stripBytes: UInt64 = 64 << 10
  /// A block holds so many versions of a strip and no more: who restores an old version decodes the others as well.
  static let versionsMax = 32
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

  init(_ lineages: FileLineages) {
    files = lineages.files
    let leads = lineages.leads
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
    var blocks = HistoryBlock.alone(hot.map(reference))
    let bands = Dictionary(grouping: items.lazy.filter { !$0.isHot }, by: \.band)
    for (_, band) in bands.sorted(by: { $0.key < $1.key }) {
      for run in HistoryBlock.runs(of: band, length: { reference($0).length }) {
        blocks.append(HistoryBlock(chunks: run.map(reference), bases: bases(of: run, among: hot)))
      }
    }
    return blocks
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
        let isFull = byteCount + chunk.length > HistoryBlock.byteCountMax || bases.count == Self.baseCountMax
        guard !isFull else { return bases }
        bases.append(chunk)
        byteCount += chunk.length
        next += 1
      }
    }
    return bases
  }
}

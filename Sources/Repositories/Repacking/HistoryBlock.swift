import SnapshotModel

/// Chunks that are compressed together, and chunks of earlier blocks that they resemble.
struct HistoryBlock {
  var chunks: [ChunkReference]
  /// Empty for a block that stands alone.
  var bases: [ChunkReference]

  var byteCount: Int { chunks.reduce(0) { $0 + $1.length } }

  /// 4 MiB: larger blocks gain little and make reading one file dearer.
  static let byteCountMax = 4 << 20

  /// Chunks in blocks that stand alone.
  static func alone(_ chunks: [ChunkReference]) -> [HistoryBlock] {
    runs(of: chunks, length: \.length).map { HistoryBlock(chunks: Array($0), bases: []) }
  }

  /// Parts what comes in a row into runs of at most `byteCountMax`.
  static func runs<Item>(of items: [Item], length: (Item) -> Int) -> [ArraySlice<Item>] {
    var runs: [ArraySlice<Item>] = []
    var start = 0
    var byteCount = 0
    for at in items.indices {
      let length = length(items[at])
      if byteCount > 0, byteCount + length > byteCountMax {
        runs.append(items[start..<at])
        start = at
        byteCount = 0
      }
      byteCount += length
    }
    if start < items.count { runs.append(items[start...]) }
    return runs
  }
}

import SnapshotModel

extension ChunkReader {
  /// Several chunks one after the other: what a delta stands on.
  func base(_ chunks: [ChunkReference]) throws -> BaseText {
    try withTools { tools in
      var base = BaseText()
      for reference in chunks {
        let found = try chunk(reference.id, tools)
        base.append(found.bytes, of: found.frame, at: found.key)
      }
      return base
    }
  }

  /// The same; `nil` when a chunk is missing or damaged, which is no reason to do without another base: verify tells about it.
  func baseIfSound(_ chunks: [ChunkReference]) throws -> BaseText? {
    do {
      return try base(chunks)
    } catch is ChunkFault {
      return nil
    }
  }

  /// What `chunks` stand on, what that stands on, and so on to frames that stand alone.
  ///
  /// Of frames that hold less than a quarter of the bytes it follows none: they belong to a neighbouring part of the file.
  func ancestors(of chunks: [ChunkReference]) throws -> [BaseAncestor] {
    try withTools { tools in
      var ancestors: [BaseAncestor] = []
      var chunks = chunks
      var deltaByteCount = 0
      for level in 0..<Self.chainLengthMax {
        let found = try chunks.map { try chunk($0.id, tools) }
        if level > 0 {
          let depth = found.map(\.frame.depth).max() ?? 0
          ancestors.append(BaseAncestor(chunks: chunks, depth: depth, deltaByteCount: deltaByteCount))
        }
        let byteCounts = Dictionary(zip(found.map(\.key), found.map(\.bytes.count)), uniquingKeysWith: +)
        let all = byteCounts.values.reduce(0, +)
        var seen: Set<FrameKey> = []
        var next: [ChunkReference] = []
        for (reference, found) in zip(chunks, found) {
          let byteCount = byteCounts[found.key, default: 0]
          guard byteCount >= all / 4 else { continue }
          if found.frame.bases.isEmpty {
            next.append(reference)
          } else if 2 * byteCount < found.frame.bytes.count,
            let base = found.frame.base(ofChunkAt: found.bytes.startIndex)
          {
            seen.insert(found.key)
            next.append(base)
            deltaByteCount += found.frame.storedByteCount * found.bytes.count / found.frame.bytes.count
          } else if seen.insert(found.key).inserted {
            next += found.frame.bases
            deltaByteCount += found.frame.storedByteCount
          }
        }
        guard !seen.isEmpty else { break }
        var taken: Set<ChunkID> = []
        chunks = next.filter { taken.insert($0.id).inserted }
      }
      return ancestors
    }
  }
}
